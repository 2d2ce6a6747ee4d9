"""Whether what is installed finds the libraries that it is linked with: each must be in the base or among the packages.

Wheels bring their own libraries, but for those that every system was thought to have (PEP 600), and what was compiled
here brings none. A library that is missing shows when the service first needs it, which may be late.
"""

from collections.abc import Iterable, Mapping

from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.result import Unmet
from lading.assemble.steps import BaseStep

LIBC = frozenset({
    "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0",
    "libresolv.so.2", "librt.so.1", "libutil.so.1",
})  # fmt: skip
"""What glibc itself consists of; every base has it."""


def needs_of(dependencies: DependenciesStep) -> Mapping[str, tuple[str, ...]]:
    """The libraries that installed packages need and do not bring themselves, with the names of those packages. What
    was not installed yet is not known to need anything."""
    needs: dict[str, list[str]] = {}
    brought: set[str] = set(LIBC)
    for name, segment in dependencies.known():
        brought |= file_names(segment.entries)
        for library in segment.needs:
            needs.setdefault(library, []).append(name)
    return {library: tuple(names) for library, names in sorted(needs.items()) if library not in brought}


def unmet(base: BaseStep, dependencies: DependenciesStep) -> tuple[Unmet, ...]:
    """What is needed and not there, by library."""
    needs = needs_of(dependencies)
    there = file_names(base.entries()) if needs else frozenset()
    return tuple(Unmet(library=library, needed_by=names) for library, names in needs.items() if library not in there)


def file_names(paths: Iterable[str]) -> frozenset[str]:
    """The names of the libraries among some paths."""
    return frozenset(name for path in paths if ".so" in (name := path.rpartition("/")[2]))
