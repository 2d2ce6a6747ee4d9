"""Small ELF files: what a loader reads of them, and nothing else."""

import struct
from collections.abc import Mapping, Sequence

_BASE = 4096
"""The address in memory of the file's first byte."""


class _Strings:
    def __init__(self) -> None:
        self.data = b"\0"
        self._places: dict[str, int] = {}

    def at(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return self._places[text]


def library(
    needed: Sequence[str] = (),
    *,
    soname: str = "",
    runpath: str = "",
    rpath: str = "",
    machine: int = 62,
    interpreter: str = "",
    versions: Mapping[str, Sequence[str]] | None = None,
    provides: Sequence[str] = (),
) -> bytes:
    """The smallest ELF file with a dynamic section: headers, strings, versions, entries, all in one segment.

    `versions` are those that are needed, by library; a name that begins with `?` may be missing (a weak one).
    """
    strings = _Strings()
    entries = [(1, strings.at(name)) for name in needed]
    entries += [(tag, strings.at(text)) for tag, text in ((14, soname), (29, runpath), (15, rpath)) if text]
    needs, count = _needs(versions or {}, strings)
    own = _own(provides, strings)
    start = 64 + 56 * 3
    needs_at = start + len(strings.data)
    own_at = needs_at + len(needs)
    entries += [(0x6FFFFFFE, _BASE + needs_at), (0x6FFFFFFF, count)] if needs else []
    entries += [(0x6FFFFFFC, _BASE + own_at), (0x6FFFFFFD, len(provides) + 1)] if own else []
    entries += [(5, _BASE + start), (10, len(strings.data)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    inside = interpreter.encode() + b"\0"
    at, after = own_at + len(own), own_at + len(own) + len(dynamic)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0
    )  # fmt: skip
    programs = [
        (1, 0, _BASE, after + len(inside)),
        (2, at, _BASE + at, len(dynamic)),
        (3 if interpreter else 4, after, 0, len(inside)),
    ]
    table = b"".join(struct.pack("<IIQQQQQQ", kind, 4, o, a, a, n, n, 8) for kind, o, a, n in programs)
    return header + table + strings.data + needs + own + dynamic + inside


def _needs(versions: Mapping[str, Sequence[str]], strings: _Strings) -> tuple[bytes, int]:
    data = b""
    for number, (file, names) in enumerate(versions.items(), 1):
        following = 0 if number == len(versions) else 16 + 16 * len(names)
        data += struct.pack("<HHIII", 1, len(names), strings.at(file), 16, following)
        for at, name in enumerate(names, 1):
            flags = 2 if name.startswith("?") else 0
            step = 0 if at == len(names) else 16
            data += struct.pack("<IHHII", 0, flags, 2, strings.at(name.removeprefix("?")), step)
    return data, len(versions)


def _own(provides: Sequence[str], strings: _Strings) -> bytes:
    """The file's own name stands first, as linkers write it."""
    if not provides:
        return b""
    data = b""
    for number, name in enumerate(("itself", *provides)):
        following = 0 if number == len(provides) else 28
        data += struct.pack("<HHHHIII", 1, 0 if number else 1, number + 1, 1, 0, 20, following)
        data += struct.pack("<II", strings.at(name), 0)
    return data
