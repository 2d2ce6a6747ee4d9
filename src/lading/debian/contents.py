"""Which package has a library: a `Contents` file of an archive, read once as it streams by. Pure.

https://wiki.debian.org/DebianRepository/Format#A.22Contents.22_indices: a line for each file, with its path and behind
the last blank the packages that have it, each as `section/name`, separated by commas.
"""

from collections.abc import Iterator

from lading.archive import Readable
from lading.debian.control import NAME
from lading.errors import VerificationFailed

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
"""What Debian calls the folder of an architecture's libraries (https://wiki.debian.org/Multiarch/Tuples)."""
_PIECE = 1 << 20
_LONGEST = 1 << 20
"""Bytes of a line. Debian 13's longest has 8,000."""


def read_libraries(text: Readable, architecture: str, *, where: str) -> dict[str, tuple[str, ...]]:
    """The packages that have each shared library where the loader looks for it, by file name (`libpq.so.5`), sorted.

    `VerificationFailed` for a line longer than any.
    """
    folders = (f"usr/lib/{TRIPLETS.get(architecture, '')}/".encode(), b"usr/lib/", b"lib/")
    found: dict[str, set[str]] = {}
    for line in _lines(text, where):
        path, _, packages = line.rpartition(b" ")
        folder, slash, name = path.rstrip().rpartition(b"/")
        if b".so." in name and folder + slash in folders:
            names = {one.rpartition(b"/")[2].decode("ascii", "replace") for one in packages.split(b",")}
            found.setdefault(name.decode("ascii", "replace"), set()).update(filter(NAME.match, names))
    return {name: tuple(sorted(packages)) for name, packages in sorted(found.items())}


def _lines(text: Readable, where: str) -> Iterator[bytes]:
    rest = b""
    while piece := text.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST:
            raise VerificationFailed(f"a line is longer than {_LONGEST} bytes", where=where)
        yield from whole
    if rest:
        yield rest
