"""What matters of one file, kept while its bytes go by: what it is linked with, its first line, its bytecode's header.

Nothing is held but small files that say something of the whole image (`/etc/passwd`), a module while it passes, and a
program or library, which only shows what it needs once all of it is there: up to 4 MiB in memory, else in a file
without a name.
"""

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from lading.archive import TarEntry
from lading.elf import HEAD, Elf, machine_of, read_elf
from lading.prove.audit.bytecode_hash import Bytecode, hashes_of, read_header
from lading.prove.audit.scanner import Scanner

IN_MEMORY = 4 << 20
LARGEST_ELF = 2 << 30
"""Bytes of a program or library that is looked into; of a larger one only the machine is known."""
LARGEST_SOURCE = 8 << 20
"""Bytes of a Python module, as the embedded engine has it: a larger one is data in disguise."""
LARGEST_TEXT = 1 << 20
"""Bytes of a file that is kept whole."""
LONGEST_FIRST_LINE = 256
"""Bytes of a script that Linux looks at (execve(2), "Interpreter scripts")."""

_KEPT = frozenset({
    "etc/passwd", "etc/group", "etc/shadow", "etc/ld.so.conf", "etc/ld.so.cache", "etc/ld-musl-x86_64.path",
    "etc/ld-musl-aarch64.path",
})  # fmt: skip


class Seen(NamedTuple):
    """What is known of a file's content. `machine` is what an ELF file is for, `elf` what is in it where it could be
    read; `script` is the first line behind `#!`; `bytecode` and `hashes` are of Python modules; `text` of small files
    that say something of the whole image."""

    machine: str = ""
    elf: Elf | None = None
    script: str | None = None
    bytecode: Bytecode | None = None
    hashes: tuple[bytes, ...] = ()
    text: bytes | None = None

    @property
    def weight(self) -> int:
        """Bytes of text that are kept of it."""
        own = len(self.text or b"") + len(self.script or "")
        if self.elf is None:
            return own
        versions = (name for wanted in self.elf.versions for name in wanted.names)
        return own + sum(
            map(len, (*self.elf.needed, *self.elf.runpath, *self.elf.rpath, *self.elf.provides, *versions))
        )


NOTHING = Seen()


def keeps(path: str) -> bool:
    """Whether a file is kept whole: it says something of the whole image."""
    return path in _KEPT or path.startswith("etc/ld.so.conf.d/")


class Watch:
    """One file on its way. Going through it gives the same chunks; `seen` tells what it was, once all have passed."""

    def __init__(self, entry: TarEntry, scanner: Scanner, folder: Path | None = None) -> None:
        self._entry = entry
        self._scanner = scanner
        self._folder = folder
        self.seen = NOTHING

    def __iter__(self) -> Iterator[bytes]:
        chunks = self._scanned(self._entry.chunks())
        first = next(chunks, b"")
        if not first:
            return
        if first.startswith(b"\x7fELF"):
            yield from self._program(first, chunks)
            return
        script = first_line(first) if first.startswith(b"#!") else None
        if self._is_held():
            held = b"".join((first, *chunks))
            self.seen = self._held(held, script)
            yield held
            return
        bytecode = read_header(first) if self._entry.path.endswith(".pyc") else None
        if script is not None or bytecode:
            self.seen = Seen(script=script, bytecode=bytecode)
        yield first
        yield from chunks

    def _scanned(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._scanner.feed(chunk)
            yield chunk

    def _is_held(self) -> bool:
        path, size = self._entry.path, self._entry.size
        return size <= LARGEST_SOURCE if path.endswith(".py") else size <= LARGEST_TEXT and keeps(path)

    def _held(self, data: bytes, script: str | None) -> Seen:
        if self._entry.path.endswith(".py"):
            return Seen(script=script, hashes=hashes_of(data))
        return Seen(script=script, text=data)

    def _program(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        machine = machine_of(first[:HEAD])
        if self._entry.size <= IN_MEMORY:
            data = b"".join((first, *chunks))
            self.seen = Seen(machine=machine, elf=read_elf(data))
            yield data
        elif self._entry.size <= LARGEST_ELF:
            yield from self._spilled(machine, first, chunks)
        else:
            self.seen = Seen(machine=machine)
            yield first
            yield from chunks

    def _spilled(self, machine: str, first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        with TemporaryFile(dir=self._folder) as file:
            file.write(first)
            yield first
            for chunk in chunks:
                file.write(chunk)
                yield chunk
            file.flush()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as data:
                self.seen = Seen(machine=machine, elf=read_elf(data))


def first_line(head: bytes) -> str:
    """What stands behind `#!`, as Linux reads it: to which a carriage return is a part of the name."""
    line = head[2:LONGEST_FIRST_LINE].partition(b"\n")[0]
    return line.decode(errors="replace").strip(" \t")
