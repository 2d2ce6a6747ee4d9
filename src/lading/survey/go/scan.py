"""One Go file becomes what it says of the service: environment, ports, routes, health. Pure."""

import re
from collections.abc import Iterator
from typing import Literal

from lading.survey.go.source import EnvRead, GoFile, Import, Listening, Route
from lading.survey.go.tokens import Lines, Token, read_body, read_head
from lading.survey.patterns import HEALTH_NAMES

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_READS = frozenset({"getenv", "lookupenv"})
_HELPER = re.compile(r"env|settings|config|conf\b|cfg", re.IGNORECASE)
_PORT_NAME = re.compile(r"(?:^|_)(?:PORT|ADDR|ADDRESS|LISTEN)\Z")
_OTHERS = re.compile(
    r"REDIS|VALKEY|POSTGRES|PG|DATABASE|DB|SQL|MONGO|SMTP|MAIL|KAFKA|RABBIT|AMQP|BROKER|CACHE|ELASTIC|SEARCH|NATS|LDAP"
    r"|METRIC|PROMETHEUS|PPROF|DEBUG|ADMIN|PROXY|OTEL|STATSD|SENTRY|UPSTREAM|CONSUL|VAULT|TEMPORAL|JAEGER"
)
"""What is in the name of a variable whose port is that of something else."""

_BOUND = re.compile(r"(?:0\.0\.0\.0|\[::\]|localhost|127\.0\.0\.1)?:(\d{1,5})\Z")
_NUMBER = re.compile(r"(?:[\w.\[\]]*:)?(\d{2,5})\Z")
_NEAR = re.compile(r'[^\n]{0,80}?(?:\n(?:""|[^"\n]){0,80}){0,3}?(?:=|return|,|\|\|)\s*"((?:[\w.\[\]]*:)?\d{2,5})"')
"""A default in the lines behind a reading: `if port == "" { port = "8080" }`, `cmp.Or(os.Getenv("PORT"), "8080")`."""

_LISTEN = frozenset({"listenandserve", "listenandservetls", "listen", "run", "runtls", "start", "starttls", "serve"})
_SERVE = frozenset({"ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS"})
_FLAGS = frozenset({"string", "stringvar", "int", "intvar", "uint", "uintvar", "setdefault", "stringp", "stringvarp",
                    "intp", "intvarp"})  # fmt: skip
_FLAG_NAMES = re.compile(
    r"(?:(?:http|server|listen|bind|api|web|app)[-_.]?)?(?:port|addr|address|listen|http|bind)\Z", re.IGNORECASE
)
_HANDLES = frozenset({"handlefunc", "handle", "get", "any", "all", "head", "method", "methodfunc", "path", "match"})
_PREFIXES = frozenset({"route", "group", "mount", "pathprefix", "stripprefix"})
_METHOD = re.compile(r"(?:GET|HEAD)\s+(?:[\w.-]+)?(?=/)")
_PLAIN = re.compile(r"/[A-Za-z0-9._~/-]{0,200}\Z")
_GRPC_HEALTH = ("google.golang.org/grpc/health", "connectrpc.com/grpchealth")
_TAG = re.compile(r'([a-zA-Z_-]+):"((?:\\.|[^"\\])*)"')


def scan_file(data: bytes) -> GoFile:
    """What one file says. A file that is no Go says nothing."""
    text = data.decode(errors="replace")
    head = read_head(text)
    if not head.package:
        return GoFile(constraint=head.constraint)
    lines = Lines(text)
    tokens = tuple(read_body(text, head.end))
    calls = [token for token in tokens if token.kind == "call"]
    health = any(path.startswith(_GRPC_HEALTH) for path, _ in head.imports)
    return GoFile(
        package=head.package,
        constraint=head.constraint,
        imports=tuple(Import(path, lines.at(place)) for path, place in head.imports),
        embeds=tuple(_embeds(tokens)),
        env=tuple(_env(text, tokens, lines)),
        listens=tuple(_listens(text, tokens, lines)),
        routes=tuple(_routes(calls, lines)),
        serves=next((lines.at(one.start) for one in calls if _serves(one)), 0),
        grpc_health=next((lines.at(one.start) for one in calls if health and _offers_health(one)), 0),
    )


def _last(token: Token) -> str:
    return token.text.rpartition(".")[2]


def _serves(token: Token) -> bool:
    if _last(token) in _SERVE:
        return True
    return _last(token).lower() in _LISTEN and any(_BOUND.match(one) for one in token.arguments)


def _offers_health(token: Token) -> bool:
    return _last(token) in ("RegisterHealthServer", "NewHandler", "NewStaticChecker")


def _embeds(tokens: tuple[Token, ...]) -> Iterator[str]:
    """The patterns of `//go:embed` (https://pkg.go.dev/embed#hdr-Directives)."""
    for token in tokens:
        if token.kind == "directive" and token.text.startswith(("go:embed ", "go:embed\t")):
            for match in re.finditer(r'"([^"]*)"|`([^`]*)`|(\S+)', token.text[len("go:embed ") :]):
                yield match[1] or match[2] or match[3]


def _env(text: str, tokens: tuple[Token, ...], lines: Lines) -> Iterator[EnvRead]:
    for token in tokens:
        if token.kind == "tag":
            yield from _tagged(token, lines.at(token.start))
        elif token.kind == "call" and _reads(token):
            name, *rest = token.arguments
            default = rest[0] if rest else _default_near(text, token) if _PORT_NAME.search(name) else ""
            required = re.search(r"must|require", token.text, re.IGNORECASE) is not None
            yield EnvRead(name, default, required, lines.at(token.start))


def _reads(token: Token) -> bool:
    """`os.Getenv`, helpers with a name that says so (`envOr("HOST", "db")`, `settings.String("HOST")`), and any that is
    given a port by its name and default (`number("PORT", "8080")`)."""
    if not token.arguments or not _VARIABLE.match(token.arguments[0]):
        return False
    name, *rest = token.arguments
    last = _last(token).lower()
    if last in _READS or (rest and _PORT_NAME.search(name) and _NUMBER.match(rest[0])):
        return True
    return _HELPER.search(token.text) is not None and not last.startswith(("set", "unset"))


def _default_near(text: str, token: Token) -> str:
    match = _NEAR.match(text, token.end)
    return match[1] if match else ""


def _tagged(token: Token, line: int) -> Iterator[EnvRead]:
    """Struct tags of the usual readers: caarlos0/env, envconfig, cleanenv, sethvargo/go-envconfig."""
    tags = dict(_TAG.findall(token.text))
    for key in ("env", "envconfig"):
        name, *options = tags.get(key, "").split(",")
        if _VARIABLE.match(name):
            default = next((tags[one] for one in ("envDefault", "default", "env-default") if one in tags), "")
            default = next((one[8:] for one in options if one.startswith("default=")), default)
            asked = {tags.get("required"), tags.get("env-required")} & {"true"} or {"required", "notEmpty"} & {*options}
            yield EnvRead(name, default, bool(asked) and not default, line)


def _listens(text: str, tokens: tuple[Token, ...], lines: Lines) -> Iterator[Listening]:
    for token in tokens:
        line = lines.at(token.start)
        if token.kind == "field" and not token.arguments[0].startswith(("l", "1")):
            yield from _listening(_BOUND.match(token.arguments[0]), "field", "", line)
        elif token.kind == "call" and _last(token).lower() in _LISTEN:
            for argument in token.arguments:
                yield from _listening(_BOUND.match(argument), "call", "", line)
        elif token.kind == "call" and _last(token).lower() in _FLAGS and _FLAG_NAMES.match(_first(token)):
            for argument in token.arguments[1:3]:
                yield from _listening(_NUMBER.match(argument), "flag", _first(token), line)
    for read in _env(text, tokens, lines):
        if _PORT_NAME.search(read.name) and not _OTHERS.search(read.name):
            yield from _listening(_NUMBER.match(read.default), "variable", read.name, read.line)


def _first(token: Token) -> str:
    return token.arguments[0] if token.arguments else ""


def _listening(
    match: re.Match[str] | None, kind: Literal["call", "field", "variable", "flag"], name: str, line: int
) -> Iterator[Listening]:
    if match and 0 < int(match[1]) < 65536:
        yield Listening(int(match[1]), kind, name, line)


def _routes(calls: list[Token], lines: Lines) -> Iterator[Route]:
    whole = not any(_last(one).lower() in _PREFIXES for one in calls)
    for token in calls:
        if _last(token).lower() not in _HANDLES:
            continue
        for argument in token.arguments[:2]:
            path = _METHOD.sub("", argument)
            if _PLAIN.match(path) and path.rstrip("/").rpartition("/")[2].lower() in HEALTH_NAMES:
                yield Route(path, whole, lines.at(token.start))
