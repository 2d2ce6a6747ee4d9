"""Layers: segments in a row, behind a segment that has every folder, before the mark that ends an archive."""

from collections.abc import Iterator, Sequence

import msgspec

from lading.assemble import tarwrite
from lading.assemble.compress import MEDIA_TYPES, Compression, compressor
from lading.assemble.hashing import Piece, digests_of
from lading.assemble.segment import ROOT, Segment
from lading.digest import Digest, digest_of
from lading.oci.model import Descriptor
from lading.store import Store


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
    digest, diff_id = digests_of(store, pieces, compression)
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
    """Every folder of the layer, parents first, each once. A folder asked for with a mode or owner of its own gets
    it."""
    modes: dict[str, int] = {}
    for segment in segments:
        for path in segment.entries:
            _add_parents(modes, path)
        for path in segment.folders:
            _add_parents(modes, path)
    for segment in segments:
        modes.update(segment.folders)
    owners = {path: owner for segment in segments for path, owner in segment.owners.items()}
    return b"".join(
        tarwrite.folder_entry(path, mode=modes[path], mtime=mtime, owner=owners.get(path, ROOT))
        for path in sorted(modes)
    )


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
