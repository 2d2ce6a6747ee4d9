"""A wheel becomes a segment: its files where the image's Python looks for them, and its bytecode."""

import os
import re

import msgspec

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES, Compression
from lading.assemble.python.bytecode import Compiler, PycQueue
from lading.assemble.python.distribution import Distribution, written_record
from lading.assemble.python.libraries import Passing, is_library
from lading.assemble.python.wheels import Target
from lading.assemble.segment import Segment, SegmentWriter
from lading.digest import Digest
from lading.errors import VerificationFailed
from lading.store import Store

INSTALL_VERSION = "6"
"""Part of every key that depends on how wheels are laid out here."""
LARGEST_SCRIPT = 1 << 20
"""Bytes. What is larger is no script that starts with the name of an interpreter, but a program."""

_TRAMPOLINE = re.compile(rb"#!/bin/sh\n'''exec' [^\n]*\n' '''\n")
"""How uv starts a script whose interpreter's path is too long for a kernel's `#!` line."""


class WheelPacker:
    """Turns installed wheels into segments of a virtual environment at `venv` (absolute) for one Python."""

    def __init__(
        self,
        store: Store,
        *,
        venv: str,
        target: Target,
        compression: Compression,
        mtime: int,
        compiler: Compiler | None,
        bytecode: str,
    ) -> None:
        self._store = store
        self._venv = venv.lstrip("/")
        self._target = target
        self._compression: Compression = compression
        self._mtime = mtime
        self._compiler = compiler
        self._bytecode = bytecode

    def key(self, wheel: Digest) -> Digest:
        """The key of a wheel's segment."""
        inputs = {
            "wheel": wheel,
            "venv": self._venv,
            "python": self._target.minor,
            "bytecode": self._bytecode,
            "layout": INSTALL_VERSION,
            "compression": NAMES[self._compression],
            "time": str(self._mtime),
        }
        return key_of("wheel", inputs)

    def known(self, wheel: Digest) -> Segment | None:
        """The segment of a wheel that was packed before, if it is whole."""
        found = self._store.get_action(self.key(wheel), Segment)
        return found if found and self._store.has(found.digest, found.size) else None

    def pack(self, distribution: Distribution, wheel: Digest) -> Segment:
        """Pack the files of one wheel, and its bytecode behind its modules."""
        site = f"{self._venv}/lib/python{self._target.minor}/site-packages"
        pycs = PycQueue(self._compiler)
        interpreter = f"/{self._venv}/bin/python".encode()
        rewritten: dict[str, bytes] = {}
        needs: set[str] = set()
        with SegmentWriter(self._store, self._compression, self._mtime) as writer:
            for member in distribution.members():
                target = _inside(self._venv, f"{site}/{member.path}", distribution.name)
                program = member.executable or target.startswith(f"{self._venv}/bin/")
                mode = 0o755 if program else 0o644
                if member.path == distribution.record:
                    writer.file(target, written_record(distribution.rows(), rewritten))
                elif target.startswith(f"{self._venv}/bin/") and member.size <= LARGEST_SCRIPT:
                    data = rewritten[member.path] = point_script(b"".join(member.chunks()), interpreter)
                    writer.file(target, data, mode=mode)
                elif pycs.wants(target, member.size):
                    data = b"".join(member.chunks())
                    writer.file(target, data, mode=mode)
                    pycs.add(target, data)
                elif is_library(target):
                    library = Passing(member.chunks(), self._store.temporary_folder)
                    writer.stream(target, library, size=member.size, mode=mode)
                    needs.update(library.needed)
                else:
                    writer.stream(target, member.chunks(), size=member.size, mode=mode)
                for name, data in pycs.ready():
                    writer.file(name, data)
            for name, data in pycs.rest():
                writer.file(name, data)
            segment = msgspec.structs.replace(writer.finish(), needs=tuple(sorted(needs)))
        self._store.put_action(self.key(wheel), segment)
        return segment

    def environment(self, interpreter: str) -> Segment:
        """The virtual environment itself: its marker file and the links to the image's own Python (PEP 405)."""
        key = key_of(
            "environment",
            {
                "venv": self._venv,
                "interpreter": interpreter,
                "python": self._target.minor,
                "layout": INSTALL_VERSION,
                "compression": NAMES[self._compression],
                "time": str(self._mtime),
            },
        )
        found = self._store.get_action(key, Segment)
        if found and self._store.has(found.digest, found.size):
            return found
        with SegmentWriter(self._store, self._compression, self._mtime) as writer:
            writer.link(f"{self._venv}/bin/python", interpreter)
            writer.link(f"{self._venv}/bin/python3", "python")
            writer.link(f"{self._venv}/bin/python{self._target.minor}", "python")
            writer.link(f"{self._venv}/lib64", "lib")
            marker = environment_marker(interpreter, self._target.minor)
            writer.file(f"{self._venv}/pyvenv.cfg", marker.encode())
            writer.folder(f"{self._venv}/lib/python{self._target.minor}/site-packages")
            segment = writer.finish()
        self._store.put_action(key, segment)
        return segment


def environment_marker(interpreter: str, minor: str) -> str:
    """`pyvenv.cfg` (PEP 405) as uv writes it, less what a fix of Python or another uv would change: the environment
    stays the same layer.

    >>> environment_marker("/usr/bin/python3.13", "3.13").splitlines()[0]
    'home = /usr/bin'
    """
    home = interpreter.rpartition("/")[0]
    fields = {"home": home, "implementation": "CPython", "version_info": minor, "include-system-site-packages": "false"}
    return "".join(f"{name} = {value}\n" for name, value in fields.items())


def point_script(data: bytes, interpreter: bytes) -> bytes:
    """A Python script, started with the given interpreter instead of its own; other files stay as they are."""
    trampoline = _TRAMPOLINE.match(data)
    if trampoline:
        return b"#!" + interpreter + b"\n" + data[trampoline.end() :]
    first, newline, rest = data.partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        return b"#!" + interpreter + newline + rest
    return data


def _inside(venv: str, path: str, name: str) -> str:
    """The path with its `..` resolved; `VerificationFailed` when it leaves the environment."""
    clean = os.path.normpath(path)
    if not clean.startswith(f"{venv}/"):
        raise VerificationFailed(f"the wheel of {name} names a file outside the environment", where=path)
    return clean
