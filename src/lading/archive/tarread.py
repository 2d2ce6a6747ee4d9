"""A small, strict reader of tar archives: ustar with the GNU and PAX extensions that dpkg-deb and image builders write.

An archive comes from outside. Whatever could write outside of its own tree, or mean two things to two readers, is
refused, by name. Nothing is held but the paths seen so far. It takes a third of the time of `tarfile`.
"""

from collections.abc import Iterator, Mapping

import msgspec

from lading.archive.inflate import Readable
from lading.archive.tarheader import (
    BLOCK,
    Kind,
    Unsafe,
    check_sum,
    clean_path,
    decimal,
    kind_of,
    number,
    raw_name,
    records,
    seconds,
    target_of,
)
from lading.errors import VerificationFailed

PIECE = 1 << 16
"""Bytes read and given at a time."""

LONGEST_HEADER = 1 << 20
"""Bytes of one extended header. Linux allows 64 KiB for one extended attribute, and 4 KiB for a path."""


class TarLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive may hold; the unit is bytes but for `entries`.

    The defaults leave room for layers with models or data in them; a caller that knows more gives narrower ones.
    """

    entries: int = 1_000_000
    entry: int = 64 << 30
    total: int = 128 << 30
    path: int = 4096


class TarEntry:
    """One entry. `path` and the `target` of a hard link are relative to the archive's root and have no `.` or `..`.

    `mode` holds the permission bits (up to 0o7777), `size` is in bytes (0 but for files), `target` is what a symbolic
    link says, or the path of an earlier entry for a hard link. `mtime` is in whole seconds. `xattrs` maps names of
    extended attributes to values.
    """

    __slots__ = ("_reader", "gid", "kind", "mode", "mtime", "path", "size", "target", "uid", "xattrs")

    def __init__(
        self,
        *,
        path: str,
        kind: Kind,
        mode: int,
        size: int,
        target: str,
        uid: int,
        gid: int,
        mtime: int,
        xattrs: Mapping[str, bytes],
        reader: "_Reader",
    ) -> None:
        self.path = path
        self.kind = kind
        self.mode = mode
        self.size = size
        self.target = target
        self.uid = uid
        self.gid = gid
        self.mtime = mtime
        self.xattrs = xattrs
        self._reader = reader

    def __repr__(self) -> str:
        return f"TarEntry({self.kind} {self.path!r}, {self.size} bytes)"

    def chunks(self) -> Iterator[bytes]:
        """A file's bytes, once, and only until the next entry is asked for."""
        if self.kind != "file":
            return iter(())
        return self._reader.content(self)


def read_tar(stream: Readable, *, where: str, limits: TarLimits = TarLimits()) -> Iterator[TarEntry]:  # noqa: B008  # a frozen value
    """The entries of an uncompressed tar stream, in its order; the root itself (`./`) is left out.

    `where` names the archive in errors. `VerificationFailed` for absolute paths, `..`, NUL or newline in names, names
    that are not UTF-8, devices and pipes, sparse files, paths that lead through a link of the archive, hard links to
    what was not seen before, a path that comes twice, sizes beyond `limits`, and an archive that is cut off or damaged.
    """
    return _Reader(stream, where, limits).entries()


class _Reader:
    def __init__(self, stream: Readable, where: str, limits: TarLimits) -> None:
        self._stream = stream
        self._where = where
        self._limits = limits
        self._buffer = b""
        self._position = 0
        self._left = 0
        self._current: TarEntry | None = None
        self._count = 0
        self._total = 0
        self._seen: dict[str, Kind | None] = {}  # nothing for a folder that has been implied only

    def entries(self) -> Iterator[TarEntry]:
        while True:
            try:
                if self._current is not None:
                    self._skip(self._left + -self._current.size % BLOCK)
                entry = self._next()
            except Unsafe as error:
                raise self._refused(error) from None
            if entry is None:
                return
            self._left = entry.size
            self._current = entry
            yield entry

    def content(self, entry: TarEntry) -> Iterator[bytes]:
        while True:
            if self._current is not entry:
                raise RuntimeError("the content of a tar entry was asked for after the next entry")
            if not self._left:
                return
            try:
                piece = self._piece(min(self._left, PIECE))
            except Unsafe as error:
                raise self._refused(error) from None
            self._left -= len(piece)
            yield piece

    # Headers

    def _next(self) -> TarEntry | None:
        """The next entry that is not the root, or nothing at the archive's end."""
        extended: dict[str, bytes] = {}
        extensions: set[bytes] = set()
        while (header := self._header()) is not None:
            flag = header[156:157]
            if flag in b"xLK":
                if flag in extensions:  # no tar writes two, and a million of them would fill the memory
                    raise Unsafe("an extended header comes twice")
                extensions.add(flag)
                extended.update(self._extension(flag, header))
            elif flag == b"g":
                # Written by `git archive` for its comment. What would change every entry is not worth the risk.
                if self._extension(b"x", header).keys() - {"comment"}:
                    raise Unsafe("a global header changes the entries")
            else:
                entry = self._entry(flag, header, extended)
                if entry is not None:
                    self._note(entry)
                    return entry
                extended, extensions = {}, set()
        if extended:
            raise Unsafe("it ends after an extended header")
        return None

    def _header(self) -> bytes | None:
        header = self._exactly(BLOCK)
        if header.count(0) != BLOCK:
            check_sum(header)
            return header
        while piece := self._piece(PIECE, end_allowed=True):
            if piece.count(0) != len(piece):
                raise Unsafe("there is data after its end")
        return None

    def _extension(self, flag: bytes, header: bytes) -> dict[str, bytes]:
        size = number(header, 124, 12)
        if size > LONGEST_HEADER:
            raise Unsafe(f"an extended header is longer than {LONGEST_HEADER} bytes")
        data = self._exactly(size)
        self._skip(-size % BLOCK)
        if flag == b"x":
            return records(data)
        return {"path" if flag == b"L" else "linkpath": data.rstrip(b"\0")}

    def _entry(self, flag: bytes, header: bytes, extended: Mapping[str, bytes]) -> TarEntry | None:
        name = raw_name(header, extended, self._limits.path)
        if any(key.startswith("GNU.sparse.") for key in extended):
            raise Unsafe("a sparse file", name)
        kind = kind_of(flag, name)
        path = clean_path(name)
        if not path and kind != "folder":
            raise Unsafe("an entry without a name", name)
        size = self._size(kind, header, extended.get("size"), path)
        if not path:
            return None
        uid, gid, mtime = extended.get("uid"), extended.get("gid"), extended.get("mtime")
        link = extended.get("linkpath", header[157:257].split(b"\0", 1)[0])
        return TarEntry(
            path=path,
            kind=kind,
            mode=number(header, 100, 8) & 0o7777,
            size=size,
            target=target_of(kind, link, path, self._limits.path),
            uid=number(header, 108, 8) if uid is None else decimal(uid, "an owner", path),
            gid=number(header, 116, 8) if gid is None else decimal(gid, "a group", path),
            mtime=number(header, 136, 12, signed=True) if mtime is None else seconds(mtime, path),
            xattrs={key[13:]: value for key, value in extended.items() if key.startswith("SCHILY.xattr.")},
            reader=self,
        )

    def _size(self, kind: Kind, header: bytes, given: bytes | None, path: str) -> int:
        size = number(header, 124, 12) if given is None else decimal(given, "a size", path)
        if size and kind != "file":
            raise Unsafe(f"a {kind} with content", path)
        self._total += size
        self._count += 1
        if size > self._limits.entry:
            raise Unsafe(f"a file of {size} bytes (the limit is {self._limits.entry})", path)
        if self._total > self._limits.total:
            raise Unsafe(f"its files hold more than {self._limits.total} bytes", path)
        if self._count > self._limits.entries:
            raise Unsafe(f"it holds more than {self._limits.entries} entries", path)
        return size

    def _note(self, entry: TarEntry) -> None:
        """Take an entry into the tree so far, if it has a place there."""
        path, seen = entry.path, self._seen
        if path in seen and not (seen[path] is None and entry.kind == "folder"):
            raise Unsafe("a path that comes twice", path)
        if entry.kind == "hardlink" and seen.get(entry.target) not in ("file", "link", "hardlink"):
            raise Unsafe(f"a hard link to {entry.target!r}, which was not seen before", path)
        seen[path] = entry.kind
        parent = path.rpartition("/")[0]
        while parent and parent not in seen:
            seen[parent] = None
            parent = parent.rpartition("/")[0]
        if parent and seen[parent] not in ("folder", None):
            raise Unsafe(f"a path that leads through {parent!r}, which is not a folder", path)

    # Bytes

    def _exactly(self, size: int) -> bytes:
        end = self._position + size
        if end <= len(self._buffer):
            data = self._buffer[self._position : end]
            self._position = end
            return data
        parts = []
        while size:
            part = self._piece(size)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _piece(self, size: int, *, end_allowed: bool = False) -> bytes:
        if self._position >= len(self._buffer):
            self._buffer = self._stream.read(PIECE)
            self._position = 0
            if not self._buffer:
                if end_allowed:
                    return b""
                raise Unsafe("it ends early", self._current.path if self._current else "")
        data = self._buffer[self._position : self._position + size]
        self._position += len(data)
        return data

    def _skip(self, size: int) -> None:
        while size:
            ready = min(size, len(self._buffer) - self._position)
            self._position += ready
            size -= ready
            if size:
                size -= len(self._piece(size))

    def _refused(self, error: Unsafe) -> VerificationFailed:
        shown = error.name if error.name.isprintable() else repr(error.name)
        return VerificationFailed(
            f"an unsafe or damaged archive: {error.what}",
            where=f"{self._where}: {shown[:200]}" if shown else self._where,
            fix="do not use it; fetch it again from its source, or ask those who made it",
        )
