import io
import shutil
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.debmirror import (
    Compression,
    Deb,
    Hardlink,
    Link,
    build_ar,
    build_deb,
    build_tar,
    compress,
    stanza,
)

from lading.debian.control import read_stanza
from lading.debian.deb import open_deb
from lading.errors import VerificationFailed

READABLE = tuple(suffix for suffix in get_args(Compression) if suffix != ".bz2")
FOO = Deb(
    name="foo",
    version="1:1.0-1",
    depends="libc6 (>= 2.41)",
    files={
        "usr/bin/foo": b"#!/bin/sh\n" * 1000,
        "usr/bin/bar": Hardlink(target="usr/bin/foo"),
        "usr/bin/baz": Link(target="foo"),
        "etc/foo.conf": b"",
        f"usr/share/{'long' * 40}/x": b"long",
    },
    modes={"usr/bin/foo": 0o755, "etc": 0o700},
    conffiles=["etc/foo.conf"],
)


def read_whole(data: bytes) -> None:
    for entry in open_deb(io.BytesIO(data), where="foo_1.0-1_amd64.deb").entries():
        for _ in entry.chunks():
            pass


def refused(data: bytes) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as caught:
        read_whole(data)
    assert caught.value.where.startswith("foo_1.0-1_amd64.deb")
    return caught.value


def members(deb: Deb = FOO, **more: bytes) -> dict[str, bytes]:
    """The members of a good package, uncompressed, some replaced."""
    control = build_tar({"control": stanza(deb.control).encode()}, {})
    parts = {"debian-binary": b"2.0\n", "control.tar": control, "data.tar": build_tar(deb.files, deb.modes)}
    return {**parts, **{name.replace("_", ".") if "tar" in name else name: data for name, data in more.items()}}


@pytest.mark.parametrize("compression", READABLE)
def test_a_package_is_read(compression: Compression) -> None:
    data = build_deb(
        Deb(**{**{name: getattr(FOO, name) for name in FOO.__dataclass_fields__}, "compression": compression})
    )
    deb = open_deb(io.BytesIO(data), where="foo.deb")
    assert deb.control == FOO.control
    assert deb.conffiles == ("etc/foo.conf",)
    assert sorted(deb.md5sums) == ["etc/foo.conf", "usr/bin/foo", f"usr/share/{'long' * 40}/x"]
    assert deb.md5sums["etc/foo.conf"] == "d41d8cd98f00b204e9800998ecf8427e"
    found = [(e.path, e.kind, e.mode, e.target, b"".join(e.chunks())) for e in deb.entries()]
    assert found == [
        ("etc", "folder", 0o700, "", b""),
        ("usr", "folder", 0o755, "", b""),
        ("usr/bin", "folder", 0o755, "", b""),
        ("usr/share", "folder", 0o755, "", b""),
        (f"usr/share/{'long' * 40}", "folder", 0o755, "", b""),
        ("usr/bin/foo", "file", 0o755, "", b"#!/bin/sh\n" * 1000),
        ("usr/bin/bar", "hardlink", 0o644, "usr/bin/foo", b""),
        ("usr/bin/baz", "link", 0o777, "foo", b""),
        ("etc/foo.conf", "file", 0o644, "", b""),
        (f"usr/share/{'long' * 40}/x", "file", 0o644, "", b"long"),
    ]


def test_the_control_file_can_be_written_again() -> None:
    deb = open_deb(io.BytesIO(build_deb(FOO)), where="foo.deb")
    assert stanza(deb.control) == stanza(FOO.control)


def test_a_package_without_lists() -> None:
    deb = open_deb(io.BytesIO(build_ar(members())), where="foo.deb")
    assert (deb.md5sums, deb.conffiles) == ({}, ())


def test_members_with_an_underscore_are_passed_over() -> None:
    parts = members()
    data = build_ar(
        {
            "debian-binary": parts["debian-binary"],
            "_odd": b"x",
            "control.tar": parts["control.tar"],
            "_gpgorigin": b"signature",
            "data.tar": parts["data.tar"],
            "_last": b"",
        }
    )
    assert list(open_deb(io.BytesIO(data), where="foo.deb").entries())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not a Debian package"),
        (b"PK\x03\x04" + bytes(100), "not a Debian package"),
        (b"!<arch>\n", "before debian-binary"),
        (build_ar({"control.tar": b""}), "in the place of debian-binary"),
        (build_ar({**members(), "debian-binary": b"3.0\n"}), "unknown version"),
        (build_ar({"debian-binary": b"2.0\n", "data.tar": b""}), "in the place of control.tar"),
        (build_ar({"debian-binary": b"2.0\n", "control.tar.bz2": b""}), "in the place of control.tar"),
        (build_ar({**members(), "control.tar": build_tar({"other": b""}, {})}), "no control file"),
        (build_ar({**members(), "control.tar": build_tar({"control": b"\xff"}, {})}), "not UTF-8"),
        (build_ar({**members(), "control.tar": build_tar({"control": b"a: 1\n\nb: 1\n"}, {})}), "2 stanzas"),
        (
            build_ar({**members(), "control.tar": build_tar({"control": b"a: 1\n", "md5sums": b"xyz  a\n"}, {})}),
            "md5sums has a line",
        ),
    ],
)
def test_what_is_no_package_is_refused(data: bytes, told: str) -> None:
    assert told in refused(data).what


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("data_tar", "told", "name"),
    [
        (entry("/etc/passwd"), "absolute", "/etc/passwd"),
        (entry("./../etc/passwd"), "leads out", "./../etc/passwd"),
        (entry("./dev/sda", tarfile.BLKTYPE), "device", "./dev/sda"),
        (entry("./x", tarfile.FIFOTYPE), "pipe", "./x"),
        (entry("./x", tarfile.LNKTYPE, "./etc/shadow"), "hard link", "x"),
        (entry("./x") + entry("./x"), "twice", "x"),
        (entry("./x\ny"), "newline", r"'./x\ny'"),
        (entry("./bomb", size=1 << 50), "the limit is", "bomb"),
    ],
)
def test_unsafe_entries_are_refused_by_name(data_tar: bytes, told: str, name: str) -> None:
    problem = refused(build_ar(members(data_tar=data_tar + bytes(1024))))
    assert told in problem.what
    assert problem.where == f"foo_1.0-1_amd64.deb: {name}"


@pytest.mark.parametrize("compression", READABLE)
def test_a_package_that_is_cut_off_is_refused(compression: Compression) -> None:
    whole = build_deb(Deb(name="foo", files={"a": bytes(range(256)) * 100}, compression=compression))
    for cut in range(0, len(whole) - 1, max(1, len(whole) // 60)):
        refused(whole[:cut])


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_package_that_was_changed_is_read_or_refused_but_never_breaks(position: int, change: int) -> None:
    data = bytearray(build_ar(members(Deb(name="foo", files={"a": b"x" * 600}))))
    data[position % len(data)] ^= change
    try:
        for found in open_deb(io.BytesIO(bytes(data)), where="foo.deb").entries():
            assert not found.path.startswith(("/", "../"))
            b"".join(found.chunks())
    except VerificationFailed:
        pass


def test_a_control_archive_too_large_for_memory_is_refused() -> None:
    control = build_tar({"control": b"Package: foo\n", "md5sums": bytes(33 << 20)}, {})
    assert "the limit is" in refused(build_ar(members(control_tar=control))).what


def test_a_compressed_bomb_is_refused() -> None:
    control = compress(bytes(80 << 20), ".xz")
    parts = members()
    data = build_ar({"debian-binary": b"2.0\n", "control.tar.xz": control, "data.tar": parts["data.tar"]})
    assert "unpacks to more than" in refused(data).what


def test_several_packages_are_read_at_once() -> None:
    content = bytes(range(256)) * 4000
    data = build_deb(Deb(name="foo", files={f"f{n}": content for n in range(10)}))

    def total(_: int) -> int:
        return sum(len(chunk) for found in open_deb(io.BytesIO(data), where="x").entries() for chunk in found.chunks())

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(total, range(12))) == {10 * len(content)}


needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb is not installed")


@needs_dpkg
@pytest.mark.parametrize("compression", READABLE)
def test_dpkg_reads_what_the_tests_build(tmp_path: Path, compression: Compression) -> None:
    path = tmp_path / "foo.deb"
    path.write_bytes(build_deb(Deb(name="foo", files={"usr/a": b"content"}, compression=compression)))
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        assert archive.getnames() == [".", "./usr", "./usr/a"]


@needs_dpkg
@pytest.mark.parametrize("compression", ["xz", "gzip", "zstd", "none"])
def test_what_dpkg_builds_is_read(tmp_path: Path, compression: str) -> None:
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    text = "Package: foo\nVersion: 1\nArchitecture: all\nMaintainer: N <n@example.org>\nDescription: d\n long\n"
    (root / "DEBIAN" / "control").write_text(text)
    (root / "usr" / ("x" * 120)).mkdir(parents=True)
    (root / "usr" / ("x" * 120) / "data").write_bytes(b"12345" * 100_000)
    (root / "usr" / "again").hardlink_to(root / "usr" / ("x" * 120) / "data")
    (root / "usr" / "link").symlink_to("y" * 150)
    (root / "usr" / "naïve").write_text("é")
    path = tmp_path / "foo.deb"
    done = subprocess.run(["dpkg-deb", f"-Z{compression}", "-b", root, path], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr.decode())
    with path.open("rb") as file:
        deb = open_deb(file, where="foo.deb")
        assert deb.control == read_stanza(text, where="x")
        found = {entry.path: (entry.kind, entry.target, b"".join(entry.chunks())) for entry in deb.entries()}
    first, second = sorted(path for path in found if path.endswith(("data", "again")))
    assert {found[first][0], found[second][0]} == {"file", "hardlink"}
    assert found["usr/link"] == ("link", "y" * 150, b"")
    assert found["usr/naïve"] == ("file", "", "é".encode())
    assert max(len(content) for _, _, content in found.values()) == 500_000
