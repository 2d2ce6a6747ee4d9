"""Whether every ELF file of an image finds what it is linked with, as ld.so(8) looks for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.segments import InterpSegment
from tests.engine.rootfs import Rootfs

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
MACHINES = {"amd64": "EM_X86_64", "arm64": "EM_AARCH64"}


@dataclass(frozen=True, kw_only=True)
class Elf:
    """What one ELF file says of itself; `versions` are those that it needs, by library."""

    machine: str
    interpreter: str = ""
    needed: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    defines: frozenset[str] = frozenset()


class Closure:
    """The ELF files of an image for one architecture."""

    def __init__(self, root: Rootfs, architecture: str) -> None:
        self.root = root
        self._machine = MACHINES[architecture]
        triplet = TRIPLETS[architecture]
        # What Debian's ld.so searches by itself: there is no cache in the image.
        self._default = (f"/lib/{triplet}", f"/usr/lib/{triplet}", "/lib", "/usr/lib")

    @cached_property
    def files(self) -> Mapping[str, Elf]:
        """Every ELF file, by path."""
        return {path: read(self.root, path) for path in self.root.files if _is_elf(self.root, path)}

    def problems(self) -> Iterator[str]:
        """Everything that would not load, in words."""
        for path, elf in self.files.items():
            if elf.machine != self._machine:
                yield f"{path} is for {elf.machine}"
            if elf.interpreter and not self.root.exists(elf.interpreter):
                yield f"{path} needs the loader {elf.interpreter}"
            for name in elf.needed:
                yield from self._library(path, elf, name)

    def _library(self, path: str, elf: Elf, name: str) -> Iterator[str]:
        found = self._find(path, elf, name)
        if found is None:
            yield f"{path} needs {name}"
            return
        lacking = elf.versions.get(name, frozenset()) - self.files[found].defines
        for version in sorted(lacking):
            yield f"{path} needs {version} of {name}"

    def _find(self, path: str, elf: Elf, name: str) -> str | None:
        origin = str(PurePosixPath(path).parent)
        own = (one.replace("$ORIGIN", origin).replace("${ORIGIN}", origin) for one in elf.paths)
        for folder in (*own, *self._default):
            real = self.root.real(f"{folder}/{name}")
            if real in self.files:
                return real
        return None


def read(root: Rootfs, path: str) -> Elf:
    """Read one ELF file."""
    with root.at(path).open("rb") as file:
        elf = ELFFile(file)
        interpreter = next((one.get_interp_name() for one in elf.iter_segments() if isinstance(one, InterpSegment)), "")
        dynamic = elf.get_section_by_name(".dynamic")
        tags = list(dynamic.iter_tags()) if isinstance(dynamic, DynamicSection) else []
        texts = [(tag.entry.d_tag, vars(tag)) for tag in tags]
        runpath = [str(text["runpath"]) for kind, text in texts if kind == "DT_RUNPATH"]
        rpath = [str(text["rpath"]) for kind, text in texts if kind == "DT_RPATH"]
        return Elf(
            machine=elf["e_machine"],
            interpreter=interpreter,
            needed=tuple(str(text["needed"]) for kind, text in texts if kind == "DT_NEEDED"),
            paths=tuple(folder for paths in runpath or rpath for folder in paths.split(":")),
            versions=_wanted(elf.get_section_by_name(".gnu.version_r")),
            defines=_given(elf.get_section_by_name(".gnu.version_d")),
        )


def _wanted(section: object) -> Mapping[str, frozenset[str]]:
    if not isinstance(section, GNUVerNeedSection):
        return {}
    return {str(need.name): frozenset(one.name for one in versions) for need, versions in section.iter_versions()}


def _given(section: object) -> frozenset[str]:
    if not isinstance(section, GNUVerDefSection):
        return frozenset()
    return frozenset(next(names).name for _, names in section.iter_versions())


def _is_elf(root: Rootfs, path: str) -> bool:
    with root.at(path).open("rb") as file:
        return file.read(4) == b"\x7fELF"
