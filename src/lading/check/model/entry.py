"""One path of a stage: what is there, and who made it so."""

from functools import lru_cache
from typing import Literal, Protocol

import msgspec

from lading.elf import read_elf
from lading.finding import Place

Presence = Literal["present", "absent", "unknown"]
Kind = Literal["file", "folder", "link"]
Libc = Literal["glibc", "musl", "static"]
Act = Literal["base", "context", "add", "copy", "run", "workdir", "other"]

LARGEST = 1 << 20
"""Bytes of a file that are read at most, to look at its text."""


LARGEST_PROGRAM = 64 << 20
"""Bytes of a program that are read at most, to tell what it is linked with."""


class Origin(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Who made a path what it is: an instruction, the base that a FROM names, or the context.

    `text` is the base's name, or the instruction in one line as it was written. `stage` is the index of the stage. What
    was copied out of a stage says in `earlier` who made it there.
    """

    act: Act
    place: Place
    text: str
    stage: int
    earlier: "Origin | None" = None

    @property
    def sturdy(self) -> bool:
        """Whether no command that nobody knows would remove it: a base's files, and working folders."""
        return self.act in ("base", "workdir")


class Content(Protocol):
    """A file's bytes, read when somebody asks."""

    def __hash__(self) -> int: ...

    @property
    def size(self) -> int:
        """In bytes."""

    def read(self) -> bytes | None:
        """All of it; nothing where it has more than `LARGEST` bytes or cannot be read."""

    def head(self, count: int) -> bytes:
        """At most so many bytes from the start; none where it cannot be read."""


class Bytes(msgspec.Struct, frozen=True):
    """A content that is at hand."""

    data: bytes

    @property
    def size(self) -> int:
        """See `Content.size`."""
        return len(self.data)

    def read(self) -> bytes | None:
        """See `Content.read`."""
        return self.data if len(self.data) <= LARGEST else None

    def head(self, count: int) -> bytes:
        """See `Content.head`."""
        return self.data[:count]


class Owner(msgspec.Struct, frozen=True):
    """Numbers of a user and a group; none where it is not known."""

    uid: int | None
    gid: int | None


ROOT = Owner(0, 0)


class Binary(msgspec.Struct, frozen=True, kw_only=True):
    """A program or library of machine code. `libc` is none where it is not known; `needs` are file names of libraries
    (`libpq.so.5`), none where that is not known."""

    libc: Libc | None = None
    machine: str = ""
    interpreter: str = ""
    needs: tuple[str, ...] | None = None


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A text with `#!` in its first line: the words behind it. An interpreter of `/usr/bin/env` is kept as such."""

    words: tuple[str, ...]

    @property
    def interpreter(self) -> str:
        """The path that the kernel starts; a carriage return at its end belongs to it (execve(2))."""
        return self.words[0]


Nature = Binary | Script


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is at a path that is present. A field of none is not known. `mode` has the permission bits (up to 0o7777),
    `target` is what a link says. `moded` and `owned` set mode and owner where that was not the origin."""

    kind: Kind | None
    origin: Origin
    mode: int | None = None
    owner: Owner | None = None
    moded: Origin | None = None
    owned: Origin | None = None
    target: str = ""
    content: Content | None = None
    nature: Nature | None = None

    @property
    def program(self) -> Nature | None:
        """What it is for who would start it: as somebody has said, else as its content says, else not known."""
        if self.nature is not None or self.content is None:
            return self.nature
        return nature_of(self.content)

    @property
    def text(self) -> str | None:
        """A file's text; nothing where it is not known or not UTF-8."""
        data = self.content.read() if self.content is not None else None
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError:
            return None


@lru_cache(maxsize=64)
def nature_of(content: Content) -> Nature | None:
    """What a file is by its first bytes (execve(2), elf(5)); nothing for one that the kernel does not start."""
    head = content.head(256)
    if head.startswith(b"#!"):
        line = head[2:].partition(b"\n")[0].decode(errors="replace").strip(" \t")
        words = line.split(None, 1) if "\r" not in line else line.split(" ", 1)
        return Script(words=tuple(words)) if words else None
    if not head.startswith(b"\x7fELF"):
        return None
    found = read_elf(content.head(LARGEST_PROGRAM))
    if found is None:
        return Binary()
    return Binary(
        libc=libc_of(found.interpreter, found.needed), machine=found.machine, interpreter=found.interpreter,
        needs=found.needed,
    )  # fmt: skip


def libc_of(interpreter: str, needed: tuple[str, ...]) -> Libc | None:
    """The C library that a program or library is linked with: musl's loader is `/lib/ld-musl-ARCH.so.1`
    (https://wiki.musl-libc.org/guidelines-for-distributions), glibc's `ld-linux-ARCH.so.2` (ld.so(8))."""
    names = (interpreter.rpartition("/")[2], *needed)
    if any(name.startswith(("ld-musl-", "libc.musl-")) for name in names):
        return "musl"
    if any(name.startswith("ld-linux") or name == "libc.so.6" for name in names):
        return "glibc"
    return None if interpreter or needed else "static"
