"""Bounding the store by age and size.

Safe beside running builds: what is used gets a new time (`Store`), and what is younger than `YOUNG` stays. What goes is
made anew when it is needed again.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from lading.digest import Digest
from lading.store.store import Store
from lading.store.trees import remove_tree, size_of_tree

YOUNG = 3600.0
"""Seconds. A build that runs now may rely on anything this young: what it uses is at most `TOUCH_AFTER` old."""
STALE = 86400.0
"""Seconds after which a file under way was left by a build that was killed, and an unpacked tree is not in use."""

CACHES = ("go-build", "go-mod")
"""What tools keep for themselves in the store. Each goes as a whole, when nothing has used it for long."""

_HEX = re.compile(r"[0-9a-f]{64}\Z")
_ROOT = re.compile(r"[0-9a-f]{32}\Z")
_TEMPORARY = re.compile(r"(?:[0-9a-f]+-[0-9a-f]{16}|tmp[a-z0-9_]{8}|crash-[0-9T]+-[0-9]+\.txt)\Z")
"""The names that the store (also its older versions, by `tempfile.mkdtemp`) and the command line give: nothing else is
ever removed."""


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What went and what stayed: numbers of files (an unpacked tree counts as one), and bytes.

    `needed` is what the images with a name need: it stays whatever its age and size.
    """

    removed: int
    removed_bytes: int
    kept: int
    kept_bytes: int
    needed_bytes: int


class _Item(NamedTuple):
    """Something that can go: when it was last used (seconds since 1970), its bytes, and where it is."""

    used: float
    size: int
    path: Path
    needed: bool


def prune(
    store: Store,
    *,
    needed: Collection[Digest],
    older_than: float,
    max_size: int | None,
    now: float,
    dry_run: bool = False,
) -> Pruned:
    """Remove what was not used for `older_than` seconds, then the least recently used down to `max_size` bytes.

    `needed` are blobs and actions that stay. Leftovers of killed builds and unpacked trees go after a day. With
    `dry_run` nothing is removed. Raises `StepFailed` when the operating system refuses.
    """
    items = sorted([*_blobs(store, needed), *_others(store)])
    leftovers = [item for item in _leftovers(store) if now - item.used > STALE]
    gone = {item.path for item in items if _may_go(item, now) and now - item.used > older_than}
    size = sum(item.size for item in items if item.path not in gone)
    for item in items:
        if max_size is None or size <= max_size:
            break
        if item.path not in gone and _may_go(item, now):
            gone.add(item.path)
            size -= item.size
    going = [*leftovers, *(item for item in items if item.path in gone)]
    if not dry_run:
        with store.writing():
            going = [item for item in going if _remove(store, item)]
    return Pruned(
        removed=len(going),
        removed_bytes=sum(item.size for item in going),
        kept=len(items) - len(gone),
        kept_bytes=size,
        needed_bytes=sum(item.size for item in items if item.needed),
    )


def size_of(store: Store) -> int:
    """The bytes of everything in the store."""
    items = [*_blobs(store, ()), *_others(store), *_leftovers(store)]
    return sum(item.size for item in items)


def _may_go(item: _Item, now: float) -> bool:
    return not item.needed and now - item.used > YOUNG


def _blobs(store: Store, needed: Collection[Digest]) -> Iterator[_Item]:
    names = {digest.removeprefix("sha256:") for digest in needed}
    for folder in (store.root / "blobs" / "sha256", store.root / "actions"):
        for shelf in _entries(folder):
            for entry in _entries(Path(shelf.path)):
                if _HEX.match(entry.name):
                    yield from _item(entry, needed=entry.name in names)


def _others(store: Store) -> Iterator[_Item]:
    for entry in _entries(store.root / "state"):
        yield from _item(entry)
    for entry in _entries(store.root / "roots"):
        if _ROOT.match(entry.name):
            yield from _item(entry)
    for entry in _entries(store.root / "caches"):
        if entry.name in CACHES:
            yield from _item(entry)


def _leftovers(store: Store) -> Iterator[_Item]:
    for entry in _entries(store.root / "tmp"):
        if _TEMPORARY.match(entry.name):
            yield from _item(entry)


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _item(entry: "os.DirEntry[str]", *, needed: bool = False) -> Iterator[_Item]:
    """One item, or nothing when it has just gone: somebody else prunes, too."""
    try:
        info = entry.stat(follow_symlinks=False)
        size = size_of_tree(Path(entry.path)) if stat.S_ISDIR(info.st_mode) else info.st_size
    except OSError:
        return
    yield _Item(used=info.st_mtime, size=size, path=Path(entry.path), needed=needed)


def _remove(store: Store, item: _Item) -> bool:
    """Remove an item, unless it was used, or went, since it was looked at."""
    try:
        info = item.path.lstat()
        if info.st_mtime != item.used:
            return False
        if stat.S_ISDIR(info.st_mode):
            # Out of the way first: nobody may find half of it at its place.
            aside = store.root / "tmp" / f"{os.getpid():x}-{os.urandom(8).hex()}"
            aside.parent.mkdir(exist_ok=True)
            remove_tree(item.path.rename(aside))
        else:
            item.path.unlink()
    except FileNotFoundError:
        return False
    return True
