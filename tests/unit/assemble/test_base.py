import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.debmirror import Deb, Hardlink, Link, build_deb

from lading.assemble import tarwrite
from lading.assemble.base import PackagePacker, PackageSegment, pack_root_files, unpack_packages
from lading.assemble.layers import StoredLayer, compose
from lading.assemble.packages import Packages
from lading.assemble.smallfiles import SmallFiles
from lading.debian.deb import open_deb
from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.lock.model import DebianPin
from lading.plan.model import Accounts, DebianBase
from lading.store import Store
from lading.tree import MemoryTree

DISTROLESS = DebianBase(name="distroless", suite="trixie", roots=("x",))
SLIM = DebianBase(name="slim", suite="trixie", roots=("x",))
FILES = SmallFiles([Accounts(user="nonroot", uid=65532, gid=65532, home="/home/nonroot", why="")], MemoryTree({}))


def pin_of(deb: Deb, data: bytes) -> DebianPin:
    return DebianPin(
        suite="trixie",
        architecture=deb.architecture,
        name=deb.name,
        version=deb.version,
        source=deb.name,
        archive="debian",
        path=f"pool/main/x/{deb.name}.deb",
        digest=digest_of(data),
        size=len(data),
    )


def pack(
    tmp_path: Path, deb: Deb, base: DebianBase = DISTROLESS, pin: DebianPin | None = None
) -> tuple[Store, PackageSegment]:
    store = Store(tmp_path / "store")
    data = build_deb(deb)
    path = tmp_path / "x.deb"
    path.write_bytes(data)
    packer = PackagePacker(store, base, compression="gzip", mtime=0, compiler=None, bytecode="")
    made = pin or pin_of(deb, data)
    assert packer.known(made) is None
    packed = packer.pack(made, Packages(store, lambda _: path))
    assert packer.known(made) == packed
    return store, packed


def members(store: Store, packed: PackageSegment) -> Mapping[str, tarfile.TarInfo]:
    record = compose(store, "base", [packed.segment], compression="gzip", mtime=0)
    data = b"".join(StoredLayer(store, record).chunks())
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        return {member.name: member for member in archive.getmembers()}


def content(store: Store, packed: PackageSegment, path: str) -> bytes:
    record = compose(store, "base", [packed.segment], compression="gzip", mtime=0)
    data = b"".join(StoredLayer(store, record).chunks())
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        file = archive.extractfile(path)
        assert file is not None
        return file.read()


def test_what_nobody_needs_at_run_time_does_not_ship(tmp_path: Path) -> None:
    deb = Deb(
        name="tool",
        files={
            "usr/bin/tool": b"#!",
            "usr/share/doc/tool/copyright": b"licence",
            "usr/share/doc/tool/changelog.gz": b"x",
            "usr/share/man/man1/tool.1.gz": b"x",
            "usr/share/locale/nl/LC_MESSAGES/tool.mo": b"x",
            "usr/include/tool.h": b"x",
            "usr/lib/x86_64-linux-gnu/libtool.a": b"x",
            "usr/lib/python3.13/test/test_os.py": b"x",
            "usr/lib/python3.13/json/tests/test_x.py": b"x",
            "usr/lib/python3.13/idlelib/a.py": b"x",
            "usr/lib/python3.13/os.py": b"x",
        },
        modes={"usr/bin/tool": 0o4755},
    )
    store, packed = pack(tmp_path, deb)
    shipped = set(packed.segment.entries)
    assert shipped == {
        "usr/bin/tool",
        "usr/share/doc/tool/copyright",
        "usr/lib/python3.13/os.py",
        "var/lib/dpkg/status.d/tool",
        "var/lib/dpkg/status.d/tool.md5sums",
    }
    assert members(store, packed)["usr/bin/tool"].mode == 0o755, "nothing is setuid"


def test_scanners_find_the_package_and_only_sums_of_what_ships(tmp_path: Path) -> None:
    deb = Deb(name="tool", version="1:2.0-1", files={"usr/bin/tool": b"1", "usr/share/man/man1/tool.1.gz": b"2"})
    store, packed = pack(tmp_path, deb)
    status = content(store, packed, "var/lib/dpkg/status.d/tool").decode()
    assert "Package: tool\n" in status
    assert "Version: 1:2.0-1\n" in status
    sums = content(store, packed, "var/lib/dpkg/status.d/tool.md5sums").decode()
    assert sums == "c4ca4238a0b923820dcc509a6f75849b  usr/bin/tool\n"


def test_slim_has_the_database_of_dpkg(tmp_path: Path) -> None:
    store, packed = pack(tmp_path, Deb(name="tool", files={"usr/bin/tool": b"1"}), SLIM)
    assert content(store, packed, "var/lib/dpkg/info/tool.list") == b"/.\n/usr/bin/tool\n"
    rest = pack_root_files(store, SLIM, [packed], FILES, compression="gzip", mtime=0)
    status = content(store, PackageSegment(segment=rest, control=""), "var/lib/dpkg/status").decode()
    assert status.startswith("Package: tool\nStatus: install ok installed\n")


def test_certificates_become_one_bundle(tmp_path: Path) -> None:
    deb = Deb(
        name="ca-certificates",
        files={
            "usr/share/ca-certificates/mozilla/B.crt": b"-B-\n",
            "usr/share/ca-certificates/mozilla/A.crt": b"-A-",
        },
    )
    store, packed = pack(tmp_path, deb)
    assert content(store, packed, "etc/ssl/certs/ca-certificates.crt") == b"-A-\n-B-\n"
    found = members(store, packed)
    assert found["usr/lib/ssl/cert.pem"].linkname == "/etc/ssl/certs/ca-certificates.crt"
    assert "usr/share/ca-certificates/mozilla/A.crt" not in found


def test_merged_usr_is_kept_for_packages_from_before_it(tmp_path: Path) -> None:
    deb = Deb(
        name="libc6",
        files={
            "lib/x86_64-linux-gnu/libc.so.6": b"elf",
            "lib64/ld-linux-x86-64.so.2": Link(target="/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
        },
    )
    _, packed = pack(tmp_path, deb)
    assert "usr/lib/x86_64-linux-gnu/libc.so.6" in packed.segment.entries
    assert "usr/lib64/ld-linux-x86-64.so.2" in packed.segment.entries


def test_hard_links_stay_links(tmp_path: Path) -> None:
    deb = Deb(name="tool", files={"usr/bin/a": b"1", "usr/bin/b": Hardlink(target="usr/bin/a")})
    store, packed = pack(tmp_path, deb)
    assert members(store, packed)["usr/bin/b"].islnk()


def test_a_package_that_says_it_is_another_is_refused(tmp_path: Path) -> None:
    deb = Deb(name="tool", files={"usr/bin/tool": b"1"})
    wrong = pin_of(Deb(name="tool", version="9"), build_deb(deb))
    with pytest.raises(VerificationFailed, match="says it is tool"):
        pack(tmp_path, deb, pin=wrong)
    assert not (tmp_path / "store" / "blobs").exists()


def test_accounts_cannot_log_in(tmp_path: Path) -> None:
    store = Store(tmp_path)
    rest = PackageSegment(
        segment=pack_root_files(store, DISTROLESS, [], FILES, compression="gzip", mtime=0), control=""
    )
    passwd = content(store, rest, "etc/passwd").decode().splitlines()
    assert [line.split(":")[0:4] for line in passwd] == [
        ["root", "x", "0", "0"],
        ["nobody", "x", "65534", "65534"],
        ["nonroot", "x", "65532", "65532"],
    ]
    assert all(line.endswith(":/usr/sbin/nologin") for line in passwd)
    found = members(store, rest)
    assert found["tmp"].mode == 0o1777
    assert found["lib64"].linkname == "usr/lib64"
    assert {"proc", "sys", "dev", "run"} <= found.keys()


def test_unpacking_never_writes_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    data_tar = (
        tarwrite.link_entry("usr/lib/x", str(outside), mtime=0)
        + tarwrite.file_entry("usr/lib/x/y", size=5, mode=0o644, mtime=0)
        + b"owned"
        + tarwrite.padding(5)
        + tarwrite.TRAILER
    )
    deb = Deb(name="evil", data_tar=data_tar, compression="")
    data = build_deb(deb)
    path = tmp_path / "evil.deb"
    path.write_bytes(data)
    with pytest.raises(VerificationFailed, match="usr/lib/x"):
        unpack_packages(
            [pin_of(deb, data)], Packages(Store(tmp_path), lambda _: path), tmp_path / "root", lambda _: True
        )
    assert list(outside.iterdir()) == []


def test_unpacked_files_can_be_run(tmp_path: Path) -> None:
    deb = Deb(
        name="tool",
        files={"usr/bin/tool": b"#!/bin/sh\n", "usr/bin/alias": Link(target="tool")},
        modes={"usr/bin/tool": 0o755},
    )
    data = build_deb(deb)
    path = tmp_path / "tool.deb"
    path.write_bytes(data)
    unpack_packages(
        [pin_of(deb, data)],
        Packages(Store(tmp_path), lambda _: path),
        tmp_path / "root",
        lambda name: name.startswith("usr/bin"),
    )
    assert (tmp_path / "root/usr/bin/tool").stat().st_mode & 0o111
    assert (tmp_path / "root/usr/bin/alias").read_bytes() == b"#!/bin/sh\n"
    with path.open("rb") as file:
        assert open_deb(file, where="x").control["Package"] == "tool"
