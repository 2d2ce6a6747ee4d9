"""Modules of JavaScript and TypeScript: routes, variables and ports, found among strings, comments and JSX."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.node.scan import LARGEST, scan_module
from lading.survey.node.tokens import tokens


def reads(source: str) -> list[tuple[str, str]]:
    return [(read.name, read.default) for read in scan_module(source.encode()).reads]


def routes(source: str) -> list[tuple[str, str]]:
    return [(route.kind, route.path) for route in scan_module(source.encode()).routes]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("process.env.PORT || 3000", [("PORT", "3000")]),
        ('process.env.PORT ?? "8080"', [("PORT", "8080")]),
        ("Number(process.env.PORT ?? 3000)", [("PORT", "3000")]),
        ('parseInt(process.env.PORT || "8080", 10)', [("PORT", "8080")]),
        ("process.env['REDIS_URL']", [("REDIS_URL", "")]),
        ("process.env?.TOKEN", [("TOKEN", "")]),
        ('const { A, B = "x", C: c } = process.env', [("A", ""), ("B", "x"), ("C", "")]),
        ("// process.env.NO\n/* process.env.NO */ '' + 'process.env.NO'", []),
        ("other.env.NO", []),
        ("process.env.notLikeAVariable", []),
    ],
)
def test_variables(source: str, found: list[tuple[str, str]]) -> None:
    assert reads(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("app.get('/health', f)", [("get", "/health")]),
        ('router.all("/ping", f); app.use("/api", router)', [("get", "/ping"), ("use", "/api")]),
        ("fastify.route({ method: 'GET', url: '/ready' })", [("get", "/ready")]),
        ("if (request.url === '/livez') {}", [("compared", "/livez")]),
        ("switch (path) { case '/health': break }", [("compared", "/health")]),
        (
            "@Controller('health') class A { @Get() a() {} @Get('ready') b() {} }",
            [("controller", "health"), ("handler", ""), ("handler", "ready")],
        ),
        ("map.get('key')", []),
        ("app.get(`/${name}`)", []),
        ("// app.get('/health')", []),
        ("const pattern = /app.get('\\/x')/; app.get('/y')", [("get", "/y")]),
        ("<p>Don't</p>\napp.get('/health')", [("get", "/health")]),
    ],
)
def test_routes(source: str, found: list[tuple[str, str]]) -> None:
    assert routes(source) == found


def test_ports_and_imports() -> None:
    facts = scan_module(
        b"import a from 'express'; const b = require(\"pg\"); await import('./c.js');\n"
        b"app.listen(4000); server.listen({ host: '::', port: 5000 }); serve({ port: 6000 }); app.listen(port)"
    )
    assert [one.port for one in facts.listens] == [4000, 5000, 6000, 0]
    assert facts.imports == ("./c.js", "express", "pg")


def test_what_a_tool_made_is_not_read() -> None:
    assert scan_module(b"app.get('/health')" + b" " * LARGEST).routes == ()


@given(st.text(max_size=200))
def test_any_text_has_tokens_on_its_lines(source: str) -> None:
    found = list(tokens(source))
    lines = [one.line for one in found]
    assert lines == sorted(lines)
    assert all(1 <= line <= source.count("\n") + 1 for line in lines)
    scan_module(source.encode(errors="surrogatepass"))
