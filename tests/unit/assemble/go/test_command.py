"""What the go command is told of the caller's environment: where modules come from, and nothing that shows."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from lading.assemble.go.command import GoCommand, settings_of
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.go import Go


class World:
    """A program in go's place that prints its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "program"
        self.program.write_text('#!/bin/sh\nexec python3 -c "import json, os; print(json.dumps(dict(os.environ)))"\n')
        self.program.chmod(0o755)
        self.store = Store(folder / "store")

    def told(self, env: Mapping[str, str], *, vendored: bool = False, workspace: Path | None = None) -> dict[str, str]:
        """The environment of a go command that this caller starts."""
        command = GoCommand(Go(self.program, "1.26.3"), Runner(), env, self.store)
        settings = settings_of("linux/arm64", workspace=workspace, vendored=vendored)
        done = command.run(["version"], cwd=self.folder, settings=settings, scratch=self.folder)
        found: dict[str, str] = json.loads(done.out)
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world without a go of its own."""
    return World(tmp_path)


def test_what_is_built_is_decided_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOFLAGS", "GOEXPERIMENT", "GOAMD64", "GOROOT", "CGO_CFLAGS", "GODEBUG", "GOWORK"):
        monkeypatch.setenv(name, "odd")
    told = world.told({"HOME": "/nowhere"})
    assert told["GOFLAGS"] == "-mod=readonly -modcacherw"
    assert {name: told[name] for name in ("GOOS", "GOARCH", "CGO_ENABLED", "GOTOOLCHAIN", "GOENV", "GOWORK")} == {
        "GOOS": "linux", "GOARCH": "arm64", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOENV": "off", "GOWORK": "off",
    }  # fmt: skip
    assert all(told[name] == "" for name in ("GOEXPERIMENT", "GOAMD64", "GOROOT", "CGO_CFLAGS", "GODEBUG"))
    assert world.told({}, vendored=True)["GOFLAGS"] == "-mod=vendor -modcacherw"
    assert world.told({}, workspace=Path("/w/go.work"))["GOWORK"] == "/w/go.work"


def test_where_modules_come_from_is_the_caller_s_affair(world: World) -> None:
    told = world.told({"GOPROXY": "https://modules.example", "GOPRIVATE": "git.example.com/*", "GOFLAGS": "-tags=odd"})
    assert (told["GOPROXY"], told["GOPRIVATE"]) == ("https://modules.example", "git.example.com/*")


def test_the_file_of_go_env_counts_as_far_as_that_goes(world: World) -> None:
    file = world.folder / "config" / "go" / "env"
    file.parent.mkdir(parents=True)
    file.write_text("GOPRIVATE=git.example.com/*\nGOFLAGS=-tags=odd\nGOAMD64=v3\nnonsense\n")
    told = world.told({"XDG_CONFIG_HOME": str(world.folder / "config")})
    assert (told["GOPRIVATE"], told.get("GOAMD64", "")) == ("git.example.com/*", "")
    assert "odd" not in told["GOFLAGS"]
    assert world.told({"XDG_CONFIG_HOME": str(world.folder / "config"), "GOENV": "off"}).get("GOPRIVATE", "") == ""
    assert world.told({"GOENV": str(file), "GOPRIVATE": "mine.example"})["GOPRIVATE"] == "mine.example"


def test_caches_are_the_store_s_unless_the_caller_has_some(world: World) -> None:
    told = world.told({"HOME": str(world.folder)})
    assert told["GOCACHE"] == str(world.store.root / "caches/go-build")
    assert told["GOMODCACHE"] == str(world.store.root / "caches/go-mod")
    (world.folder / "go/pkg/mod").mkdir(parents=True)
    told = world.told({"HOME": str(world.folder), "GOCACHE": "/caches/go"})
    assert (told["GOCACHE"], told["GOMODCACHE"]) == ("/caches/go", str(world.folder / "go/pkg/mod"))
