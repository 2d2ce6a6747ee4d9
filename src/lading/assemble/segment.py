"""Segments: what layers are made of, one per wheel, .deb or source folder, each made once and kept by content.

A segment is a compressed run of tar entries without an end-of-archive mark and without folders: a layer writes every
folder once, in front (`layers.compose`), so that segments that share folders do not repeat them.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

import msgspec

from lading.assemble import tarwrite
from lading.assemble.compress import Compression, compressor
from lading.digest import Digest
from lading.errors import StepFailed
from lading.store import Store

_BLOCK = 1 << 17
"""Bytes that the compressor is given at a time, always: what igzip makes of the same bytes depends on how they are cut,
and where they come from must not show."""

ROOT = (0, 0)
"""Root's numbers, as user and group."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a segment without opening it.

    `digest` and `size` (bytes) are of the compressed blob; `unpacked` is the sum of the sizes of its files in bytes;
    `entries` are the paths of its files and links, relative to the root and in order; `folders` the modes of folders
    that it wants in another mode than 0755, or even when they are empty; `owners` the user and group of those that do
    not belong to root. `needs` are libraries that its own ones are linked with, by file name (only of wheels).
    """

    digest: Digest
    size: int
    unpacked: int
    entries: tuple[str, ...]
    folders: dict[str, int]
    owners: dict[str, tuple[int, int]] = {}
    needs: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """How many files and links it holds."""
        return len(self.entries)


class SegmentWriter:
    """Writes one segment into the store; a context manager that leaves nothing behind unless `finish` was called.

    Paths are relative to the root, without a leading `/`. The caller gives entries in a fixed order, each path once.
    """

    def __init__(self, store: Store, compression: Compression, mtime: int) -> None:
        self._blob = store.writer()
        self._compressor = compressor(compression)
        self._mtime = mtime
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._unpacked = 0
        self._entries: list[str] = []
        self._folders: dict[str, int] = {}
        self._owners: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        self._blob.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blob.__exit__(kind, error, trace)

    def file(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """A file whose bytes are in memory."""
        self.stream(path, (data,), size=len(data), mode=mode)

    def stream(self, path: str, chunks: Iterable[bytes], *, size: int, mode: int = 0o644) -> None:
        """A file of exactly `size` bytes; `StepFailed` when it has another number: somebody is writing to it."""
        self._put(tarwrite.file_entry(path, size=size, mode=mode, mtime=self._mtime))
        written = 0
        for chunk in chunks:
            written += len(chunk)
            self._put(chunk)
        if written != size:
            raise StepFailed(
                "a file changed while it was packed", where=path, fix="build again when nothing writes to it"
            )
        self._put(tarwrite.padding(size))
        self._unpacked += size
        self._entries.append(path)

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._put(tarwrite.link_entry(path, target, mtime=self._mtime))
        self._entries.append(path)

    def hardlink(self, path: str, target: str, *, mode: int = 0o644) -> None:
        """A hard link to an earlier file of this segment."""
        self._put(tarwrite.hardlink_entry(path, target, mode=mode, mtime=self._mtime))
        self._entries.append(path)

    def folder(self, path: str, *, mode: int = 0o755, owner: tuple[int, int] = ROOT) -> None:
        """Ask the layer for a folder; those of its files are there without asking, with mode 0755, and root's."""
        self._folders[path] = mode
        if owner != ROOT:
            self._owners[path] = owner

    def finish(self) -> Segment:
        """End the member and name the blob."""
        self._compress(b"".join(self._pending))
        self._blob.write(self._compressor.flush())
        digest = self._blob.commit()
        return Segment(
            digest=digest,
            size=self._blob.size,
            unpacked=self._unpacked,
            entries=tuple(self._entries),
            folders=self._folders,
            owners=self._owners,
        )

    def _put(self, data: bytes) -> None:
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size >= _BLOCK:
            whole = memoryview(b"".join(self._pending))
            end = len(whole) - len(whole) % _BLOCK
            for start in range(0, end, _BLOCK):
                self._compress(whole[start : start + _BLOCK])
            self._pending = [bytes(whole[end:])]
            self._pending_size = len(whole) - end

    def _compress(self, data: "bytes | memoryview") -> None:
        ready = self._compressor.compress(data)
        if ready:
            self._blob.write(ready)
