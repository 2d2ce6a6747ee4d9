import io
import tarfile
from pathlib import Path

import pytest

from lading.archive import inflate
from lading.assemble.layers import StoredLayer, compose
from lading.assemble.segment import SegmentWriter
from lading.assemble.smallfiles import LARGEST_FILE, SmallFiles
from lading.errors import UsageError
from lading.plan.model import Accounts, CopyFile, MakeFolder, MakeLink, WriteFile
from lading.store import Store
from lading.tree import MemoryTree

TREE = MemoryTree({"conf/x": b"\x00binary", "large": bytes(LARGEST_FILE + 1)})
STEPS: list[Accounts | WriteFile | CopyFile | MakeFolder | MakeLink] = [
    Accounts(user="db", uid=999, gid=998, home="/home/db", others=(("www", 33, 34),), why=""),
    WriteFile(path="/etc/a", content="a\n", mode=0o600, why=""),
    CopyFile(source="conf/x", path="/etc/x", mode=0o755, why=""),
    MakeFolder(path="/data", uid=999, gid=3000000, mode=0o700, why=""),
    MakeLink(path="/srv/now", target="../data", why=""),
]


def entries(store: Store) -> dict[str, tarfile.TarInfo]:
    with SegmentWriter(store, "gzip", 0) as writer:
        SmallFiles(STEPS, TREE).write(writer)
        segment = writer.finish()
    record = compose(store, "base", [segment], compression="gzip", mtime=0)
    packed = io.BytesIO(b"".join(StoredLayer(store, record).chunks()))
    plain = inflate(packed, "gzip", where="", limit=1 << 20)
    data = b"".join(iter(lambda: plain.read(1 << 16), b""))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {entry.name: entry for entry in archive}


def test_every_kind_of_small_step_becomes_what_it_says(tmp_path: Path) -> None:
    found = entries(Store(tmp_path))
    assert (found["etc/a"].mode, found["etc/a"].uid) == (0o600, 0)
    assert (found["etc/x"].mode, found["etc/x"].size) == (0o755, 7)
    assert (found["data"].uid, found["data"].gid, found["data"].mode) == (999, 3000000, 0o700)
    assert (found["srv/now"].linkname, found["srv"].uid) == ("../data", 0)
    assert {"etc/passwd", "etc/group", "etc/nsswitch.conf", "home/db", "tmp"} <= set(found)


def test_a_copied_file_is_an_input_by_its_content() -> None:
    before = SmallFiles(STEPS, TREE).inputs()
    after = SmallFiles(STEPS, MemoryTree({"conf/x": b"other"})).inputs()
    assert {name for name in before if before[name] != after[name]} == {"conf/x"}


@pytest.mark.parametrize("source", ["missing", "large"])
def test_a_file_that_cannot_be_copied_is_told(source: str) -> None:
    with pytest.raises(UsageError):
        SmallFiles([CopyFile(source=source, path="/etc/x", why="")], TREE).inputs()
