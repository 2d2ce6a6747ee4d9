"""A wheel read from its file, without being installed anywhere: a `Distribution` over a zip archive.

It lays out what uv lays out (https://packaging.python.org/specifications/binary-distribution-format/), without notes
about the installation (https://docs.astral.sh/uv/reference/environment/#uv_no_installer_metadata), and takes on plain
wheels only: `Unusual` is raised for all that is not, and uv takes those. A test holds both ways against each other.
"""

import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from lading.archive import Compression, inflate, inflate_whole
from lading.assemble.python.distribution import Row, hashed_row, parse_record
from lading.digest import CHUNK
from lading.errors import VerificationFailed

LARGEST_NOTE = 32 << 20
"""Bytes of a metadata file that is read whole. RECORD has some 100 bytes a file; the largest wheels have 50,000."""

SMALL = 1 << 18
"""Bytes. Files up to this size, nearly all of them, are unpacked at one go: with many threads at work, each call that
lets others run takes longer than the unpacking."""

IN_MEMORY = 4 << 20
"""Bytes of a wheel that is read into memory. Few are larger, and no more are open than there are threads that pack."""

_LOCAL_HEADER = 30
_ENTRY = re.compile(r"([A-Za-z0-9._-]+)\s*=\s*([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)\s*(?:\[[^\]]*\])?\Z", re.ASCII)
_SECTION = re.compile(r"\[([^\[\]]+)\]\Z")

_SCRIPT = """\
#!python
# -*- coding: utf-8 -*-
import sys
from {module} import {name}
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit({function}())
"""
"""A console script as uv writes it, for an interpreter to be put in."""


class Unusual(Exception):  # says what the wheel is, to whoever hands it to uv instead
    """A wheel that is not read here."""


def opened(path: Path) -> BinaryIO:
    """A wheel's file; a small one is in memory, since it is read in thousands of places."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= IN_MEMORY:
            return io.BytesIO(file.read(IN_MEMORY))
    return path.open("rb")


class WheelArchive:
    """One wheel; `file` must stay open. `name` and `version` are those that the lock gives it.

    Raises `Unusual` for what uv must look at: headers, graphical scripts, links, names that are none, another name or
    version than the lock's, damage.
    """

    def __init__(self, file: BinaryIO, *, name: str, version: str) -> None:
        self._file = file
        packed = _entries(file)
        self._info = _info_folder(packed, name, version)
        data = self._info.removesuffix(".dist-info") + ".data"
        self._entries = {_placed(path, data): entry for path, entry in packed.items()}
        if len(self._entries) < len(packed):
            raise Unusual("two of its files have the same place")
        self._data = data
        self.name = self._info.removesuffix(".dist-info").partition("-")[0]
        self.record = f"{self._info}/RECORD"
        self._check_kind()
        self._scripts = dict(self._console_scripts())
        self._rows = sorted(self._find_rows())

    def rows(self) -> list[Row]:
        """See `Distribution.rows`."""
        return self._rows

    def members(self) -> Iterator["Packed | Written"]:
        """See `Distribution.members`."""
        for row in self._rows:
            if row.path in self._scripts:
                yield Written(row.path, self._scripts[row.path])
            else:
                yield Packed(self._file, self._entries[row.path], row.path)

    def _find_rows(self) -> Iterator[Row]:
        yield from (hashed_row(path, data) for path, data in self._scripts.items())
        seen = set(self._scripts)
        for row in parse_record(self._text("RECORD")):
            path = _placed(row.path, self._data)
            if "__pycache__/" in path or path in self._scripts:
                continue  # made here
            if path not in self._entries or path in seen:
                raise Unusual(f"its RECORD names {row.path!r}, which is not there, or twice")
            seen.add(path)
            yield row._replace(path=path)
        if self.record not in seen:
            yield Row(self.record, "", "")

    def _check_kind(self) -> None:
        version = re.search(r"^Wheel-Version:\s*(\d+)\.", self._text("WHEEL"), re.MULTILINE)
        if version is None or version[1] != "1":
            raise Unusual("it is of another version of the format")
        if f"{self._info}/METADATA" not in self._entries:
            raise Unusual("it has no METADATA")

    def _console_scripts(self) -> Iterator[tuple[str, bytes]]:
        if f"{self._info}/entry_points.txt" not in self._entries:
            return
        section = ""
        for line in self._text("entry_points.txt").splitlines():
            if not line.strip() or line.startswith(("#", ";")):
                continue
            head = _SECTION.match(line.strip())
            if head:
                section = head[1].strip()
            elif section == "gui_scripts":
                raise Unusual("it has graphical scripts")
            elif section == "console_scripts":
                yield _script(line)

    def _text(self, name: str) -> str:
        entry = self._entries.get(f"{self._info}/{name}")
        if entry is None or entry.file_size > LARGEST_NOTE:
            raise Unusual(f"its {name} is missing, or larger than any")
        try:
            return b"".join(Packed(self._file, entry, name).chunks()).decode()
        except (UnicodeDecodeError, VerificationFailed) as error:
            raise Unusual(f"its {name} cannot be read: {error}") from error


class Written:
    """A `Member` that is made here: a script."""

    executable = True

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.size = len(data)
        self._data = data

    def chunks(self) -> Iterator[bytes]:
        """See `Member.chunks`."""
        yield self._data


class Packed:
    """A `Member` inside the archive.

    Read without `zipfile`, which takes twice as long for many small files; sizes and checksum are held to what the
    archive's directory says.
    """

    def __init__(self, file: BinaryIO, entry: zipfile.ZipInfo, path: str) -> None:
        self._file = file
        self._entry = entry
        self.path = path
        self.size = entry.file_size
        self.executable = bool(entry.external_attr >> 16 & 0o111)

    def chunks(self) -> Iterator[bytes]:
        """See `Member.chunks`. Another file of the archive must not be read meanwhile."""
        entry = self._entry
        self._file.seek(entry.header_offset)
        header = self._file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or header[:4] != b"PK\3\4":
            raise self._damaged()
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        self._file.seek(names, 1)
        checksum = size = 0
        for chunk in self._inflated():
            checksum = zlib.crc32(chunk, checksum)
            size += len(chunk)
            yield chunk
        if size != self.size or checksum != entry.CRC:
            raise self._damaged()

    def _inflated(self) -> Iterator[bytes]:
        packed = self._entry.compress_size
        if self._entry.compress_type == zipfile.ZIP_DEFLATED and max(packed, self.size) <= SMALL:
            yield inflate_whole(self._file.read(packed), self.size, where=self.path)
            return
        kind: Compression = "deflate" if self._entry.compress_type == zipfile.ZIP_DEFLATED else "plain"
        stream = inflate(_Slice(self._file, packed), kind, where=self.path, limit=self.size)
        while chunk := stream.read(CHUNK):
            yield chunk

    def _damaged(self) -> VerificationFailed:
        return VerificationFailed("the wheel is damaged", where=self.path, fix="make the lock anew: uv lock")


class _Slice:
    """The next `size` bytes of a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


def _entries(file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by name, each of them plain and below the root."""
    try:
        listed = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, UnicodeDecodeError) as error:
        raise Unusual(f"it cannot be read: {error}") from error
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in listed:
        if entry.filename.endswith("/"):
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            raise Unusual(f"{entry.filename!r} is no plain file")
        if entry.header_offset < 0:
            raise Unusual("it is damaged")
        if _unsafe(entry.filename) or entry.filename in found:
            raise Unusual(f"{entry.filename!r} is no name, or is there twice")
        found[entry.filename] = entry
    return found


_PLACES = {"purelib": "", "platlib": "", "scripts": "../../../bin/", "data": "../../../"}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _unsafe(name: str) -> bool:
    return not name.isprintable() or "\\" in name or any(part in ("", ".", "..") for part in name.split("/"))


def _info_folder(entries: Mapping[str, zipfile.ZipInfo], name: str, version: str) -> str:
    """The wheel's metadata folder, which must be the one of that name and version."""
    from packaging.utils import canonicalize_name

    tops = {path.partition("/")[0] for path in entries}
    infos = [top for top in tops if top.endswith(".dist-info")]
    if len(infos) != 1:
        raise Unusual("it has not one metadata folder")
    said, _, numbers = infos[0].removesuffix(".dist-info").partition("-")
    if canonicalize_name(said) != name or numbers != version:
        raise Unusual(f"it says that it is {infos[0]!r}")
    return infos[0]


def _placed(path: str, data: str) -> str:
    """Where a file belongs, relative to `site-packages`; `data` is the wheel's folder of files for other places."""
    if not path.startswith(f"{data}/"):
        return path
    _, kind, rest = path.split("/", 2) if path.count("/") > 1 else ("", "", "")
    if kind not in _PLACES:
        raise Unusual(f"{path!r} is of another kind than {', '.join(_PLACES)}")
    return _PLACES[kind] + rest


def _script(line: str) -> tuple[str, bytes]:
    """The path in RECORD and the text of a console script."""
    entry = _ENTRY.match(line.strip())
    if entry is None or entry[1] in (".", "..") or line[0].isspace() or entry[1].startswith("python"):
        raise Unusual(f"its script {line[:80]!r} is not a plain one")
    text = _SCRIPT.format(module=entry[2], name=entry[3].partition(".")[0], function=entry[3])
    return f"../../../bin/{entry[1]}", text.encode()
