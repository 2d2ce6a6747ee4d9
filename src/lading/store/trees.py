"""Folders and all that is in them, without recursion: an archive may nest folders deeper than Python nests calls."""

import os
from collections.abc import Iterator
from pathlib import Path


def folders_of(root: Path) -> list[str]:
    """`root` and every folder below it, parents first. Links are not followed."""
    found = [str(root)]
    for folder in found:  # grows while it is walked
        with os.scandir(folder) as entries:
            found += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    return found


def size_of_tree(root: Path) -> int:
    """The bytes of all files and links below `root`."""
    return sum(info.st_size for info in _files(root))


def remove_tree(root: Path) -> None:
    """Remove a folder, also where a folder's own mode forbids it. A link is removed, not what it leads to."""
    if root.is_symlink():
        root.unlink()
        return
    folders = [str(root)]
    for folder in folders:
        os.chmod(folder, 0o700)  # noqa: PTH101  # a string already, many times
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    os.unlink(entry.path)  # noqa: PTH108
    for folder in reversed(folders):
        os.rmdir(folder)  # noqa: PTH106


def _files(root: Path) -> Iterator[os.stat_result]:
    for folder in folders_of(root):
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False)
