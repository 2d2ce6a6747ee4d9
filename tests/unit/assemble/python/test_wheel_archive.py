import io
import random
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wheels import build_wheel

from lading.assemble.python.distribution import Distribution
from lading.assemble.python.installed import installed_below
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_archive import IN_MEMORY, SMALL, Unusual, WheelArchive, opened
from lading.assemble.python.wheel_packer import WheelPacker
from lading.assemble.python.wheels import Target, Wheel
from lading.assemble.segment import Segment
from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.uv import find_uv

AMD64 = Target(platform="linux/amd64", python="3.13.5", glibc=41)
NOISE = random.Random(1).randbytes(SMALL + 70_000)
"""What hardly gets smaller, and is larger than what is unpacked at one go."""


def read(path: Path, *, name: str = "tool", version: str = "1.0") -> WheelArchive:
    return WheelArchive(opened(path), name=name, version=version)


def pack(folder: Path, distribution: Distribution) -> Segment:
    packer = WheelPacker(
        Store(folder), venv="/app/.venv", target=AMD64, compression="gzip", mtime=0, compiler=None, bytecode=""
    )
    return packer.pack(distribution, digest_of(b"wheel"))


def packed_by_uv(folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Segment:
    """The segment of the wheel as uv installs it."""
    monkeypatch.setenv("UV_CACHE_DIR", str(folder / "uv-cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    tool = find_uv(runner=Runner(), env={}, store=Store(folder / "tools"))
    name, version = path.name.split("-")[:2]
    wheel = Wheel(
        name=name,
        version=version,
        filename=path.name,
        url=path.as_uri(),
        digest=digest_of(path.read_bytes()),
        size=path.stat().st_size,
        index="",
    )
    prefix = folder / "install" / "prefix"
    prefix.mkdir(parents=True)
    Uv(tool.path, Runner(), folder, sys.executable).install([wheel], AMD64, prefix)
    return pack(folder / "by-uv", installed_below(prefix)[name])


def compress(path: Path, kind: int) -> Path:
    """The same wheel with its files compressed, as published wheels are."""
    with zipfile.ZipFile(path) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", compression=kind) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(entry, data, compress_type=kind)
    return path


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_it_lays_out_what_uv_lays_out(kind: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = {"tool": "tool.cli:main", "tool-run": "tool.cli:App.run", "extra": "tool:main [more]"}
    files = {
        "tool/cli.py": b"def main():\n    pass\n",
        "tool/empty.txt": b"",
        "tool/native.so": b"\x7fELF" + NOISE,
        "tool/__pycache__/cli.cpython-313.pyc": b"old",
        "tool-1.0.data/scripts/old.py": b"#!python\nprint(1)\n",
        "tool-1.0.data/scripts/shell": b"#!/bin/sh\n",
        "tool-1.0.data/data/share/tool/words.txt": b"words\n",
        "tool-1.0.data/purelib/tool/more.py": b"MORE = 1\n",
    }
    path = compress(build_wheel(tmp_path, "tool", scripts=scripts, files=files), kind)
    segment = pack(tmp_path / "read", read(path))
    assert segment == packed_by_uv(tmp_path, path, monkeypatch)
    assert "app/.venv/bin/old.py" in segment.entries
    assert "app/.venv/share/tool/words.txt" in segment.entries
    assert not any("__pycache__" in entry for entry in segment.entries)
    notes = {entry.rpartition("/")[2] for entry in segment.entries if ".dist-info/" in entry}
    assert notes == {"METADATA", "RECORD", "WHEEL", "entry_points.txt"}


def test_large_and_small_files_read_alike(tmp_path: Path) -> None:
    files = {"tool/a": NOISE[:SMALL], "tool/b": NOISE, "tool/c": b"c" * (3 * SMALL), "tool/d": b""}
    path = compress(build_wheel(tmp_path, "tool", files=files), zipfile.ZIP_DEFLATED)
    found = {member.path: b"".join(member.chunks()) for member in read(path).members()}
    assert files.items() <= found.items()
    assert all(member.size == len(found[member.path]) for member in read(path).members())


def test_a_large_wheel_is_read_from_its_file(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"1")
    large.write_bytes(b"2" * (IN_MEMORY + 1))
    assert isinstance(opened(small), io.BytesIO)
    with opened(large) as file:
        assert file.read(2) == b"22"
        assert not isinstance(file, io.BytesIO)


INFO = "tool-1.0.dist-info"
RECORD = f"{INFO}/RECORD"


def changed(path: Path, change: Callable[[dict[str, bytes]], Mapping[str, bytes]]) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in change(files).items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {**files, "../up.py": b""},
        lambda files: {**files, "/etc/passwd": b""},
        lambda files: {**files, "a//b": b""},
        lambda files: {**files, "a\\b": b""},
        lambda files: {**files, "a\nb": b""},
        lambda files: {**files, "other-2.0.dist-info/METADATA": b""},
        lambda files: {**files, "tool-1.0.data/headers/x.h": b""},
        lambda files: {**files, "tool-1.0.data/x": b""},
        lambda files: {**files, "tool-1.0.data/purelib/tool/__init__.py": b"two of them"},
        lambda files: {**files, RECORD: files[RECORD] + b"missing.py,,\n"},
        lambda files: {**files, RECORD: files[RECORD] + b"../../../../../etc/passwd,,\n"},
        lambda files: {**files, RECORD: files[RECORD] + files[RECORD].splitlines(keepends=True)[0]},
        lambda files: {**files, RECORD: b"\xff"},
        lambda files: {name: data for name, data in files.items() if name != RECORD},
        lambda files: {name: data for name, data in files.items() if not name.endswith("METADATA")},
        lambda files: {**files, f"{INFO}/WHEEL": b"Wheel-Version: 2.0\n"},
        lambda files: {**files, f"{INFO}/entry_points.txt": b"[gui_scripts]\nx = tool:main\n"},
        lambda files: {**files, f"{INFO}/entry_points.txt": b"[console_scripts]\n../../x = tool:main\n"},
        lambda files: {**files, f"{INFO}/entry_points.txt": b"[console_scripts]\n.. = tool:main\n"},
        lambda files: {**files, f"{INFO}/entry_points.txt": b"[console_scripts]\npython = tool:main\n"},
        lambda files: {**files, f"{INFO}/entry_points.txt": b"[console_scripts]\nx = tool:main; import os\n"},
        lambda files: {**files, f"{INFO}/entry_points.txt": b"[console_scripts]\nx = tool\n"},
    ],
)
def test_what_is_not_plain_is_left_to_uv(
    change: Callable[[dict[str, bytes]], Mapping[str, bytes]], tmp_path: Path
) -> None:
    with pytest.raises(Unusual):
        read(changed(build_wheel(tmp_path, "tool"), change))


@pytest.mark.parametrize(("name", "version"), [("other", "1.0"), ("tool", "1.0.1")])
def test_a_wheel_of_another_name_or_version_is_left_to_uv(name: str, version: str, tmp_path: Path) -> None:
    with pytest.raises(Unusual, match=r"tool-1\.0"):
        read(build_wheel(tmp_path, "tool"), name=name, version=version)


def test_a_link_is_left_to_uv(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "tool")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("tool/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Unusual, match="no plain file"):
        read(path)


def test_what_is_no_archive_is_left_to_uv(tmp_path: Path) -> None:
    path = tmp_path / "tool-1.0-py3-none-any.whl"
    path.write_bytes(b"not a wheel")
    with pytest.raises(Unusual):
        read(path)


def test_a_file_that_says_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    """The size in the directory of the archive bounds what is unpacked."""
    path = compress(build_wheel(tmp_path, "tool", files={"tool/bomb": b"0" * 100_000}), zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    true, false = (100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    path.write_bytes(data.replace(true, false))
    bomb = next(member for member in read(path).members() if member.path == "tool/bomb")
    assert bomb.size == 10
    with pytest.raises(VerificationFailed):
        b"".join(bomb.chunks())


_WHEEL: list[bytes] = []


@given(st.integers(0, 2000), st.integers(0, 255), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_damage_is_told_and_never_more(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int, kind: int
) -> None:
    if len(_WHEEL) < 2:
        folder = tmp_path_factory.mktemp("wheels")
        path = build_wheel(folder, "tool", scripts={"tool": "tool:main"}, files={"tool/data": bytes(range(256)) * 4})
        _WHEEL.extend(compress(path, one).read_bytes() for one in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    data = bytearray(_WHEEL[kind == zipfile.ZIP_DEFLATED])
    data[position % len(data)] = value
    try:
        archive = WheelArchive(io.BytesIO(bytes(data)), name="tool", version="1.0")
        for member in archive.members():
            assert len(b"".join(member.chunks())) == member.size
    except (Unusual, VerificationFailed):
        pass
