"""One entry a path: what happens when two segments of a layer bring the same file."""

from collections.abc import Iterator, Sequence

from lading.archive import inflate
from lading.assemble.compress import Compression
from lading.assemble.hashing import LARGEST_SEGMENT
from lading.assemble.segment import ROOT, Segment, SegmentWriter
from lading.assemble.workshop import Workshop
from lading.digest import CHUNK
from lading.store import Store


def settle(workshop: Workshop, segments: Sequence[Segment], compression: Compression) -> tuple[Segment, ...]:
    """The segments without repeated paths: the last that brings a path keeps it, as when they are installed in that
    order. What is left out is told, since two packages that ship the same file are a fault of one of them."""
    owner: dict[str, int] = {}
    losing: dict[int, set[str]] = {}
    for number, segment in enumerate(segments):
        for path in segment.entries:
            if path in owner:
                losing.setdefault(owner[path], set()).add(path)
            owner[path] = number
    if not losing:
        return tuple(segments)
    settled = list(segments)
    for number, paths in losing.items():
        some = ", ".join(sorted(paths)[:3])
        workshop.note(f"{len(paths)} files come from two places, the last one's are used: {some}")
        settled[number] = _without(workshop.store, segments[number], paths, compression, workshop.mtime)
    return tuple(settled)


def _without(store: Store, segment: Segment, paths: set[str], compression: Compression, mtime: int) -> Segment:
    """The segment less some paths, repacked."""
    from lading.archive import read_tar

    with SegmentWriter(store, compression, mtime) as writer:
        reader = _Uncompressed(store, segment, compression)
        for entry in read_tar(reader, where=segment.digest):
            if entry.path in paths:
                continue
            match entry.kind:
                case "link":
                    writer.link(entry.path, entry.target)
                case "hardlink":
                    writer.hardlink(entry.path, entry.target, mode=entry.mode)
                case _:
                    writer.stream(entry.path, entry.chunks(), size=entry.size, mode=entry.mode)
        for path, mode in segment.folders.items():
            writer.folder(path, mode=mode, owner=segment.owners.get(path, ROOT))
        return writer.finish()


class _Uncompressed:
    """A segment's tar as a file to read, with the mark that ends an archive behind it."""

    def __init__(self, store: Store, segment: Segment, compression: Compression) -> None:
        self._chunks = self._produce(store, segment, compression)
        self._buffer = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        while not self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._buffer = chunk
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        return piece

    @staticmethod
    def _produce(store: Store, segment: Segment, compression: Compression) -> Iterator[bytes]:
        with store.open(segment.digest) as file:
            plain = inflate(file, compression, where=segment.digest, limit=LARGEST_SEGMENT)
            while chunk := plain.read(CHUNK):
                yield chunk
        yield bytes(1024)
