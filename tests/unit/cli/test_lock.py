"""`lading lock` from its flags to the file, over a signed mirror and an index of wheels on this machine."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.debmirror import Deb, DebMirror
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.cli import lock
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.cli.lockfile import LOCK_NAME, lock_again, read_pins
from lading.cli.project import load_project
from lading.errors import Problems, StepFailed, UsageError
from lading.place import UNFINISHED
from lading.plan.bases import debian_base

UV_LOCK = """\
version = 1
requires-python = ">=3.13"

[[package]]
name = "{name}"
version = "1.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "fastapi" }}, {{ name = "uvicorn" }}]

[[package]]
name = "fastapi"
version = "0.115.0"
source = {{ registry = "https://packages.example/simple" }}

[[package]]
name = "uvicorn"
version = "0.34.0"
source = {{ registry = "https://packages.example/simple" }}
"""


class Desk:
    """A repository with services, and the command run in it."""

    def __init__(self, root: Path, mirror: DebMirror) -> None:
        self.root = root
        self.mirror = mirror
        self.said = ""
        self.keys = root.with_name("keys.pgp")
        self.keys.write_bytes(b"".join(mirror.keys))
        (root / "lading.toml").write_text("")

    def service(self, name: str) -> None:
        """Add a service of one module."""
        folder = self.root / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.13"\n'
            'dependencies = ["fastapi", "uvicorn"]\n[tool.uv]\npackage = false\n'
        )
        (folder / "uv.lock").write_text(UV_LOCK.format(name=name))
        (folder / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")

    def context(self, folder: str = ".", *, quiet: bool = False) -> Context:
        out, err = io.StringIO(), io.StringIO()
        return Context(
            env={
                "LADING_STORE": str(self.root.with_name("store")),
                "LADING_DEBIAN_MIRROR": self.mirror.url,
                "LADING_DEBIAN_KEYS": str(self.keys),
                "PATH": "",
            },
            cwd=self.root / folder,
            out=out,
            err=err,
            quiet=quiet,
            now=lambda: self.mirror.now + 60,
        )

    def run(self, *words: str, folder: str = ".") -> tuple[int, str]:
        """The exit code and what was printed."""
        args = parse("lock", lock, words)
        assert args is not None
        context = self.context(folder, quiet=args.quiet)
        try:
            code = lock.run(args, context)
        finally:
            context.http.close()
        assert isinstance(context.out, io.StringIO)
        assert isinstance(context.err, io.StringIO)
        self.said = context.err.getvalue()
        return code, context.out.getvalue()

    @property
    def text(self) -> str:
        return (self.root / LOCK_NAME).read_text()

    def versions(self) -> set[str]:
        pins = read_pins(self.root)
        assert pins
        return {f"{pin.name} {pin.version} {pin.architecture}" for pin in pins.debian}


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[DebMirror]:
    with DebMirror(tmp_path / "mirror") as served:
        for of in ("amd64", "arm64"):
            for name in (*debian_base("distroless", "3.13").roots, "libpq5"):
                served.add(Deb(name=name, architecture=of, depends="libc6" if name == "python3.13-minimal" else ""))
            served.add(Deb(name="libc6", version="2.41-12", architecture=of))
        served.publish()
        yield served


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    house = Wheelhouse(tmp_path / "wheels")
    house.use(monkeypatch)
    house.add("uv", "0.9.1", "py3-none-manylinux_2_17_x86_64")
    return house


@pytest.fixture
def desk(tmp_path: Path, mirror: DebMirror, wheels: Wheelhouse) -> Desk:
    (tmp_path / "repository").mkdir()
    desk = Desk(tmp_path / "repository", mirror)
    desk.service("api")
    return desk


def update(mirror: DebMirror, version: str = "2.41-12+deb13u1") -> None:
    """Let Debian publish a security update of libc6."""
    for of in ("amd64", "arm64"):
        mirror.add(Deb(name="libc6", version=version, architecture=of), suite="security")
    mirror.publish()


def test_a_first_lock_is_told_by_its_numbers_and_a_second_one_changes_nothing(desk: Desk) -> None:
    code, out = desk.run()
    assert code == 0
    assert out == "lading.lock: pinned 9 packages of Debian trixie (amd64), uv 0.9.1\n"
    assert desk.said == "looking up Debian trixie for amd64\nlooking up uv\n"
    before, stamp = desk.text, (desk.root / LOCK_NAME).stat().st_mtime_ns
    assert desk.mirror.url not in before
    code, out = desk.run()
    assert (code, out) == (0, "lading.lock is as it was: 9 packages of Debian trixie (amd64), uv 0.9.1\n")
    assert desk.said == ""
    assert (desk.text, (desk.root / LOCK_NAME).stat().st_mtime_ns) == (before, stamp)
    assert sorted(path.name for path in desk.root.iterdir()) == ["api", LOCK_NAME, "lading.toml"]


def test_check_tells_what_is_outdated_and_upgrade_moves_it(desk: Desk) -> None:
    desk.run()
    assert desk.run("--check") == (0, "lading.lock is up to date\n")
    before = desk.text
    update(desk.mirror)
    code, out = desk.run("--check")
    assert code == 1
    assert out.splitlines() == [
        "NAME   PINNED   NEWEST                     WHERE",
        "libc6  2.41-12  2.41-12+deb13u1  security  trixie amd64",
        "lading.lock: 1 outdated, 1 security update: `lading lock --upgrade` moves it",
    ]
    assert desk.run()[1].startswith("lading.lock is as it was")
    assert desk.text == before
    code, out = desk.run("--upgrade")
    assert code == 0
    assert out.splitlines() == [
        "   libc6  2.41-12 → 2.41-12+deb13u1 (security)  trixie amd64",
        "lading.lock: 1 moved (1 security update)",
    ]
    assert desk.run("--check") == (0, "lading.lock is up to date\n")
    assert len([line for line in desk.text.splitlines() if line not in before.splitlines()]) == 1


def test_json_tells_the_same(desk: Desk) -> None:
    code, out = desk.run("--format", "json")
    told = json.loads(out)
    assert (code, told["lock"], told["changed"], len(told["changes"])) == (0, LOCK_NAME, True, 10)
    update(desk.mirror)
    code, out = desk.run("--check", "--format", "json")
    assert code == 1
    assert json.loads(out) == {
        "lock": LOCK_NAME,
        "stale": [],
        "outdated": [
            {
                "kind": "package",
                "name": "libc6",
                "scope": "trixie",
                "pinned": "2.41-12",
                "newest": "2.41-12+deb13u1",
                "platforms": ["amd64"],
                "security": True,
            }
        ],
    }
    assert json.loads(desk.run("--format", "json")[1]) == {"lock": LOCK_NAME, "changed": False, "changes": []}


def test_a_changed_strategy_makes_the_lock_stale_and_only_what_it_lacks_is_added(desk: Desk) -> None:
    desk.run()
    update(desk.mirror)
    (desk.root / "lading.toml").write_text('packages = ["libpq5"]\n')
    code, out = desk.run("--check")
    assert code == 1
    assert "stale: the packages of Debian trixie on amd64 are not those that are pinned (+ libpq5" in out
    assert "lading.lock is stale: `lading lock` adds what is missing\n" in out
    before = desk.versions()
    code, out = desk.run()
    assert out.splitlines() == ["+  libpq5  1.0-1  trixie amd64", "lading.lock: 1 added"]
    assert desk.versions() == before | {"libpq5 1.0-1 amd64"}


def test_a_named_service_and_one_below_the_root_add_and_drop_nothing(desk: Desk) -> None:
    (desk.root / "lading.toml").write_text('[services.api]\npackages = ["libpq5"]\n')
    desk.run()
    desk.service("other")
    desk.run("other")
    pins = read_pins(desk.root)
    assert pins
    assert [("libpq5" in known.roots) for known in pins.sets] == [True, False]
    desk.run(folder="other")
    assert read_pins(desk.root) == pins
    desk.run()
    assert read_pins(desk.root) == pins
    (desk.root / "lading.toml").write_text("")
    desk.run("other")
    assert read_pins(desk.root) == pins
    desk.run()
    assert "libpq5 1.0-1 amd64" not in desk.versions()


def test_a_further_platform_is_added_and_stays(desk: Desk) -> None:
    desk.run()
    code, out = desk.run("--platform", "linux/arm64")
    assert code == 0
    assert out.endswith("lading.lock: 9 added\n")
    before = desk.text
    desk.run()
    desk.run("--upgrade")
    assert desk.text == before
    update(desk.mirror)
    assert "2.41-12+deb13u1  security  trixie amd64, arm64" in desk.run("--check")[1]
    with pytest.raises(UsageError, match="nothing is built for linux/riscv64"):
        desk.run("--platform", "linux/arm64,linux/riscv64")


def test_build_makes_a_lock_for_the_platforms_that_it_is_told(desk: Desk) -> None:
    context = desk.context()
    pins = lock_again(load_project(context), context, ["linux/amd64", "linux/arm64"])
    context.http.close()
    assert {known.architecture for known in pins.sets} == {"amd64", "arm64"}
    assert read_pins(desk.root) == pins


def test_without_a_lock_check_says_what_makes_one(desk: Desk) -> None:
    with pytest.raises(UsageError, match="there is no lock") as caught:
        desk.run("--check")
    assert caught.value.fix == "lading lock"
    with pytest.raises(UsageError, match="--check changes nothing"):
        desk.run("--check", "--upgrade")


def test_quiet_is_quiet_but_for_findings(desk: Desk) -> None:
    assert desk.run("--quiet") == (0, "")
    update(desk.mirror)
    code, out = desk.run("--check", "--quiet")
    assert code == 1
    assert "libc6" in out
    assert desk.said == ""


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<<<<<<< HEAD\n", "this is no lock of Lading"),
        (b"lock 1\n<<<<<<< HEAD\n", "a merge conflict is left in the lock"),
        (b"\xff\xfe", "the lock is not UTF-8 text"),
        (b"lock 1\nrpm x\nrpm y\n", "no lines of the kind 'rpm'"),
        (b"lock 9\n", "this lock is of version 9"),
        (b"#" * (9 << 20), "the lock is larger than"),
    ],
)
def test_a_lock_that_cannot_be_read_is_told_and_upgrade_makes_it_anew(desk: Desk, data: bytes, told: str) -> None:
    (desk.root / LOCK_NAME).write_bytes(data)
    for words in ([], ["--check"]):
        with pytest.raises((UsageError, Problems), match=told):
            desk.run(*words)
    assert (desk.root / LOCK_NAME).read_bytes() == data
    code, out = desk.run("--upgrade")
    assert code == 0
    assert out.startswith("lading.lock: pinned 9 packages")


def test_line_ends_of_another_system_do_not_matter(desk: Desk) -> None:
    desk.run()
    pins = read_pins(desk.root)
    (desk.root / LOCK_NAME).write_bytes(desk.text.replace("\n", "\r\n").encode())
    assert read_pins(desk.root) == pins


def test_a_lock_that_cannot_be_written_leaves_the_old_one_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run()
    before = desk.text
    update(desk.mirror)

    real = Path.open

    def full(path: Path, *args: Any, **more: Any) -> Any:
        file = real(path, *args, **more)
        if path.name.endswith(UNFINISHED):
            with file:
                file.write(b"lock 1\nhal")
            raise OSError(28, "No space left on device")
        return file

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StepFailed, match="cannot write the lock: No space left on device"):
        desk.run("--upgrade")
    assert desk.text == before
    assert sorted(path.name for path in desk.root.iterdir()) == ["api", LOCK_NAME, "lading.toml"]


def test_a_link_in_place_of_the_lock_is_replaced_and_never_written_through(desk: Desk) -> None:
    outside = desk.root.with_name("outside")
    outside.write_text("lock 1\n")
    (desk.root / LOCK_NAME).symlink_to(outside)
    desk.run()
    assert outside.read_text() == "lock 1\n"
    assert not (desk.root / LOCK_NAME).is_symlink()


def test_keys_that_cannot_be_read_are_told(desk: Desk) -> None:
    desk.keys.unlink()
    with pytest.raises(UsageError, match="cannot read the keys of the Debian mirror") as caught:
        desk.run()
    assert str(desk.keys) in caught.value.where


def test_the_lock_is_the_same_whatever_was_locked_before(desk: Desk) -> None:
    desk.run()
    first = desk.text
    (desk.root / LOCK_NAME).unlink()
    desk.run()
    assert desk.text == first
