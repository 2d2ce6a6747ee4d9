"""What a container has changed of its unpacked image: two looks at the same folder, held against each other."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from lading.prove.container import Change

Stamp = tuple[int, int, int]
"""Mode, size and change time (nanoseconds) of a file; of a folder the mode alone, since a new file in it is told of
itself."""


def stamps(root: Path) -> dict[str, Stamp]:
    """Everything below the folder, by its path in the container."""
    return dict(_below(str(root), ""))


def changes(before: Mapping[str, Stamp], after: Mapping[str, Stamp]) -> tuple[Change, ...]:
    """What is not as it was, sorted by path."""
    found = [Change(path, "added") for path in after.keys() - before.keys()]
    found += [Change(path, "removed") for path in before.keys() - after.keys()]
    found += [Change(path, "changed") for path in before.keys() & after.keys() if before[path] != after[path]]
    return tuple(sorted(found))


def _below(folder: str, path: str) -> Iterator[tuple[str, Stamp]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            info = entry.stat(follow_symlinks=False)
            own = f"{path}/{entry.name}"
            if stat.S_ISDIR(info.st_mode):
                yield own, (info.st_mode, 0, 0)
                yield from _below(entry.path, own)
            else:
                yield own, (info.st_mode, info.st_size, info.st_ctime_ns)
