"""What an ELF file asks for and offers: its interpreter, the libraries and symbol versions that it is linked with, and
those versions that it has itself. Pure.

Only what is in the program headers and the dynamic section counts, as for the loader itself: a file may have no section
headers. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html, elf(5), ld.so(8); for versions
https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<QQ")
_VERSION_NEED, _VERSION_NEED_NAME = struct.Struct("<HHIII"), struct.Struct("<IHHII")
_VERSION, _VERSION_NAME = struct.Struct("<HHHHIII"), struct.Struct("<II")
_LOAD, _DYNAMIC_SEGMENT, _INTERPRETER = 1, 2, 3
_NULL, _NEEDED, _STRINGS, _SIZE, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 10, 14, 15, 29
_VERSIONS, _VERSIONS_COUNT, _VERSION_NEEDS, _VERSION_NEEDS_COUNT = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_BASE, _WEAK = 1, 2
"""Flags of versions: the file's own name, and one that may be missing."""
_LONGEST = 4096
"""Bytes of a name; Linux has no longer path."""
_MOST_ENTRIES = 4096
"""Of a dynamic section: a program of a thousand libraries has some 1,030."""
_MOST_VERSIONS = 4096
"""Of one file; glibc's libc.so.6 has some 60."""
MACHINES = {62: "x86_64", 183: "aarch64"}
"""Machines by their number (`e_machine`)."""
_OTHER_MACHINES = {
    3: "i386",
    8: "mips",
    20: "powerpc",
    21: "ppc64",
    22: "s390x",
    40: "arm",
    243: "riscv",
    258: "loongarch",
}
HEAD = 20
"""Bytes that tell for which machine a file is."""


class Versions(NamedTuple):
    """The symbol versions that a file needs of a library (`libc.so.6`: `GLIBC_2.34`)."""

    library: str
    names: tuple[str, ...]


class Elf(NamedTuple):
    """A program or library. `machine` is the kernel's word for what it runs on, or its number; `needed` are file names
    (`libpq.so.5`), `runpath` the folders where they are looked for first, `soname` the name that others need it by.
    `rpath` is the older form of `runpath`, which counts for the libraries' own needs, too, where there is no `runpath`.
    `versions` are those that it cannot do without, `provides` those that it has. Text is empty where there is none."""

    machine: str
    interpreter: str
    soname: str
    needed: tuple[str, ...]
    runpath: tuple[str, ...]
    rpath: tuple[str, ...] = ()
    versions: tuple[Versions, ...] = ()
    provides: tuple[str, ...] = ()


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def machine_of(head: bytes) -> str:
    """The machine that an ELF file is for, whatever its word size and byte order; empty for what is no ELF file.

    `head` are its first `HEAD` bytes. 32-bit code for x86_64 (x32) is `x86_64 (32 bit)`.
    """
    if head[:4] != b"\x7fELF" or len(head) < HEAD or head[4] not in (1, 2) or head[5] not in (1, 2):
        return ""
    number = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
    if number in MACHINES:
        return MACHINES[number] if head[4] == 2 else f"{MACHINES[number]} (32 bit)"
    return _OTHER_MACHINES.get(number, str(number))


def read_elf(data: bytes | memoryview) -> Elf | None:
    """A file's needs; nothing for what is no ELF file of 64 bits with its lowest byte first, or is damaged."""
    if bytes(data[:6]) != b"\x7fELF\x02\x01" or len(data) < _HEADER.size:
        return None
    try:
        header = _HEADER.unpack_from(data)
        segments = list(_segments(data, start=header[5], size=header[9], count=header[10]))
        entries = list(_entries(data, segments))
        tags = dict(entries)
        strings = _strings(data, segments, tags)
        return Elf(
            machine=MACHINES.get(header[2], str(header[2])),
            interpreter=_interpreter(data, segments),
            soname=next((strings.at(value) for tag, value in entries if tag == _SONAME), ""),
            needed=tuple(strings.at(value) for tag, value in entries if tag == _NEEDED),
            runpath=_folders(entries, strings, _RUNPATH),
            rpath=_folders(entries, strings, _RPATH),
            versions=tuple(_needed_versions(data, segments, tags, strings)),
            provides=tuple(_own_versions(data, segments, tags, strings)),
        )
    except (struct.error, _Damaged, OverflowError, UnicodeDecodeError):  # an offset may be larger than any memory
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
            end = min(len(data), segment.offset + min(segment.size, _MOST_ENTRIES * _DYNAMIC.size))
            for place in range(segment.offset, end - _DYNAMIC.size + 1, _DYNAMIC.size):
                tag, value = _DYNAMIC.unpack_from(data, place)
                if tag == _NULL:
                    return
                yield tag, value


def _strings(data: bytes | memoryview, segments: list[_Segment], tags: dict[int, int]) -> _Strings:
    """The table of strings, which the dynamic section names by its address in memory."""
    address, size = tags.get(_STRINGS), tags.get(_SIZE, 0)
    if address is None:
        return _Strings(data, 0, 0)
    start = _offset(segments, address)
    if start + size > len(data):
        raise _Damaged
    return _Strings(data, start, size)


def _offset(segments: list[_Segment], address: int) -> int:
    """Where in the file an address of memory is."""
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    raise _Damaged


def _folders(entries: list[tuple[int, int]], strings: _Strings, wanted: int) -> tuple[str, ...]:
    found = [strings.at(value).split(":") for tag, value in entries if tag == wanted]
    return tuple(folder for folders in found for folder in folders if folder)


def _needed_versions(
    data: bytes | memoryview, segments: list[_Segment], tags: dict[int, int], strings: _Strings
) -> Iterator[Versions]:
    """A chain of libraries, each with a chain of versions; those that may be missing are left out."""
    if _VERSION_NEEDS not in tags:
        return
    place, budget = _offset(segments, tags[_VERSION_NEEDS]), _MOST_VERSIONS
    for _ in range(min(tags.get(_VERSION_NEEDS_COUNT, 0), _MOST_VERSIONS)):
        _, count, file, first, following = _VERSION_NEED.unpack_from(data, place)
        names, inner = [], place + first
        budget -= count
        if budget < 0:
            raise _Damaged
        for _ in range(count):
            _, flags, _, name, step = _VERSION_NEED_NAME.unpack_from(data, inner)
            if not flags & _WEAK:
                names.append(strings.at(name))
            inner += step
        yield Versions(strings.at(file), tuple(names))
        if not following:
            return
        place += following


def _own_versions(
    data: bytes | memoryview, segments: list[_Segment], tags: dict[int, int], strings: _Strings
) -> Iterator[str]:
    """A chain of versions; the file's own name, which stands first, is none."""
    if _VERSIONS not in tags:
        return
    place = _offset(segments, tags[_VERSIONS])
    for _ in range(min(tags.get(_VERSIONS_COUNT, 0), _MOST_VERSIONS)):
        _, flags, _, _, _, name, following = _VERSION.unpack_from(data, place)
        if not flags & _BASE:
            yield strings.at(_VERSION_NAME.unpack_from(data, place + name)[0])
        if not following:
            return
        place += following


def _interpreter(data: bytes | memoryview, segments: list[_Segment]) -> str:
    for segment in segments:
        if segment.kind == _INTERPRETER and segment.size <= _LONGEST:
            return bytes(data[segment.offset : segment.offset + segment.size]).rstrip(b"\0").decode()
    return ""
