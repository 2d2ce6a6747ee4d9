"""A `Packages` file in a form that answers questions at once: compressed blocks of stanzas, and a directory of names.

`Packages` of Debian 13 has 68,820 stanzas in 57 MB of text. Parsing them all takes seconds and hundreds of megabytes,
and resolving needs a hundred. So the text is only cut into stanzas, once, as it streams by; their fields are read when
somebody asks for them.

    block block … directory  ←  8 bytes: the directory's size

Each block is a zstd frame of whole stanzas, the directory one of a MessagePack `Directory`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from lading.archive import Readable
from lading.errors import VerificationFailed
from lading.store import BlobWriter

PIECE = 1 << 17
"""Bytes of text a block holds, roughly: small enough to unpack in a fraction of a millisecond."""

LONGEST_STANZA = 1 << 20
"""Bytes. The longest of Debian's has 76,000; this bounds what is held while a stanza's end is looked for."""

LARGEST_DIRECTORY = 256 << 20
"""Bytes, uncompressed. Debian 13's has 3.4 MB."""

_FIRST = b"Package: "
_PROVIDES = b"\nProvides: "


class Directory(msgspec.Struct, frozen=True, array_like=True):
    """Where blocks begin (and the last one ends) in the file; and two sorted texts that are searched as they are,
    because a hundred thousand entries as objects would take ten times the memory: lines `package block`, and lines
    `provided package`."""

    offsets: list[int]
    packages: bytes
    provided: bytes


def write_compact(text: Readable, writer: BlobWriter, *, where: str) -> None:
    """Turn the text of a `Packages` file into the compact form. `where` names it in errors."""
    import zstandard

    compressor = zstandard.ZstdCompressor(level=1)
    offsets = [0]
    packages: list[bytes] = []
    provided: list[bytes] = []
    for number, block in enumerate(_blocks(text, where)):
        writer.write(compressor.compress(block))
        offsets.append(writer.size)
        suffix = b" %d" % number
        for stanza in block.split(b"\n\n"):
            if not stanza.startswith(_FIRST):
                raise VerificationFailed(f"a stanza without a package: {stanza[:60]!r}", where=where)
            name = stanza[9:].partition(b"\n")[0]
            packages.append(name + suffix)
            at = stanza.find(_PROVIDES)
            if at >= 0:
                provided += [b"%b %b" % (item, name) for item in _provided(stanza, at + len(_PROVIDES))]
    directory = compressor.compress(msgspec.msgpack.encode(Directory(offsets, _lines(packages), _lines(provided))))
    writer.write(directory)
    writer.write(len(directory).to_bytes(8, "little"))


def _blocks(text: Readable, where: str) -> Iterator[bytes]:
    """The text in pieces of whole stanzas, without the empty lines around them."""
    rest = b""
    while piece := text.read(PIECE):
        rest += piece
        end = rest.rfind(b"\n\n")
        if end < 0:
            if len(rest) > LONGEST_STANZA:
                raise VerificationFailed(f"a stanza is longer than {LONGEST_STANZA} bytes", where=where)
            continue
        if block := rest[:end].strip(b"\n"):
            yield block
        rest = rest[end + 2 :]
    if block := rest.strip(b"\n"):
        yield block


def _provided(stanza: bytes, start: int) -> Iterator[bytes]:
    end = stanza.find(b"\n", start)
    while 0 <= end < len(stanza) - 1 and stanza[end + 1] in b" \t":  # the field goes on
        end = stanza.find(b"\n", end + 1)
    for item in stanza[start : end if end >= 0 else None].split(b","):
        words = item.split(None, 1)
        if words:
            yield words[0].partition(b"(")[0]


def _lines(lines: list[bytes]) -> bytes:
    lines.sort()
    return b"".join(line + b"\n" for line in lines)


class Compact:
    """A compact file, opened. Blocks are read from disk when they are asked for."""

    def __init__(self, path: Path, *, where: str) -> None:
        import zstandard

        self._path = path
        self._where = where
        self._decompressor = zstandard.ZstdDecompressor()
        with path.open("rb") as file:
            end = file.seek(-8, 2)
            size = int.from_bytes(file.read(8), "little")
            file.seek(end - size)
            packed = self._decompressor.decompress(file.read(size), max_output_size=LARGEST_DIRECTORY)
        self._directory = msgspec.msgpack.decode(packed, type=Directory)

    def names(self) -> Iterator[str]:
        """Every package's name, sorted."""
        for line in self._directory.packages.splitlines():
            yield line.partition(b" ")[0].decode("ascii", "replace")

    def providers(self, name: str) -> list[str]:
        """The packages whose stanzas say that they provide `name`."""
        return [value.decode("ascii", "replace") for value in _values(self._directory.provided, name.encode())]

    def stanzas(self, name: str) -> list[str]:
        """Every stanza of a package, in the file's order."""
        numbers = sorted({int(value) for value in _values(self._directory.packages, name.encode())})
        if not numbers:
            return []
        first = b"%b%b\n" % (_FIRST, name.encode())
        with self._path.open("rb") as file:
            found = [
                stanza
                for number in numbers
                for stanza in self._block(file, number).split(b"\n\n")
                if stanza.startswith(first)
            ]
        try:
            return [stanza.decode() for stanza in found]
        except UnicodeDecodeError:
            raise VerificationFailed(f"the stanza of {name} is not UTF-8", where=self._where) from None

    def _block(self, file: BinaryIO, number: int) -> bytes:
        start, end = self._directory.offsets[number : number + 2]
        file.seek(start)
        return self._decompressor.decompress(file.read(end - start))


def _values(lines: bytes, key: bytes) -> Iterator[bytes]:
    """What follows `key` and a blank in sorted lines: a binary search in the text itself."""
    prefix = key + b" "
    low, high = 0, len(lines)
    while low < high:  # `low` and `high` are starts of lines; the first line not before `prefix` is in between
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.index(b"\n", start)
        if lines[start:end] < prefix:
            low = end + 1
        else:
            high = start
    while lines.startswith(prefix, low):
        end = lines.index(b"\n", low)
        yield lines[low + len(prefix) : end]
        low = end + 1
