"""The two digests of a layer, of its bytes as they are and uncompressed, in one pass over its pieces.

A layer may be the last thing that a build waits for, and unpacking takes twice as long as hashing what comes out; so
two pieces are unpacked side by side, while a third thread hashes what they give, in the layer's order.
"""

import hashlib
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Semaphore, Thread

from lading.archive import inflate
from lading.assemble.compress import Compression
from lading.digest import CHUNK, Digest
from lading.store import Store

Piece = tuple[Digest, int]
"""A segment's blob and its size in bytes."""

LARGEST_SEGMENT = 1 << 40
"""Bytes, uncompressed. Segments are made here, of what was checked: nothing honest comes near it."""
SIDE_BY_SIDE = 2
WAITING = 8
"""Chunks of each piece that wait to be hashed at most, so that memory stays bounded."""


def digests_of(store: Store, pieces: Sequence[Piece], compression: Compression) -> tuple[Digest, Digest]:
    """The digests of `pieces` in a row, compressed and not. `VerificationFailed` when a blob has changed."""
    for digest, _ in pieces:
        if not store.wrote(digest):
            store.verify(digest)
    streams = [_Plain(store, digest, compression) for digest, _ in pieces]
    todo: SimpleQueue[_Plain | None] = SimpleQueue()
    for stream in (*streams, *[None] * SIDE_BY_SIDE):
        todo.put(stream)
    threads = [Thread(target=_unpack, args=(todo,), name="lading-plain", daemon=True) for _ in range(SIDE_BY_SIDE)]
    inner = hashlib.sha256()
    hashing = Thread(target=_hash_all, args=(streams, inner), name="lading-diff-id", daemon=True)
    for thread in (*threads, hashing):
        thread.start()
    outer = hashlib.sha256()
    for digest, _ in pieces:
        with store.open(digest) as file:
            while data := file.read(CHUNK):
                outer.update(data)
    hashing.join()
    for stream in streams:
        if stream.error is not None:
            raise stream.error
    return Digest("sha256:" + outer.hexdigest()), Digest("sha256:" + inner.hexdigest())


class _Plain:
    """One piece, unpacked by one thread and read by another."""

    def __init__(self, store: Store, digest: Digest, compression: Compression) -> None:
        self._store = store
        self._digest = digest
        self._compression = compression
        self._room = Semaphore(WAITING)
        self._chunks: SimpleQueue[bytes | None] = SimpleQueue()
        self.error: Exception | None = None

    def unpack(self) -> None:
        """Give all chunks, and an end even when something goes wrong."""
        try:
            with self._store.open(self._digest) as file:
                plain = inflate(file, self._compression, where=self._digest, limit=LARGEST_SEGMENT)
                while data := plain.read(CHUNK):
                    self._room.acquire()
                    self._chunks.put(data)
        except Exception as error:  # noqa: BLE001  # raised where the digests are waited for
            self.error = error
        finally:
            self._chunks.put(None)

    def hash_into(self, state: "hashlib._Hash") -> None:
        """Hash all chunks as they come."""
        while (data := self._chunks.get()) is not None:
            state.update(data)
            self._room.release()


def _unpack(todo: "SimpleQueue[_Plain | None]") -> None:
    while (stream := todo.get()) is not None:
        stream.unpack()


def _hash_all(streams: Sequence[_Plain], state: "hashlib._Hash") -> None:
    for stream in streams:
        stream.hash_into(state)
