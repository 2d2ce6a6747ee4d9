"""Layers: segments in a row, behind a segment that has every folder, before the mark that ends an archive."""

import hashlib
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import BinaryIO

import msgspec

from lading.archive import inflate
from lading.assemble import tarwrite
from lading.assemble.compress import MEDIA_TYPES, Compression, compressor
from lading.assemble.segment import Segment
from lading.digest import CHUNK, Digest, digest_of
from lading.oci.model import Descriptor
from lading.store import Store

Piece = tuple[Digest, int]
"""A segment's blob and its size in bytes."""

LARGEST_SEGMENT = 1 << 40
"""Bytes, uncompressed. Segments are made here, of what was checked: nothing honest comes near it."""


class LayerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A layer that the store can give: its identity, its sizes in bytes, and the blobs it is the concatenation of."""

    title: str
    media_type: str
    digest: Digest
    size: int
    diff_id: Digest
    unpacked: int
    files: int
    pieces: tuple[Piece, ...]

    @property
    def descriptor(self) -> Descriptor:
        """What a manifest says of it."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)


class StoredLayer:
    """A `Layer` of the store: opened by reading its pieces one after another."""

    def __init__(self, store: Store, record: LayerRecord) -> None:
        self._store = store
        self.record = record
        self.descriptor = record.descriptor
        self.diff_id = record.diff_id

    def chunks(self) -> Iterator[bytes]:
        """See `Layer.chunks`."""
        for digest, _ in self.record.pieces:
            yield from self._store.chunks(digest)


def record_key(digest: Digest) -> Digest:
    """Where the record of a layer is kept, by the layer's own digest."""
    return digest_of(b"layer\0" + digest.encode())


def is_whole(store: Store, record: LayerRecord) -> bool:
    """Whether every piece is still in the store."""
    return all(store.has(digest, size) for digest, size in record.pieces)


def compose(
    store: Store, title: str, segments: Sequence[Segment], *, compression: Compression, mtime: int
) -> LayerRecord:
    """Make a layer of segments that share no path. Their blobs are read once: hashed as they are, and uncompressed.

    The record is kept under the layer's digest.
    """
    folders = _put_member(store, compression, _folder_entries(segments, mtime))
    end = _put_member(store, compression, tarwrite.TRAILER)
    pieces = (folders, *((segment.digest, segment.size) for segment in segments), end)
    digest, diff_id = _hash(store, pieces, compression)
    record = LayerRecord(
        title=title,
        media_type=MEDIA_TYPES[compression],
        digest=digest,
        size=sum(size for _, size in pieces),
        diff_id=diff_id,
        unpacked=sum(segment.unpacked for segment in segments),
        files=sum(segment.files for segment in segments),
        pieces=pieces,
    )
    store.put_action(record_key(digest), record)
    return record


def _folder_entries(segments: Sequence[Segment], mtime: int) -> bytes:
    """Every folder of the layer, parents first, each once. A folder asked for with a mode of its own gets it."""
    modes: dict[str, int] = {}
    for segment in segments:
        for path in segment.entries:
            _add_parents(modes, path)
        for path in segment.folders:
            _add_parents(modes, path)
    for segment in segments:
        modes.update(segment.folders)
    return b"".join(tarwrite.folder_entry(path, mode=modes[path], mtime=mtime) for path in sorted(modes))


def _add_parents(modes: dict[str, int], path: str) -> None:
    while (cut := path.rfind("/")) > 0:
        path = path[:cut]
        if path in modes:
            return
        modes[path] = 0o755


def _put_member(store: Store, compression: Compression, data: bytes) -> Piece:
    member = compressor(compression)
    blob = member.compress(data) + member.flush()
    return store.put(blob), len(blob)


class _Hashed:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO, state: "hashlib._Hash") -> None:
        self._file = file
        self._state = state

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._state.update(data)
        return data


def _hash(store: Store, pieces: Sequence[Piece], compression: Compression) -> tuple[Digest, Digest]:
    """The digests of the concatenation, compressed and not; the second is computed on a thread of its own."""
    outer, inner = hashlib.sha256(), hashlib.sha256()
    queue: SimpleQueue[bytes | None] = SimpleQueue()
    room = Semaphore(8)  # at most eight uncompressed chunks wait, so that memory stays bounded

    def hash_uncompressed() -> None:
        while (data := queue.get()) is not None:
            inner.update(data)
            room.release()

    thread = Thread(target=hash_uncompressed, name="lading-diff-id", daemon=True)
    thread.start()
    try:
        for digest, _ in pieces:
            store.verify(digest)
            with store.open(digest) as file:
                plain = inflate(_Hashed(file, outer), compression, where=digest, limit=LARGEST_SEGMENT)
                while data := plain.read(CHUNK):
                    room.acquire()
                    queue.put(data)
    finally:
        queue.put(None)
        thread.join()
    return Digest("sha256:" + outer.hexdigest()), Digest("sha256:" + inner.hexdigest())
