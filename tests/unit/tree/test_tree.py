import os
import socket
from pathlib import Path

import pytest

from lading.digest import digest_of
from lading.errors import UsageError
from lading.tree import FolderTree, MemoryTree, SubTree
from lading.tree.tree import SETTLED


def fill(root: Path) -> None:
    (root / "src/pkg").mkdir(parents=True)
    (root / "src/main.py").write_text("x")
    (root / "src/pkg/__init__.py").write_text("")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("src/main.py")
    for skipped in (".git/config", ".venv/x", "src/__pycache__/main.pyc", "node_modules/y"):
        (root / skipped).parent.mkdir(parents=True, exist_ok=True)
        (root / skipped).write_text("no")


def age(path: Path, seconds: float = 10) -> None:
    """Let a file look as if it had been written a while ago; its inode's own time cannot be set."""
    when = path.stat().st_mtime - seconds
    os.utime(path, (when, when))


def test_a_folder_lists_files_and_links_but_not_what_is_never_source(tmp_path: Path) -> None:
    fill(tmp_path)
    files = FolderTree(tmp_path).files()
    assert [(file.path, file.executable, file.link) for file in files] == [
        ("link", False, "src/main.py"),
        ("run.sh", True, None),
        ("src/main.py", False, None),
        ("src/pkg/__init__.py", False, None),
    ]


def test_a_link_or_file_that_is_called_like_an_environment_is_none_of_the_source(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to("/somewhere/else")
    (tmp_path / ".git").write_text("gitdir: ../elsewhere\n")
    assert FolderTree(tmp_path).files() == ()


def test_pipes_and_sockets_are_no_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    assert FolderTree(tmp_path).files() == ()


def test_a_known_stamp_saves_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    age(tmp_path / "src/main.py")
    first = FolderTree(tmp_path)
    digest = first.digest("src/main.py")
    assert first.changed()
    second = FolderTree(tmp_path, first.stamps())
    monkeypatch.setattr(FolderTree, "_hash", lambda *_: pytest.fail("the file was read again"))
    assert second.digest("src/main.py") == digest
    assert not second.changed()


@pytest.mark.parametrize("what", ["content", "size kept", "time kept"])
def test_a_change_is_seen(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    age(path)
    first = FolderTree(tmp_path)
    before = first.digest("a")
    info = path.stat()
    path.write_text("two" if what != "content" else "three")
    if what == "time kept":
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert FolderTree(tmp_path, first.stamps()).digest("a") != before


def test_a_stamp_younger_than_the_clocks_tick_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    first = FolderTree(tmp_path)
    first.digest("a")
    stamp = first.stamps()["a"]
    young = stamp._replace(checked=stamp.mtime + SETTLED // 2, digest="sha256:" + "0" * 64)
    assert FolderTree(tmp_path, {"a": young}).digest("a") == digest_of(b"one")


def test_what_leads_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("s")
    (tmp_path / "in/link").symlink_to("../secret")
    tree = FolderTree(tmp_path / "in")
    for path in ("link", "../secret"):
        with pytest.raises(UsageError, match="leads out"):
            tree.read(path)
        with pytest.raises(UsageError, match="leads out"):
            list(tree.chunks(path))


def test_everything_looked_at_is_watched(tmp_path: Path) -> None:
    fill(tmp_path)
    watched = FolderTree(tmp_path).watched()
    names = {str(Path(path).relative_to(tmp_path)) for path in watched}
    assert names == {".", "src", "src/pkg", "link", "run.sh", "src/main.py", "src/pkg/__init__.py"}


def test_a_part_of_a_tree_is_a_tree() -> None:
    tree = MemoryTree({"a/one": "1", "a/b/two": "2", "ab/three": "3"})
    part = SubTree(tree, "a")
    assert [file.path for file in part.files()] == ["b/two", "one"]
    assert part.read("b/two") == b"2"
    assert part.digest("one") == digest_of(b"1")
    assert part.exists("one")
    assert not part.exists("three")
    assert b"".join(part.chunks("one")) == b"1"
    assert SubTree(tree, ".").files() == tree.files()


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        MemoryTree({}).read("a")
    with pytest.raises(UsageError, match="no such file"):
        FolderTree(tmp_path).digest("none")
