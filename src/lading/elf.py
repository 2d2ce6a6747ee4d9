"""What an ELF file asks for: its interpreter and the libraries that it is linked with. Pure.

Only what is in the program headers and the dynamic section counts, as for the loader itself: a file may have no section
headers. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html, elf(5), ld.so(8).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<QQ")
_LOAD, _DYNAMIC_SEGMENT, _INTERPRETER = 1, 2, 3
_NULL, _NEEDED, _STRINGS, _SIZE, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 10, 14, 15, 29
_LONGEST = 4096
"""Bytes of a name; Linux has no longer path."""
MACHINES = {62: "x86_64", 183: "aarch64"}
"""Machines by their number (`e_machine`)."""


class Elf(NamedTuple):
    """A program or library. `machine` is the kernel's word for what it runs on, or its number; `needed` are file names
    (`libpq.so.5`), `runpath` the folders where they are looked for first, `soname` the name that others need it by.
    Text is empty where a file has none."""

    machine: str
    interpreter: str
    soname: str
    needed: tuple[str, ...]
    runpath: tuple[str, ...]


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def read_elf(data: bytes | memoryview) -> Elf | None:
    """A file's needs; nothing for what is no ELF file of 64 bits with its lowest byte first, or is damaged."""
    if bytes(data[:6]) != b"\x7fELF\x02\x01" or len(data) < _HEADER.size:
        return None
    try:
        header = _HEADER.unpack_from(data)
        segments = list(_segments(data, start=header[5], size=header[9], count=header[10]))
        entries = list(_entries(data, segments))
        strings = _strings(data, segments, dict(entries))
        return Elf(
            machine=MACHINES.get(header[2], str(header[2])),
            interpreter=_interpreter(data, segments),
            soname=next((strings.at(value) for tag, value in entries if tag == _SONAME), ""),
            needed=tuple(strings.at(value) for tag, value in entries if tag == _NEEDED),
            runpath=tuple(
                folder
                for tag, value in entries
                if tag in (_RUNPATH, _RPATH)
                for folder in strings.at(value).split(":")
                if folder
            ),
        )
    except (struct.error, _Damaged, UnicodeDecodeError):
        return None


class _Damaged(Exception):
    """A place outside of the file."""


class _Strings(NamedTuple):
    data: bytes | memoryview
    start: int
    size: int

    def at(self, place: int) -> str:
        """The text at a place of the table."""
        if place >= self.size:
            raise _Damaged
        start = self.start + place
        found = bytes(self.data[start : min(self.start + self.size, start + _LONGEST)])
        text, end, _ = found.partition(b"\0")
        if not end:
            raise _Damaged
        return text.decode()


def _segments(data: bytes | memoryview, *, start: int, size: int, count: int) -> Iterator[_Segment]:
    if size < _PROGRAM.size:
        return
    for number in range(count):
        kind, _, offset, address, _, filed, _, _ = _PROGRAM.unpack_from(data, start + number * size)
        yield _Segment(kind, offset, address, filed)


def _entries(data: bytes | memoryview, segments: list[_Segment]) -> Iterator[tuple[int, int]]:
    """The dynamic section: pairs of a tag and a value."""
    for segment in segments:
        if segment.kind == _DYNAMIC_SEGMENT:
            end = min(len(data), segment.offset + segment.size)
            for place in range(segment.offset, end - _DYNAMIC.size + 1, _DYNAMIC.size):
                tag, value = _DYNAMIC.unpack_from(data, place)
                if tag == _NULL:
                    return
                yield tag, value


def _strings(data: bytes | memoryview, segments: list[_Segment], entries: dict[int, int]) -> _Strings:
    """The table of strings, which the dynamic section names by its address in memory."""
    address, size = entries.get(_STRINGS), entries.get(_SIZE, 0)
    if address is None:
        return _Strings(data, 0, 0)
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            start = segment.offset + address - segment.address
            if start + size > len(data):
                raise _Damaged
            return _Strings(data, start, size)
    raise _Damaged


def _interpreter(data: bytes | memoryview, segments: list[_Segment]) -> str:
    for segment in segments:
        if segment.kind == _INTERPRETER and segment.size <= _LONGEST:
            return bytes(data[segment.offset : segment.offset + segment.size]).rstrip(b"\0").decode()
    return ""
