"""Folders that tools filled, as segments: even modes, a fixed order, no way out, and nothing packed twice."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.assemble.node.bench import contents

from lading.assemble.node.folders import FolderPacker, entries_of
from lading.errors import UsageError
from lading.store import Store


def packer(store: Store) -> FolderPacker:
    return FolderPacker(store, compression="gzip", mtime=7)


def test_modes_are_made_even_and_times_fixed(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    (folder / "deep/empty").mkdir(parents=True)
    for name, mode in (("run", 0o700), ("read", 0o600), ("deep/all", 0o4777)):
        (folder / name).write_text(name)
        (folder / name).chmod(mode)
    (folder / "link").symlink_to("deep/all")
    store = Store(tmp_path / "store")
    segment, fresh = packer(store).pack(entries_of(folder), "/app/x")
    found = contents(store, [segment])
    assert fresh
    assert {name: (entry.mode, entry.mtime, entry.uid) for name, (entry, _) in found.items()} == {
        "app/x/deep/all": (0o755, 7, 0),
        "app/x/link": (0o777, 7, 0),
        "app/x/read": (0o644, 7, 0),
        "app/x/run": (0o755, 7, 0),
    }
    assert found["app/x/link"][0].linkname == "deep/all"


def test_the_same_files_are_packed_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a").write_text("same")
        segment, fresh = packer(store).pack(entries_of(folder), "app")
        assert fresh is (number == 0)
    (folder / "a").write_text("other")
    assert packer(store).pack(entries_of(folder), "app")[0].digest != segment.digest


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "deep/../../outside"])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(UsageError, match="a link leads out of what a tool made"):
        entries_of(tmp_path)


@pytest.mark.parametrize("name", [b"line\nbreak", b"\xff"])
def test_a_name_that_no_archive_can_hold_is_refused(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_text("")
    with pytest.raises(UsageError, match="whose name an image cannot have"):
        entries_of(tmp_path)


@given(st.lists(st.sampled_from(["a", "b/c", "b/d", "e/f/g", ".h"]), unique=True))
def test_whatever_is_there_is_found_in_order(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("made")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    assert [entry.path for entry in entries_of(folder)] == sorted(names)
