"""Where a dynamic loader would find the libraries that a file needs, worked out without running anything.

glibc (ld.so(8)): DT_RPATH of the file where it has no DT_RUNPATH, `LD_LIBRARY_PATH`, DT_RUNPATH, the cache
`/etc/ld.so.cache`, then the folders that it was built with. `/etc/ld.so.conf` only counts for who makes the cache.

musl (https://wiki.musl-libc.org/functional-differences-from-glibc.html, ldso/dynlink.c): `LD_LIBRARY_PATH`, DT_RPATH
and DT_RUNPATH alike, `/etc/ld-musl-ARCH.path`, else three folders; the parts of libc are all itself.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from lading.elf import Elf
from lading.prove.audit.inside import Inside

Libc = Literal["glibc", "musl"]

TRIPLETS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "386": "i386", "arm": "arm", "s390x": "s390x", "ppc64le": "ppc64",
            "riscv64": "riscv"}  # fmt: skip
"""The kernel's word for what an image's configuration calls an architecture."""
MUSL_ITSELF = re.compile(r"lib(?:c|pthread|rt|m|dl|util|xnet)\.so(?:\.[0-9]+)?\Z|libc\.musl-[a-z0-9_]+\.so\.1\Z")
_MUSL_FOLDERS = ("/lib", "/usr/local/lib", "/usr/lib")
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"
_CACHE_HEADER, _CACHE_ENTRY = 48, 24
_MOST_ENTRIES = 100_000
_TOKEN = re.compile(r"\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM))")


class Loader:
    """The loaders of one image."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self.machine = MACHINES.get(inside.config.architecture, "")

    @cached_property
    def libc(self) -> frozenset[Libc]:
        """Which C libraries' loaders are in the image."""
        found: set[Libc] = set()
        for path, file in self._inside.files.items():
            name = path.rpartition("/")[2]
            if name.startswith(("ld-linux", "ld-musl")) and file.kind != "folder" and self._inside.file(path):
                found.add("musl" if name.startswith("ld-musl") else "glibc")
        return frozenset(found)

    def find(self, path: str, elf: Elf, name: str, libc: Libc) -> str | None:
        """The real path of the library that a file would get for a name; nothing where the loader finds none.

        One for another machine is passed over, as the loader does.
        """
        if "/" in name:
            return self._usable(name)
        for folder in self._folders(path, elf, libc):
            found = self._usable(f"{folder}/{name}")
            if found:
                return found
        if libc == "glibc":
            listed = self.cache.get(name)
            found = self._usable(listed) if listed else None
            if found:
                return found
        for folder in (*self._defaults(libc), *self._handed_down):
            found = self._usable(f"{folder}/{name}")
            if found:
                return found
        return None

    @cached_property
    def _handed_down(self) -> tuple[str, ...]:
        """The folders that files name for all that is loaded for them, too (DT_RPATH without DT_RUNPATH). Who loads
        whom is not followed: all are taken for everybody's, so that nothing is said to be missing that is not."""
        found = {
            _expanded(folder, f"/{path.rpartition('/')[0]}", self.machine): None
            for path, file in self._inside.files.items()
            if file.seen.elf and not file.seen.elf.runpath
            for folder in file.seen.elf.rpath
        }
        return tuple(found)

    def anywhere(self, name: str) -> str | None:
        """The real path of a library of this name wherever it is: something may have loaded it before."""
        return next((real for path in self._by_name.get(name, ()) if (real := self._usable(path))), None)

    @cached_property
    def cache(self) -> Mapping[str, str]:
        """Names and paths in glibc's cache (`struct cache_file_new` of its elf/cache.c)."""
        file = self._inside.file("etc/ld.so.cache")
        data = file.seen.text if file else None
        start = data.find(_CACHE_MAGIC) if data else -1
        if data is None or start < 0:
            return {}
        count = int.from_bytes(data[start + 20 : start + 24], "little")
        places = (start + _CACHE_HEADER + number * _CACHE_ENTRY for number in range(min(count, _MOST_ENTRIES)))
        entries = (data[place : place + _CACHE_ENTRY] for place in places)
        found: dict[str, str] = {}
        for entry in entries:
            key, value = (int.from_bytes(entry[at : at + 4], "little") for at in (4, 8))
            found.setdefault(_text(data, start + key), _text(data, start + value))
        return found

    @cached_property
    def configured(self) -> frozenset[str]:
        """The folders that `/etc/ld.so.conf` and what it includes name: they count once `ldconfig` has run."""
        texts = [
            (file.seen.text or b"").decode(errors="replace")
            for path, file in self._inside.files.items()
            if path == "etc/ld.so.conf" or path.startswith("etc/ld.so.conf.d/")
        ]
        lines = (line.partition("#")[0].strip() for text in texts for line in text.splitlines())
        return frozenset(line.rstrip("/") for line in lines if line.startswith("/"))

    def _folders(self, path: str, elf: Elf, libc: Libc) -> Iterator[str]:
        origin = f"/{path.rpartition('/')[0]}"
        library_path = [one for one in re.split("[:;]", self._inside.env.get("LD_LIBRARY_PATH", "")) if one]
        if libc == "musl":
            yield from library_path
            yield from (_expanded(folder, origin, self.machine) for folder in (*elf.runpath, *elf.rpath))
            return
        if not elf.runpath:
            yield from (_expanded(folder, origin, self.machine) for folder in elf.rpath)
        yield from library_path
        yield from (_expanded(folder, origin, self.machine) for folder in elf.runpath)

    def _defaults(self, libc: Libc) -> tuple[str, ...]:
        if libc == "musl":
            said = self._inside.file(f"etc/ld-musl-{self.machine}.path")
            text = (said.seen.text or b"").decode(errors="replace") if said else ""
            return tuple(re.split(r"[:\n]", text.strip())) if text.strip() else _MUSL_FOLDERS
        triplet = TRIPLETS.get(self.machine)
        debian = (f"/lib/{triplet}", f"/usr/lib/{triplet}") if triplet else ()
        return (*debian, "/lib", "/usr/lib", *(("/lib64", "/usr/lib64") if self._has_lib64 else ()))

    @cached_property
    def _has_lib64(self) -> bool:
        """Whether libc is there: Debian's loader does not look into /lib64, Fedora's does not look anywhere else."""
        return any(self._inside.file(f"{folder}/libc.so.6") for folder in ("/lib64", "/usr/lib64"))

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Files that are or could be libraries, by file name and by the name that they give themselves."""
        found: dict[str, list[str]] = {}
        for path, file in self._inside.files.items():
            name = path.rpartition("/")[2]
            if file.kind != "folder" and ".so" in name:
                found.setdefault(name, []).append(path)
            if file.seen.elf and file.seen.elf.soname not in ("", name):
                found.setdefault(file.seen.elf.soname, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def _usable(self, path: str) -> str | None:
        file = self._inside.file(path)
        if file is None or not file.seen.machine or (self.machine and file.seen.machine != self.machine):
            return None
        return self._inside.real(path)


def _expanded(folder: str, origin: str, machine: str) -> str:
    """A folder with what `$ORIGIN` and `$LIB` stand for (ld.so(8), "Dynamic string tokens")."""
    values = {"ORIGIN": origin, "LIB": f"lib/{TRIPLETS.get(machine, '')}", "PLATFORM": machine}
    return posixpath.join("/", _TOKEN.sub(lambda match: values[match[1] or match[2]], folder))


def _text(data: bytes, place: int) -> str:
    return data[place : place + 4096].partition(b"\0")[0].decode(errors="replace")
