"""What the libraries in wheels are linked with, told while their bytes go by: none of them is held in memory."""

import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

_LIBRARY = re.compile(r".*\.so(?:\.[0-9.]+)?\Z")


def is_library(path: str) -> bool:
    """Whether a file is a shared library, by its name.

    >>> is_library("pkg/_x.cpython-313-x86_64-linux-gnu.so"), is_library("lib/libpq.so.5"), is_library("x.sol")
    (True, True, False)
    """
    return _LIBRARY.match(path) is not None


class Passing:
    """A library on its way to somewhere else. `needed` are the libraries that it is linked with, once all has passed.

    What an ELF file is linked with stands at its end, in words that stand at its beginning; so its bytes wait in a file
    without a name, in `folder` (or the system's own for such), until they have all gone by.
    """

    def __init__(self, chunks: Iterable[bytes], folder: Path | None = None) -> None:
        self._chunks = chunks
        self._folder = folder
        self.needed: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[bytes]:
        with TemporaryFile(dir=self._folder) as file:
            for chunk in self._chunks:
                file.write(chunk)
                yield chunk
            file.flush()
            if file.tell():
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as data:
                    self.needed = needed_by(data)


def needed_by(library: bytes | memoryview) -> tuple[str, ...]:
    """The libraries that one is linked with."""
    from lading.elf import read_elf

    found = read_elf(library)
    return found.needed if found else ()
