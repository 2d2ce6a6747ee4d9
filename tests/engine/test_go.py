"""A Go service from the embedded engine and from BuildKit: the same image on each base, started and asked for real."""

import json
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.go_service import go_service
from tests.engine.service import build
from tests.engine.test_parity import Bench, bench, by_buildkit, of_this_machine
from tests.support.parity import differences, expected

from lading.oci.layout import read_layout

__all__ = ["bench"]

BASES = ("static", "slim", "scratch")


def test_both_engines_make_the_same_image(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = go_service(tmp_path / "shop")
    bench.lading("lock", cwd=folder)
    built = build(folder, bench.lading)
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        monkeypatch.setenv(name, bench.lading.environ[name])
    embedded, other = of_this_machine(read_layout(built.layout).open()), by_buildkit(built, bench, {})
    assert differences(embedded, other, lambda _: set()) == expected("static")


@pytest.mark.parametrize("base", BASES)
def test_it_starts_and_is_healthy(base: str, lading: Program, docker: Program, tmp_path: Path) -> None:
    folder = go_service(tmp_path / "shop", f'base = "{base}"')
    lading("lock", cwd=folder)
    built = build(folder, lading)
    assert "healthy" in lading("run", "--wait-healthy", built.name)
    docker("load", "--quiet", "--input", built.archive)
    try:
        assert said(docker, built.name, "migrate") == "migrated\n"
        assert said(docker, built.name, "/app/worker") == "worked\n"
        config = json.loads(docker("image", "inspect", built.name))[0]["Config"]
        assert config["Cmd"] == ["/app/shop"]
        assert not config.get("Entrypoint")
    finally:
        docker("rmi", "--force", built.name)


def said(docker: Program, image: str, *words: str) -> str:
    """What a command in a container writes for people."""
    done = docker.attempt("run", "--rm", "--network", "none", "--read-only", image, *words)
    assert done.returncode == 0, done.stderr
    return done.stderr.decode()
