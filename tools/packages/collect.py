"""Of a whole archive what `lading check` needs: the packages that Dockerfiles install, and all that these bring. Pure.

Choices are apt's (apt-get(8)): of alternatives the first that there is, of the packages that provide a virtual one the
first by name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from lading.check.effects.packages import Brings, PackageData
from tools.packages.archive import Archive, Groups


def collect(archive: Archive, roots: Sequence[str]) -> PackageData:
    """What `roots` bring, for those that the release has. Names that only stand for other packages are there too."""
    choice = _Choice(archive)
    wanted = choice.closure(roots)
    data = {name: choice.brings(name) for name in sorted(wanted)}
    for root in roots:
        provider = choice.of((root,))
        if provider and provider != root:
            data[root] = Brings(needs=provider)
    return dict(sorted(_without_idle(data, set(roots)).items()))


class _Choice:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._providers: dict[str, list[str]] = {}
        for name, entry in archive.packages.items():
            for virtual in entry.provides:
                self._providers.setdefault(virtual, []).append(name)

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """What every Debian has: the essential packages, and what they need."""
        packages = self._archive.packages
        return frozenset(self._reached([name for name, entry in packages.items() if entry.essential]))

    def of(self, alternatives: Sequence[str]) -> str | None:
        """The package that apt takes."""
        real = (name for name in alternatives if name in self._archive.packages)
        virtual = (min(self._providers[name]) for name in alternatives if name in self._providers)
        return next(real, None) or next(virtual, None)

    def closure(self, roots: Iterable[str]) -> set[str]:
        """What roots bring with all that is recommended; what every Debian has only where it is a root itself."""
        named = [one for one in (self.of((root,)) for root in roots) if one]
        return self._reached(named, recommended=True, without=self.everywhere - set(named))

    def brings(self, name: str) -> Brings:
        """A package as the data has it."""
        entry = self._archive.packages[name]
        return Brings(
            programs=" ".join(map(_short, sorted(self._archive.programs.get(name, ())))),
            libraries=" ".join(sorted(self._archive.libraries.get(name, ()))),
            needs=" ".join(self._names(entry.needs)),
            recommends=" ".join(self._names(entry.recommends)),
        )

    def _names(self, groups: Groups) -> list[str]:
        chosen = (self.of(alternatives) for alternatives in groups)
        return sorted({name for name in chosen if name} - self.everywhere)

    def _reached(
        self, roots: Sequence[str], *, recommended: bool = False, without: frozenset[str] = frozenset()
    ) -> set[str]:
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name in found or name in without:
                continue
            found.add(name)
            entry = self._archive.packages[name]
            groups = (*entry.needs, *(entry.recommends if recommended else ()))
            waiting += [one for one in map(self.of, groups) if one]
        return found


def _short(path: str) -> str:
    return path.removeprefix("usr/bin/")


def _without_idle(data: Mapping[str, Brings], roots: set[str]) -> PackageData:
    """The same without packages that bring no program and no library, not even with all that they need."""
    idle = {name for name, one in data.items() if not one.programs and not one.libraries}
    while awake := {name for name in idle if not idle.issuperset(_all_needs(data[name]) & data.keys())}:
        idle -= awake
    return {name: _relieved(one, idle) for name, one in data.items() if name not in idle or name in roots}


def _all_needs(one: Brings) -> set[str]:
    return {*one.needs.split(), *one.recommends.split()}


def _relieved(one: Brings, idle: set[str]) -> Brings:
    def kept(names: str) -> str:
        return " ".join(name for name in names.split() if name not in idle)

    return Brings(
        programs=one.programs, libraries=one.libraries, needs=kept(one.needs), recommends=kept(one.recommends)
    )


def written(data: PackageData) -> str:
    """The data as text: a line a package, so that changes can be read."""

    def lines() -> Iterator[str]:
        for name, one in data.items():
            fields = [one.programs, one.libraries, one.needs, one.recommends]
            while fields and not fields[-1]:
                fields.pop()
            yield f"{json.dumps(name)}: {json.dumps(fields)}"

    return "{\n" + ",\n".join(lines()) + "\n}\n"
