"""What is in a layer: its entries, read as a stream and held against the layer's digest."""

import hashlib
from collections.abc import Iterator

from lading.archive import Compression, TarEntry, TarLimits, inflate, read_tar
from lading.errors import VerificationFailed
from lading.oci.model import Layer

WHITEOUT = ".wh."
"""https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts"""
OPAQUE = ".wh..wh..opq"
"""Hides everything that lower layers have in its folder (same section)."""


def entries(layer: Layer) -> Iterator[TarEntry]:
    """The entries of a layer in its order, whiteouts among them. The content of each is read before the next.

    Raises `VerificationFailed` for an unsafe archive, and at the end for bytes that are not those of the descriptor:
    what was read must not be used before the iterator has ended.
    """
    where = f"layer {layer.descriptor.digest}"
    source = _Counted(layer.chunks())
    stream = inflate(source, compression_of(layer), where=where, limit=TarLimits().total)
    yield from read_tar(stream, where=where)
    source.finish(layer, where)


def compression_of(layer: Layer) -> Compression:
    """How a layer is compressed, by its media type (OCI's or Docker's); `VerificationFailed` for one not known."""
    media_type = layer.descriptor.media_type
    if media_type.endswith((".tar+gzip", ".tar.gzip")):
        return "gzip"
    if media_type.endswith((".tar+zstd", ".tar.zstd")):
        return "zstd"
    if media_type.endswith(".tar"):
        return "plain"
    raise VerificationFailed(
        f"a layer of an unknown kind: {media_type[:100]!r}", where=f"layer {layer.descriptor.digest}"
    )


class _Counted:
    """A stream of chunks as something to read from, hashed on the way."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._hash = hashlib.sha256()
        self._size = 0

    def read(self, size: int, /) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._hash.update(chunk)
            self._size += len(chunk)
            self._rest = chunk
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def finish(self, layer: Layer, where: str) -> None:
        """Read what is left, and hold all of it against the descriptor."""
        while self.read(1 << 18):
            pass
        if self._size != layer.descriptor.size or f"sha256:{self._hash.hexdigest()}" != layer.descriptor.digest:
            raise VerificationFailed(
                "a layer is not what its manifest says",
                where=f"{where}: {self._size} bytes, sha256:{self._hash.hexdigest()}",
                fix="build or pull it again",
            )
