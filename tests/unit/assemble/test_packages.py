from pathlib import Path

import pytest
from tests.support.debmirror import Deb, build_deb
from tests.unit.assemble.test_base import pin_of

from lading.assemble.packages import Packages
from lading.errors import RemoteFailed, VerificationFailed
from lading.lock.model import DebianPin
from lading.store import Store

DEB = Deb(name="tool", files={"usr/bin/tool": b"1" * 100_000, "usr/lib/x.py": b"a = 1\n"})


def files(packages: Packages, pin: DebianPin) -> dict[str, bytes]:
    with packages.open(pin) as deb:
        assert deb.control["Package"] == pin.name
        return {entry.path: b"".join(entry.chunks()) for entry in deb.entries() if entry.kind == "file"}


def test_a_shared_package_reads_as_often_as_one_likes_and_leaves_nothing(tmp_path: Path) -> None:
    data = build_deb(DEB)
    path = tmp_path / "tool.deb"
    path.write_bytes(data)
    store = Store(tmp_path / "store")
    pin = pin_of(DEB, data)
    alone = files(Packages(store, lambda _: path), pin)
    with Packages(store, lambda _: path) as packages:
        packages.share([pin])
        packages.share([pin])
        assert [files(packages, pin) for _ in range(3)] == [alone] * 3
        assert list((tmp_path / "store/tmp").iterdir()) != []
    assert list((tmp_path / "store/tmp").iterdir()) == []


def test_every_reader_hears_that_a_package_cannot_be_had(tmp_path: Path) -> None:
    def fetch(_: DebianPin) -> Path:
        raise RemoteFailed("the mirror is gone")

    with Packages(Store(tmp_path), fetch) as packages:
        pin = pin_of(DEB, build_deb(DEB))
        packages.share([pin])
        for _ in range(2):
            with pytest.raises(RemoteFailed, match="gone"):
                files(packages, pin)


def test_a_damaged_package_is_refused_where_it_is_read(tmp_path: Path) -> None:
    data = build_deb(DEB)
    path = tmp_path / "tool.deb"
    path.write_bytes(data[:-50])
    with Packages(Store(tmp_path / "store"), lambda _: path) as packages:
        pin = pin_of(DEB, data)
        packages.share([pin])
        with pytest.raises(VerificationFailed):
            files(packages, pin)
