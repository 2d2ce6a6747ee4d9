"""Finding uv: the order of places, the version of each asked once, and the pinned wheel as the last of them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.digest import digest_of
from lading.errors import LadingError, RemoteFailed, StepFailed, VerificationFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import Tool, ToolPin
from lading.toolchain.uv import find_uv, machine_platform, own_uv

SCRIPT = b"#!/bin/sh\necho uv 0.9.7\n"


class Counted:
    """A runner, and the commands that it ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.runner = Runner(self.ran.append)


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def nowhere() -> Path | None:
    return None


def pin_of(wheels: Wheelhouse, scripts: dict[str, bytes] | None = None, version: str = "0.9.7") -> ToolPin:
    digest = wheels.add("uv", version, scripts=scripts if scripts is not None else {"uv": SCRIPT})
    return ToolPin(
        name="uv",
        version=version,
        platform=machine_platform(),
        filename=f"uv-{version}-py3-none-any.whl",
        digest=digest,
    )


def test_the_uv_that_lading_brings_is_found_and_is_one() -> None:
    path = own_uv()
    assert path
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("uv ")


def test_the_own_uv_goes_before_the_one_on_path(tmp_path: Path) -> None:
    own = program(tmp_path / "own" / "uv", "echo 'uv 0.13.8 (x86_64-unknown-linux-gnu)'")
    program(tmp_path / "bin" / "uv", "echo uv 9.9.9")
    env = {"PATH": str(tmp_path / "bin")}
    assert find_uv(runner=Runner(), env=env, store=Store(tmp_path / "store"), own=lambda: own) == Tool(own, "0.13.8")


@pytest.mark.parametrize("words", ["echo uv 0.8.99", "echo uv 0.9.0rc1", "echo something else 9.9.9", "exit 3"])
def test_one_that_is_too_old_or_no_uv_is_passed_over(tmp_path: Path, words: str) -> None:
    own = program(tmp_path / "own" / "uv", words)
    on_path = program(tmp_path / "bin" / "uv", "echo uv 0.9.0")
    env = {"PATH": str(tmp_path / "bin")}
    assert find_uv(runner=Runner(), env=env, store=Store(tmp_path / "store"), own=lambda: own) == Tool(on_path, "0.9.0")


def test_a_version_is_asked_once_until_the_file_changes(tmp_path: Path) -> None:
    own = program(tmp_path / "uv", "echo uv 0.13.8")

    def found() -> tuple[str, int]:
        counted = Counted()  # each time as a process of its own would
        tool = find_uv(runner=counted.runner, env={}, store=Store(tmp_path / "store"), own=lambda: own)
        return tool.version, len(counted.ran)

    assert [found(), found(), found()] == [("0.13.8", 1), ("0.13.8", 0), ("0.13.8", 0)]
    program(tmp_path / "uv", "echo uv 0.14.0 newer")
    assert [found(), found()] == [("0.14.0", 1), ("0.14.0", 0)]
    os.utime(own, ns=(1, 1))
    assert found() == ("0.14.0", 1)


def test_a_store_that_cannot_be_written_to_does_not_hinder(tmp_path: Path) -> None:
    own = program(tmp_path / "uv", "echo uv 0.13.8")
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file" / "store")
    assert find_uv(runner=Runner(), env={}, store=store, own=lambda: own).version == "0.13.8"


def test_without_any_the_error_says_what_was_seen_and_what_to_do(tmp_path: Path) -> None:
    own = program(tmp_path / "own" / "uv", "echo uv 0.1.0")
    with pytest.raises(StepFailed, match=r"there is no uv 0\.9\.0 or newer \(.*/own/uv is 0\.1\.0\)") as caught:
        find_uv(runner=Runner(), env={"PATH": ""}, store=Store(tmp_path / "store"), own=lambda: own)
    assert "-m pip install 'uv>=0.9.0'" in caught.value.fix


def test_the_pinned_wheel_is_fetched_once_and_its_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = Wheelhouse(tmp_path / "wheels")
    wheels.use(monkeypatch)
    pin = pin_of(wheels)
    wheels.add("uv", "0.9.8", scripts={"uv": b"#!/bin/sh\necho newer\n"})
    counted = Counted()
    tools = [
        find_uv(runner=counted.runner, env={}, store=Store(tmp_path / "store"), pin=pin, own=nowhere) for _ in range(2)
    ]
    assert tools[0] == tools[1]
    assert tools[0].version == "0.9.7"
    assert len(counted.ran) == 1
    assert not any(word in counted.ran[0] for word in ("://", "--index-url"))
    assert Runner().run([tools[0].path]).out == "uv 0.9.7\n"
    assert list((tmp_path / "store" / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        (
            lambda pin: msgspec.structs.replace(pin, digest=digest_of(b"other")),
            VerificationFailed,
            "is not the one that is",
        ),
        (lambda pin: msgspec.structs.replace(pin, version="0.9.9"), RemoteFailed, "pip could not fetch uv 0.9.9"),
        (lambda pin: msgspec.structs.replace(pin, filename="uv-0.9.7-other.whl"), StepFailed, "another wheel than"),
    ],
)
def test_a_wheel_that_is_not_the_pinned_one_is_refused_and_nothing_of_it_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[ToolPin], ToolPin],
    kind: type[LadingError],
    told: str,
) -> None:
    wheels = Wheelhouse(tmp_path / "wheels")
    wheels.use(monkeypatch)
    pin = change(pin_of(wheels))
    with pytest.raises(kind, match=told):
        find_uv(runner=Runner(), env={}, store=Store(tmp_path / "store"), pin=pin, own=nowhere)
    assert not (tmp_path / "store" / "roots").exists()


def test_a_python_without_pip_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = pin_of(Wheelhouse(tmp_path / "wheels"))
    python = program(tmp_path / "python", "echo '/bin/python: No module named pip' >&2; exit 1")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(StepFailed, match="this Python has no pip"):
        find_uv(runner=Runner(), env={}, store=Store(tmp_path / "store"), pin=pin, own=nowhere)
