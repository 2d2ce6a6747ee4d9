"""Which package a program was made of, as the program says itself.

The layout is that of `debug/buildinfo` (https://go.dev/src/debug/buildinfo/buildinfo.go): a mark, then Go's version and
what the linker knew of the modules, each with its length in front.
"""

import mmap
from pathlib import Path

_MARK = b"\xff Go buildinf:"
_ALIGNED = 16
_HEADER = 32
_INLINE = 0x2
_SENTINEL = 16
"""Bytes of a mark at each end of the module data."""


def package_of(program: Path) -> str:
    """The import path of the package that a program was made of; nothing where it does not say."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place = data.find(_MARK)
        while place >= 0:
            if place % _ALIGNED == 0 and len(data) > place + _HEADER and data[place + 15] & _INLINE:
                return _path_in(data, place + _HEADER)
            place = data.find(_MARK, place + 1)
    return ""


def _path_in(data: mmap.mmap, place: int) -> str:
    size, place = _length(data, place)
    size, place = _length(data, place + size)
    told = data[place : place + size][_SENTINEL:-_SENTINEL].decode(errors="replace")
    for line in told.splitlines():
        kind, _, value = line.partition("\t")
        if kind == "path":
            return value
    return ""


def _length(data: mmap.mmap, place: int) -> tuple[int, int]:
    """A number in base 128, the lowest part first (encoding/binary, Uvarint), and where it ends."""
    number = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return number, place
