"""Python's bytecode files: which Python they are for, and which source.

The header is 16 bytes: a magic number, flags, then the time and size of the source, or its hash (PEP 552).
"""

import _imp
import struct
from typing import NamedTuple

MAGIC: dict[int, str] = {
    3379: "3.6", 3394: "3.7", 3413: "3.8", 3425: "3.9", 3439: "3.10", 3495: "3.11", 3531: "3.12", 3571: "3.13",
    3627: "3.14",
}  # fmt: skip
"""Versions of Python by the magic number of their releases (`importlib.util.MAGIC_NUMBER`; Include/internal/
pycore_magic_number.h of CPython 3.14 tells its history)."""
_HEADER = struct.Struct("<HHIII")
_LINE_END = 0x0A0D
_HASHED = ("3.11", "3.12", "3.13", "3.14")
"""Versions whose hash of a source can be told here: before 3.11 it was another (SipHash-2-4)."""
_KEYS = {version: number | _LINE_END << 16 for number, version in MAGIC.items() if version in _HASHED}


class Bytecode(NamedTuple):
    """The header. `python` is `major.minor`, or empty for a magic number of no release. A `hash` is there only
    where it goes by one: then `checked` says whether Python compares it with the source. Else the source's `mtime`
    (seconds, modulo 2**32) and `size` count."""

    python: str
    hash: bytes = b""
    checked: bool = False
    mtime: int = 0
    size: int = 0


def read_header(head: bytes) -> Bytecode | None:
    """The header of a `.pyc`; nothing for what is none."""
    if len(head) < _HEADER.size:
        return None
    number, line_end, flags, first, second = _HEADER.unpack_from(head)
    if line_end != _LINE_END or flags not in (0, 1, 3):
        return None
    python = MAGIC.get(number, "")
    if flags:
        return Bytecode(python, hash=head[8:16], checked=flags == 3)
    return Bytecode(python, mtime=first, size=second)


def hashes_of(source: bytes) -> tuple[bytes, ...]:
    """The hashes of a source, one for each version that they can be told for."""
    return tuple(_imp.source_hash(_KEYS[version], source) for version in _HASHED)


def hash_for(python: str, hashes: tuple[bytes, ...]) -> bytes | None:
    """Which of them a version of Python would compute; nothing where that is not known."""
    return hashes[_HASHED.index(python)] if hashes and python in _HASHED else None
