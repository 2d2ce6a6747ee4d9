"""Folders that a tool has filled, as segments: sorted, with modes made even, each kept by what is in it."""

import os
import posixpath
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES, Compression
from lading.assemble.segment import Segment, SegmentWriter
from lading.digest import CHUNK, Digest
from lading.errors import StepFailed, UsageError
from lading.store import Store
from lading.tree import is_utf8

FOLDER_VERSION = "1"
"""Part of every key that depends on how such a folder is packed."""

Keep = Callable[[str], bool]
"""Whether a path, relative to the folder, ships."""


class Entry(NamedTuple):
    """A file or link below a folder: its path relative to the folder, where it is, its size in bytes, whether it may be
    executed, and what a link leads to (`None` for a file)."""

    path: str
    place: Path
    size: int
    executable: bool
    link: str | None


def entries_of(folder: Path, keep: Keep = lambda _: True) -> list[Entry]:
    """All files and links below a folder, sorted by path; nothing that is neither, and no empty folders.

    Raises `UsageError` for a name that an archive cannot hold, and for a link out of the folder.
    """
    return sorted(_walk(folder, "", keep))


class FolderPacker:
    """Packs folders into segments for one image."""

    def __init__(self, store: Store, *, compression: Compression, mtime: int) -> None:
        self._store = store
        self._compression: Compression = compression
        self._mtime = mtime

    def pack(self, entries: list[Entry], target: str, identity: str = "") -> tuple[Segment, bool]:
        """The segment of some entries below `target` in the image, and whether it had to be packed.

        `identity` names what they are where that is known without reading them (a package's locked hash).
        """
        key = self._key(target, identity or _content(entries))
        known = self._store.get_action(key, Segment)
        if known and self._store.has(known.digest, known.size):
            return known, False
        with SegmentWriter(self._store, self._compression, self._mtime) as writer:
            for entry in entries:
                self._write(entry, posixpath.join(target.strip("/"), entry.path), writer)
            segment = writer.finish()
        self._store.put_action(key, segment)
        return segment, True

    def _write(self, entry: Entry, path: str, writer: SegmentWriter) -> None:
        if entry.link is not None:
            writer.link(path, entry.link)
        else:
            mode = 0o755 if entry.executable else 0o644
            writer.stream(path, _chunks(entry.place), size=entry.size, mode=mode)

    def _key(self, target: str, identity: str) -> Digest:
        return key_of(
            "folder",
            {
                "content": identity,
                "to": target,
                "version": FOLDER_VERSION,
                "compression": NAMES[self._compression],
                "time": str(self._mtime),
            },
        )


def _content(entries: list[Entry]) -> str:
    """A digest of everything that a segment of these entries says."""
    state = sha256()
    for entry in entries:
        told = f"-> {entry.link}" if entry.link is not None else f"{_digest(entry.place)}{' x' * entry.executable}"
        state.update(f"{entry.path}\0{told}\n".encode())
    return state.hexdigest()


def _digest(place: Path) -> str:
    state = sha256()
    for chunk in _chunks(place):
        state.update(chunk)
    return state.hexdigest()


def _chunks(place: Path) -> Iterator[bytes]:
    try:
        with place.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise StepFailed(f"cannot read what a tool made: {error.strerror or error}", where=str(place)) from error


def _walk(folder: Path, prefix: str, keep: Keep) -> Iterator[Entry]:
    waiting = [(str(folder), prefix)]
    while waiting:
        place, prefix = waiting.pop()
        with os.scandir(place) as found:
            for one in found:
                path = prefix + one.name
                if not keep(path):
                    continue
                if one.is_dir(follow_symlinks=False):
                    waiting.append((one.path, f"{path}/"))
                elif one.is_symlink():
                    yield Entry(path, Path(one.path), 0, False, _safe_link(path, str(Path(one.path).readlink())))
                elif one.is_file(follow_symlinks=False):
                    info = one.stat(follow_symlinks=False)
                    yield Entry(_safe_name(path), Path(one.path), info.st_size, bool(info.st_mode & 0o100), None)


def _safe_name(path: str) -> str:
    if "\n" in path or not is_utf8(path):
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\n", "\\n")
        raise UsageError("a tool made a file whose name an image cannot have", where=shown)
    return path


def _safe_link(path: str, target: str) -> str:
    """The target of a link that stays inside the folder."""
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if target.startswith("/") or resolved == ".." or resolved.startswith("../"):
        raise UsageError(
            "a link leads out of what a tool made", where=f"{_safe_name(path)} → {target}", fix="copy what it leads to"
        )
    _safe_name(target)
    return target
