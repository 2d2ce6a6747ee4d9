"""One .deb, read as a stream: what it says of itself, and its files in the archive's order.

Format: deb(5). An `ar` archive of `debian-binary`, `control.tar` and `data.tar`. It comes from outside, and is refused
by name when it is unsafe or damaged (`lading.archive.tarread` has the rules).
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from lading.archive import Compression, Inflated, TarEntry, TarLimits, inflate, read_tar
from lading.debian.control import read_stanza
from lading.digest import CHUNK
from lading.errors import VerificationFailed

DATA_LIMITS = TarLimits(entries=300_000, entry=8 << 30, total=16 << 30)
"""Twice what the largest package of Debian 13 holds, 7 GB (a kernel's debug symbols). The paths of so many entries take
some 50 MB of memory."""

CONTROL_LIMITS = TarLimits(entries=64, entry=32 << 20, total=48 << 20)
"""The control archive is read into memory: checksums of 100,000 files take 10 MB, maintainer scripts some kilobytes."""

LARGEST_CONTROL = 64 << 20
"""Bytes of the control archive, unpacked, with its headers."""

_TAR_OVERHEAD = DATA_LIMITS.entries * 4096
_AR_HEADER = 60
_COMPRESSIONS: Mapping[str, Compression] = {"": "plain", ".gz": "gzip", ".xz": "xz", ".zst": "zstd"}

DebEntry = TarEntry
"""See `TarEntry`: path, kind, mode, size, target and `chunks()`."""


class Deb:
    """An opened package.

    `control` maps the control file's fields to their values, in its order; `md5sums` paths (relative) to 32 hexadecimal
    digits; `conffiles` lists paths (relative) of files that an administrator may change. Nothing is lost by writing
    `field: value` again.
    """

    def __init__(
        self,
        control: Mapping[str, str],
        md5sums: Mapping[str, str],
        conffiles: tuple[str, ...],
        data: Inflated,
        where: str,
    ) -> None:
        self.control = control
        self.md5sums = md5sums
        self.conffiles = conffiles
        self._data = data
        self._where = where

    def entries(self) -> Iterator[DebEntry]:
        """The package's files, links and folders in the archive's order, once. `VerificationFailed` for what is unsafe
        or damaged; the file that the package was opened from must still be open."""
        return read_tar(self._data, where=self._where, limits=DATA_LIMITS)

    def write_data(self, file: BinaryIO) -> None:
        """Write the archive of its files to `file`, unpacked but for that: `open_deb` takes it as `plain`. Instead of
        `entries`, not before or after it."""
        while chunk := self._data.read(CHUNK):
            file.write(chunk)


def open_deb(file: BinaryIO, *, where: str, plain: BinaryIO | None = None) -> Deb:
    """Read a package's control data, and stand ready to stream its files. `where` names it in errors.

    `file` is read from where it stands, forwards only; `plain` is what `Deb.write_data` made of the same package, which
    is then not unpacked again. Raises `VerificationFailed` for what is not a sound package.
    """
    members = _Members(file, where)
    if members.next("debian-binary").read(16) != b"2.0\n":
        raise _damaged("it is of an unknown version of the format", where)
    control_member = members.next("control.tar")
    control = inflate(control_member, members.compression, where=where, limit=LARGEST_CONTROL)
    texts = _control_files(control, where)
    if "control" not in texts:
        raise _damaged("it has no control file", where)
    data_member = members.next("data.tar")
    data = inflate(
        plain or data_member,
        "plain" if plain else members.compression,
        where=where,
        limit=DATA_LIMITS.total + _TAR_OVERHEAD,
    )
    return Deb(
        control=read_stanza(texts["control"], where=where),
        md5sums=dict(_md5sums(texts.get("md5sums", ""), where)),
        conffiles=tuple(_conffiles(texts.get("conffiles", ""))),
        data=data,
        where=where,
    )


class _Members:
    """The members of an `ar` archive, one after the other."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file = file
        self._where = where
        self._open: _Member | None = None
        self.compression: Compression = "plain"
        if file.read(8) != b"!<arch>\n":
            raise _damaged("this is not a Debian package", where)

    def next(self, wanted: str) -> "_Member":
        """The next member, which must be `wanted`, perhaps compressed; members named `_…` are passed over (deb(5))."""
        while True:
            if self._open:
                self._open.skip()
            header = self._file.read(_AR_HEADER)
            if len(header) != _AR_HEADER or not header.endswith(b"`\n") or not header[48:58].strip().isdigit():
                raise _damaged(f"it is cut off, or damaged, before {wanted}", self._where)
            name = header[:16].decode("latin-1").rstrip(" ").removesuffix("/")
            self._open = _Member(self._file, int(header[48:58]), self._where)
            if name.startswith("_"):
                continue
            suffix = name.removeprefix(wanted)
            compression = _COMPRESSIONS.get(suffix)
            if not name.startswith(wanted) or compression is None or (suffix and not wanted.endswith(".tar")):
                raise _damaged(f"it has {name!r} in the place of {wanted}", self._where)
            self.compression = compression
            return self._open


class _Member:
    """One member's bytes; its end must come where its header says."""

    def __init__(self, file: BinaryIO, size: int, where: str) -> None:
        self._file = file
        self._left = size
        self._padding = size % 2
        self._where = where

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        if not data and self._left and size:
            raise _damaged("it is cut off", self._where)
        self._left -= len(data)
        return data

    def skip(self) -> None:
        while self.read(1 << 16):
            pass
        self._file.read(self._padding)
        self._padding = 0


def _control_files(data: Inflated, where: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for entry in read_tar(data, where=f"{where}: control", limits=CONTROL_LIMITS):
        if entry.path in ("control", "md5sums", "conffiles") and entry.kind == "file":
            try:
                texts[entry.path] = b"".join(entry.chunks()).decode()
            except UnicodeDecodeError:
                raise _damaged(f"its {entry.path} is not UTF-8", where) from None
    return texts


def _md5sums(text: str, where: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, text.split("\n")):
        digits, _, path = line.partition("  ")
        if len(digits) != 32 or digits.strip("0123456789abcdef") or not path:
            raise _damaged(f"its md5sums has a line that makes no sense: {line[:80]!r}", where)
        yield path, digits


def _conffiles(text: str) -> Iterator[str]:
    """Paths. A line may start with a flag (deb-conffiles(5)): the file it names is not in the package."""
    for line in text.split("\n"):
        if line.startswith("/"):
            yield line.strip("/").strip()


def _damaged(what: str, where: str) -> VerificationFailed:
    return VerificationFailed(
        f"an unsafe or damaged package: {what}",
        where=where,
        fix="do not use it; fetch it again, from another mirror if need be (LADING_DEBIAN_MIRROR)",
    )
