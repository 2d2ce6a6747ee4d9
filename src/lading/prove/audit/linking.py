"""Link closure: whether every program and library finds its loader, its libraries and the versions that it needs.

A file that cannot be loaded is an error where the image starts it, or where the team (or a package that it chose)
brought it; one of the base that nothing starts is a warning. A library that is in the image, and not where the loader
looks, may have been loaded before by something else: a warning.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from lading.elf import Elf
from lading.finding import Because, Finding, Rule, Severity
from lading.prove.audit.found import MOST_TOLD, found, listed, whose
from lading.prove.audit.inside import Inside
from lading.prove.audit.loader import MUSL_ITSELF, Libc, Loader
from lading.prove.audit.model import Linking

LOADER = Rule(
    id="loader-not-in-image",
    severity="error",
    title="a program's loader is not in the image",
    why="A dynamic program is started by the loader that it names. Without it the kernel says `no such file or "
    "directory` of the program itself, which is there.",
)
LIBRARY = Rule(
    id="library-not-in-image",
    severity="error",
    title="a shared library is missing",
    why="What is linked with the library ends with `cannot open shared object file` when it is first needed, which may "
    "be late.",
)
ELSEWHERE = Rule(
    id="library-not-found",
    severity="warning",
    title="a shared library is where the loader does not look",
    why="It only works where something else has loaded the library before, or with a variable that the image does not "
    "set.",
)
VERSION = Rule(
    id="symbol-version-missing",
    severity="error",
    title="a library is too old for what is linked with it",
    why="A file that was linked on a newer system asks for symbol versions (`GLIBC_2.38`) that this image's library "
    "does not have; the loader refuses it.",
)
MACHINE = Rule(
    id="wrong-architecture",
    severity="warning",
    title="a file is for another processor",
    why="It cannot be run or loaded in this image: at best it is weight, at worst it was copied from the wrong stage.",
)
MIXED = Rule(
    id="other-c-library",
    severity="error",
    title="a file is linked with another C library than the image has",
    why="What was built on Debian or comes as a manylinux wheel needs glibc, and Alpine has musl; and the other way "
    "round. Such a file fails when it is loaded.",
)
RULES = (LOADER, LIBRARY, ELSEWHERE, VERSION, MACHINE, MIXED)


_APART = ("/prebuilds/", "/testdata/")
"""Node packages bring a module for each system and C library, and choose when they are loaded
(https://github.com/prebuild/prebuildify#readme); Go's own tests bring programs of every kind."""
_LIBRARY = re.compile(r".*\.(?:so(?:\.[0-9.]+)?|node)\Z")


class _Need(NamedTuple):
    """What a file does not find: a library, or versions of one that is at `library`."""

    path: str
    name: str
    library: str = ""
    versions: tuple[str, ...] = ()


class Closure:
    """The programs and libraries of an image, and what they lack; `started` are the real paths of the programs that the
    image starts."""

    def __init__(self, inside: Inside, started: frozenset[str]) -> None:
        self._inside = inside
        self._started = started
        self.loader = Loader(inside)
        self.programs: Mapping[str, Elf] = {
            path: file.seen.elf
            for path, file in inside.files.items()
            if file.seen.elf and self._is_own_machine(path) and self._is_used(path)
        }

    @cached_property
    def facts(self) -> Linking:
        """The closure in figures."""
        files = sum(bool(file.seen.machine) for file in self._inside.files.values())
        dynamic = [elf for elf in self.programs.values() if elf.needed]
        needs = sum(len(elf.needed) for elf in dynamic)
        return Linking(files=files, dynamic=len(dynamic), needs=needs, unmet=len(self._missing) + len(self._too_old))

    def look(self) -> Iterator[Finding]:
        """What is wrong."""
        yield from self._loaders()
        yield from self._foreign()
        yield from self._mixed()
        yield from self._libraries()
        yield from self._versions()

    def _is_own_machine(self, path: str) -> bool:
        machine = self._inside.files[path].seen.machine
        return not machine or not self.loader.machine or machine == self.loader.machine

    def _is_used(self, path: str) -> bool:
        """Whether a file is there to be started or loaded: objects for linkers and samples are not."""
        if any(folder in path for folder in _APART):
            return False
        return bool(self._inside.files[path].mode & 0o111) or _LIBRARY.match(path) is not None or path in self._started

    def _libc_of(self, elf: Elf) -> Libc | None:
        """Which C library a file is linked with; nothing for one that does not tell."""
        if "ld-musl" in elf.interpreter or any(name.startswith("libc.musl-") for name in elf.needed):
            return "musl"
        if "ld-linux" in elf.interpreter or any(name in ("libc.so.6", "ld-linux-x86-64.so.2") for name in elf.needed):
            return "glibc"
        return None

    def _effective(self, elf: Elf) -> Libc:
        """Whose loader would load it."""
        own = self._libc_of(elf)
        if own in self.loader.libc or not self.loader.libc:
            return own or "glibc"
        return next(iter(self.loader.libc))

    @cached_property
    def _found(self) -> Mapping[str, tuple[tuple[str, str | None], ...]]:
        """What each file needs, and where it is."""
        return {path: tuple(self._libraries_of(path, elf)) for path, elf in self.programs.items()}

    def _libraries_of(self, path: str, elf: Elf) -> Iterator[tuple[str, str | None]]:
        libc = self._effective(elf)
        for name in elf.needed:
            if libc == "glibc" or not MUSL_ITSELF.match(name):
                yield name, self.loader.find(path, elf, name, libc)

    @cached_property
    def _loaded(self) -> frozenset[str]:
        """The programs that are started, and everything that the loader loads for them."""
        seen, pending = set[str](), list(self._started)
        while pending:
            path = pending.pop()
            if path not in seen and path in self.programs:
                seen.add(path)
                pending += [library for _, library in self._found[path] if library]
        return frozenset(seen)

    @cached_property
    def _missing(self) -> tuple[_Need, ...]:
        """Libraries that are not found. One that the loader has loaded already is taken by its name alone."""
        names = {path.rpartition("/")[2] for path in self._loaded} | {
            self.programs[path].soname for path in self._loaded
        }
        return tuple(
            _Need(path, name)
            for path, needs in self._found.items()
            if not self._is_mixed(path)
            for name, library in needs
            if library is None and not (path in self._loaded and name in names)
        )

    @cached_property
    def _too_old(self) -> tuple[_Need, ...]:
        """Versions that are not there. A library without any versions is taken as it is (ld.so only warns of it)."""
        found: list[_Need] = []
        for path, needs in self._found.items():
            places = dict(needs)
            for wanted in self.programs[path].versions:
                library = places.get(wanted.library) or ""
                has = self.programs[library].provides if library in self.programs else ()
                lacking = tuple(name for name in wanted.names if has and name not in has)
                if lacking and self._effective(self.programs[path]) == "glibc":
                    found.append(_Need(path, wanted.library, library, lacking))
        return tuple(found)

    def _is_mixed(self, path: str) -> bool:
        own = self._libc_of(self.programs[path])
        return own is not None and bool(self.loader.libc) and own not in self.loader.libc

    def _severity(self, path: str) -> Severity:
        owner = self._inside.owner(path)
        of_base = self._inside.of_base(path) or (owner is not None and owner.kind == "debian")
        return "error" if path in self._loaded or not of_base else "warning"

    def _loaders(self) -> Iterator[Finding]:
        for path, elf in self.programs.items():
            if elf.interpreter and not self._inside.file(elf.interpreter) and not self._is_mixed(path):
                message = (
                    f"/{path} is started by {elf.interpreter}, which is not in the image{whose(self._inside, path)}"
                )
                yield found(LOADER, message, self._inside.place(path), severity=self._severity(path), help=_DYNAMIC)

    def _foreign(self) -> Iterator[Finding]:
        """Files for other machines; of those that the image starts it is told that they cannot be."""
        those = {
            path: file.seen.machine
            for path, file in self._inside.files.items()
            if not self._is_own_machine(path) and path not in self._started and self._is_used(path)
        }
        if those:
            machines, shown = sorted(set(those.values())), listed([f"/{path}" for path in those], 3)
            message = f"for {listed(machines)} in an image for {self.loader.machine}: {shown}"
            yield found(MACHINE, message, self._inside.place(next(iter(those))))

    def _mixed(self) -> Iterator[Finding]:
        mixed = [path for path in self.programs if self._is_mixed(path)]
        if mixed:
            libc = self._libc_of(self.programs[mixed[0]])
            there = " and ".join(sorted(self.loader.libc))
            shown = listed([f"/{path}" for path in mixed], 3)
            worst: Severity = min((self._severity(path) for path in mixed), key=("error", "warning", "info").index)
            yield found(
                MIXED,
                f"linked with {libc} in an image that has {there}: {shown}",
                self._inside.place(mixed[0]),
                severity=worst,
                help=f"build it on a base with {there}, or stand on one with {libc}",
            )

    def _libraries(self) -> Iterator[Finding]:
        """One finding a library."""
        by_name: dict[str, list[str]] = {}
        for need in self._missing:
            by_name.setdefault(need.name, []).append(need.path)
        for name, paths in sorted(by_name.items()):
            there = self.loader.anywhere(name)
            rule = ELSEWHERE if there and not any(path in self._loaded for path in paths) else LIBRARY
            severities = [self._severity(path) for path in paths] if rule is LIBRARY else []
            first = next((path for path in paths if path in self._loaded), paths[0])
            where = self._hint(there) if there else f"{name} is not in the image"
            yield found(
                rule,
                f"{where}, and {_needed_by(self._inside, paths)}",
                self._inside.place(first),
                because=[
                    Because(place=self._inside.place(path), text=f"/{path} needs it, too")
                    for path in paths[: MOST_TOLD + 1]
                    if path != first
                ],
                severity="error" if "error" in severities else "warning",
                help=f"add the package that has {name}" if not there else "run ldconfig, or link with a runpath",
            )

    def _hint(self, there: str) -> str:
        folder = f"/{there.rpartition('/')[0]}"
        if folder in self.loader.configured:
            return f"/{there} is named by /etc/ld.so.conf, and missing in /etc/ld.so.cache (ldconfig was not run)"
        return f"/{there} is where the loader does not look"

    def _versions(self) -> Iterator[Finding]:
        """One finding a file and library."""
        for need in self._too_old:
            message = (
                f"/{need.path} needs {listed(need.versions)} of {need.name}, and /{need.library} has no such version"
            )
            yield found(
                VERSION,
                message + whose(self._inside, need.path),
                self._inside.place(need.path),
                because=[Because(place=self._inside.place(need.library), text=f"the {need.name} that is loaded")],
                severity=self._severity(need.path),
                help="build it on the release that it runs on, or stand on a newer base",
            )


_DYNAMIC = "copy the loader's package too (libc6), link statically, or stand on a base with this loader"


def _needed_by(inside: Inside, paths: list[str]) -> str:
    """Who needs it, in words: the packages, where the files belong to some."""
    owners = dict.fromkeys(owner.name for path in paths if (owner := inside.owner(path)))
    files = "is needed by 1 file" if len(paths) == 1 else f"is needed by {len(paths)} files"
    return (
        f"{files} of {listed(list(owners), 3)}" if owners else f"{files}: {listed([f'/{path}' for path in paths], 3)}"
    )
