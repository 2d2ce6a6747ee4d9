"""A Node service from the embedded engine and from BuildKit: the same image whoever manages its packages, started and
asked for real."""

from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.node_service import node_service
from tests.engine.service import Container, build, container, until
from tests.engine.test_parity import Bench, bench, by_buildkit, of_this_machine
from tests.support.parity import differences, expected

from lading.oci.layout import read_layout

__all__ = ["bench"]

KINDS = ("npm", "pnpm", "workspace")


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_make_the_same_image(
    kind: str, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = node_service(tmp_path / "shop", kind)
    bench.lading("lock", cwd=folder)
    built = build(folder, bench.lading)
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        monkeypatch.setenv(name, bench.lading.environ[name])
    embedded, other = of_this_machine(read_layout(built.layout).open()), by_buildkit(built, bench, {})
    assert differences(embedded, other, lambda _: set()) == expected("distroless")


@pytest.mark.parametrize(("kind", "base"), [("npm", "distroless"), ("npm", "slim"), ("workspace", "distroless")])
def test_it_starts_answers_and_ends_when_it_is_asked(
    kind: str, base: str, lading: Program, docker: Program, tmp_path: Path
) -> None:
    folder = node_service(tmp_path / "shop", kind, f'base = "{base}"')
    lading("lock", cwd=folder)
    built = build(folder, lading)
    assert "healthy" in lading("run", "--wait-healthy", built.name)
    docker("load", "--quiet", "--input", built.archive)
    node = "/nodejs/bin/node" if base == "distroless" else "/usr/local/bin/node"
    ask = (
        "require('http').get('http://127.0.0.1:8080/', r => r.pipe(process.stdout)).on('error', () => process.exit(1))"
    )
    try:
        with container(docker, built.name, "--network", "none", "--read-only") as shop:
            answer = until(lambda: said(docker, shop, node, ask), shop.runs, shop.logs)
            assert answer == f"{'base' if kind == 'workspace' else 'shop'} true 65532"
            docker("stop", "--time", "60", shop.name)
            assert docker("inspect", "--format", "{{.State.ExitCode}}", shop.name).strip() == "0"
    finally:
        docker("rmi", "--force", built.name)


def said(docker: Program, shop: Container, node: str, code: str) -> str | None:
    """What a program of node's says in a container, once it ends well."""
    done = docker.attempt("exec", shop.name, node, "-e", code)
    return done.stdout.decode() if done.returncode == 0 else None
