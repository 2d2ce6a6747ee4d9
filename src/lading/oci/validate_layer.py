"""One layer, read to its end: digests, size, compression, and every entry of its tar.

https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md. What `lading.archive` refuses (absolute paths, `..`,
devices, links to what was not seen, a path that comes twice …) is a problem of any layer. Of its own layers Lading asks
more, so that the same content has the same bytes and every engine unpacks it alike:

- a gzip header without time, name or comment (RFC 1952 section 2.3), a ustar or pax archive;
- every entry's parent folder comes before it (AWS Lambda unpacks nothing whose parents are not written);
- symbolic links have mode 0777 (what a kernel reports for one);
- no whiteouts: nothing of a layer hides something below it.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from lading.archive.inflate import Compression, Inflated, inflate
from lading.archive.tarread import TarEntry, TarLimits, read_tar
from lading.digest import Digest
from lading.errors import LadingError
from lading.oci.documents import LAYER_TYPES
from lading.oci.model import OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, Layer

PIECE = 1 << 18
MOST_PROBLEMS = 20
"""Problems of entries that are told of one layer: a layer that breaks a rule breaks it a thousand times."""
WHITEOUT = ".wh."
"""https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts"""
_COMPRESSIONS: dict[str, Compression] = {OCI_LAYER: "plain", OCI_LAYER_GZIP: "gzip", OCI_LAYER_ZSTD: "zstd"}
_MAGIC: dict[Compression, bytes] = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: where (`linux/amd64 › layer 2 › usr/bin/x`) and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class _Hashed:
    """A stream that is hashed and counted while it is read. `head` keeps its first bytes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._state = hashlib.sha256()
        self.size = 0
        self.head = b""

    def read(self, size: int, /) -> bytes:
        """See `Readable.read`."""
        if not self._rest:
            self._rest = next(self._chunks, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        self._state.update(data)
        self.size += len(data)
        if len(self.head) < 512:
            self.head += data[: 512 - len(self.head)]
        return data

    def finish(self) -> Digest:
        """Read what is left; the digest of all of it."""
        while self.read(PIECE):
            pass
        return Digest("sha256:" + self._state.hexdigest())


def layer_problems(layer: Layer, where: str, *, own: bool) -> Iterator[Problem]:
    """Everything that is wrong with a layer. `own`: it is one of Lading's, not of somebody's base image."""
    compression = _COMPRESSIONS[LAYER_TYPES.get(layer.descriptor.media_type, OCI_LAYER)]
    packed = _Hashed(layer.chunks())
    limits = TarLimits()
    unpacked = _Hashed(_unpacked(inflate(packed, compression, where=where, limit=limits.total)))
    try:
        yield from _entry_problems(unpacked, where, limits, own=own)
        diff_id = unpacked.finish()
        if diff_id != layer.diff_id:
            yield Problem(where=where, what=f"its diffID is {diff_id}, not {layer.diff_id}")
    except LadingError as error:
        yield Problem(where=error.where or where, what=error.what)
    try:
        digest = packed.finish()
    except LadingError as error:
        yield Problem(where=where, what=error.what)
        return
    if digest != layer.descriptor.digest:
        yield Problem(where=where, what=f"its digest is {digest}, not {layer.descriptor.digest}")
    if packed.size != layer.descriptor.size:
        yield Problem(where=where, what=f"it has {packed.size} bytes, not {layer.descriptor.size}")
    yield from _format_problems(packed.head, unpacked.head, compression, where, own=own)


def _unpacked(stream: Inflated) -> Iterator[bytes]:
    while data := stream.read(PIECE):
        yield data


def _entry_problems(stream: _Hashed, where: str, limits: TarLimits, *, own: bool) -> Iterator[Problem]:
    folders = {""}
    told = 0
    for entry in read_tar(stream, where=where, limits=limits):
        if not own or told >= MOST_PROBLEMS:
            continue
        for what in _rules_broken(entry, folders):
            told += 1
            yield Problem(where=f"{where} › {entry.path}", what=what)
        if entry.kind == "folder":
            folders.add(entry.path)


def _rules_broken(entry: TarEntry, folders: set[str]) -> Iterator[str]:
    folder, _, name = entry.path.rpartition("/")
    if folder not in folders:
        yield "its folder does not come before it"
    if entry.kind == "link" and entry.mode != 0o777:
        yield f"a symbolic link of mode {entry.mode:04o}, not 0777"
    if name.startswith(WHITEOUT):
        yield "a whiteout"


def _format_problems(
    packed: bytes, unpacked: bytes, compression: Compression, where: str, *, own: bool
) -> Iterator[Problem]:
    if not packed.startswith(_MAGIC.get(compression, b"")):
        yield Problem(where=where, what=f"it is not compressed by {compression}, as its media type says")
    if own and compression == "gzip" and any(packed[3:8]):  # flags and time
        yield Problem(where=where, what="its gzip header holds a time, a name or a comment")
    if own and unpacked[257:263] != b"ustar\0" and unpacked.strip(b"\0"):
        yield Problem(where=where, what="its tar is neither ustar nor pax")
