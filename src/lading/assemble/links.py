"""Whether what is installed finds the libraries that it is linked with: each must be in the base or among the packages.

Wheels bring their own libraries, but for those that every system was thought to have (PEP 600), and what was compiled
here brings none. A library that is missing shows when the service first needs it, which may be late.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from lading.assemble.go.steps import BinariesStep
from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.python.libraries import Passing, is_library
from lading.assemble.result import Unmet
from lading.assemble.steps import BaseStep
from lading.digest import CHUNK

LIBC = frozenset({
    "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0",
    "libresolv.so.2", "librt.so.1", "libutil.so.1",
})  # fmt: skip
"""What glibc itself consists of; every base has it."""


class Linked(NamedTuple):
    """An installed package or a program: the libraries that its files are linked with, and the names of those files."""

    name: str
    needs: tuple[str, ...]
    brings: frozenset[str]


Installing = DependenciesStep | BinariesStep
"""A step that makes what may be linked with libraries."""


def linked(step: Installing) -> Iterator[Linked]:
    """The packages that were packed before, and those that were built from their sources; or programs."""
    if isinstance(step, BinariesStep):
        yield from (Linked(name, needs, frozenset()) for name, needs in step.linked())
    else:
        yield from _packages(step)


def _packages(dependencies: DependenciesStep) -> Iterator[Linked]:
    for name, segment in dependencies.known():
        yield Linked(name, segment.needs, file_names(segment.entries))
    for wheel in dependencies.built():
        yield linked_wheel(wheel.name, Path(unquote(urlsplit(wheel.url).path)))


def linked_wheel(name: str, path: Path) -> Linked:
    """What is in a wheel on this machine."""
    needs: set[str] = set()
    with ZipFile(path) as archive:
        names = archive.namelist()
        for one in filter(is_library, names):
            with archive.open(one) as file:
                library = Passing(iter(lambda: file.read(CHUNK), b""))
                for _ in library:
                    pass
                needs.update(library.needed)
    return Linked(name, tuple(sorted(needs)), file_names(names))


def needs_of(installed: Iterable[Linked]) -> Mapping[str, tuple[str, ...]]:
    """The libraries that packages need and do not bring themselves, with the names of those packages."""
    needs: dict[str, list[str]] = {}
    brought: set[str] = set(LIBC)
    for one in installed:
        brought |= one.brings
        for library in one.needs:
            needs.setdefault(library, []).append(one.name)
    return {library: tuple(names) for library, names in sorted(needs.items()) if library not in brought}


def unmet(base: BaseStep, step: Installing) -> tuple[Unmet, ...]:
    """What is needed and not there, by library."""
    needs = needs_of(linked(step))
    there = file_names(base.entries()) if needs else frozenset()
    return tuple(Unmet(library=library, needed_by=names) for library, names in needs.items() if library not in there)


def file_names(paths: Iterable[str]) -> frozenset[str]:
    """The names of the libraries among some paths."""
    return frozenset(name for path in paths if ".so" in (name := path.rpartition("/")[2]))
