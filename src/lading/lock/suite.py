"""The packages of one Debian release: those that are pinned are kept where what is new fits beside them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from lading.debian.package import Package
from lading.debian.resolve import Packages, resolve
from lading.errors import LadingError, Problems, RemoteFailed, UsageError, raise_all
from lading.lock.model import DebianPin, PackageSet, Pins
from lading.lock.request import BaseRequest

Index = Callable[[str, str], Packages]
"""Suite and architecture → what Debian offers."""
Pinned = tuple[tuple[PackageSet, ...], tuple[DebianPin, ...]]

_REBUILT = re.compile(r"\+b[0-9]+\Z")
"""The end of a version that one architecture alone was rebuilt for (Debian developer's reference 5.10.2.1)."""


def pin_suite(wanted: Sequence[BaseRequest], old: Pins, index: Index) -> Pinned:
    """The sets and packages of all bases of one release.

    Bases that `old` has are kept. One that it lacks is resolved in the versions that are pinned already. Where that
    cannot be (the archive no longer has one of them, or something new needs a newer one), all bases of the release are
    resolved anew: one release is in a lock in one state, on all architectures, and Debian promises nothing of others.
    """
    kept = [known for base in wanted for known in old.sets if _answers(known, base)]
    missing = [base for base in wanted if not any(_answers(known, base) for known in kept)]
    held = [pin for pin in old.debian if pin.suite == wanted[0].suite]
    found = _beside(missing, held, index) if held else None
    if found is None:
        return _anew(wanted, index)
    sets = (*kept, *(_set(base, packages) for base, packages in found))
    taken = {pin for base, packages in found for pin in _pins(base.suite, packages)}
    return sets, _used(sets, {_place(pin): pin for pin in (*taken, *held)}.values())


def _beside(
    missing: Sequence[BaseRequest], held: Sequence[DebianPin], index: Index
) -> list[tuple[BaseRequest, tuple[Package, ...]]] | None:
    """The missing bases in versions that fit what is held, or nothing where they do not."""
    found = []
    for base in missing:
        offered = _Held(index(base.suite, base.architecture), held)
        try:
            packages = _resolved(offered, base)
        except (UsageError, Problems):
            return None  # resolving anew tells what is wrong, if it is not just the held versions
        if not all(_fits(package, base.architecture, held) for package in packages):
            return None
        found.append((base, packages))
    return found


def _anew(wanted: Iterable[BaseRequest], index: Index) -> Pinned:
    sets: list[PackageSet] = []
    pins: dict[tuple[str, str, str], DebianPin] = {}
    problems: list[LadingError] = []
    for base in wanted:
        offered = index(base.suite, base.architecture)
        try:
            packages = _resolved(offered, base)
        except Problems as several:
            problems += several.problems
            continue
        except UsageError as error:
            problems.append(error)
            continue
        sets.append(_set(base, packages))
        for pin in _pins(base.suite, packages):
            other = pins.setdefault(_place(pin), pin)
            if other.digest != pin.digest:
                raise RemoteFailed(
                    f"the mirror offers two versions of {pin.name} {pin.architecture}: {other.version}, {pin.version}",
                    where=f"Debian {base.suite}",
                    fix="it is just being updated: try again in a few minutes",
                )
    raise_all(problems)
    return tuple(sets), tuple(pins.values())


def _resolved(index: Packages, base: BaseRequest) -> tuple[Package, ...]:
    """What a base consists of. What an installed package needs is not left out, whatever else does without it."""
    without = tuple(name for name in base.without if name not in base.also)
    return resolve(index, (*base.roots, *base.also), without)


class _Held:
    """An index in which the newest version of what is held is the held one, as long as the archive has it."""

    def __init__(self, index: Packages, held: Sequence[DebianPin]) -> None:
        self._index = index
        self.suite, self.architecture = index.suite, index.architecture
        # Another architecture's version is the one to take, too; the own one, which may be rebuilt, goes first.
        self._versions = {pin.name: pin.version for pin in held}
        self._versions |= {pin.name: pin.version for pin in held if pin.architecture in (self.architecture, "all")}

    def versions(self, name: str) -> tuple[Package, ...]:
        found = self._index.versions(name)
        held = self._versions.get(name)
        return tuple(package for package in found if package.version == held)[:1] or found

    def newest(self, name: str) -> Package | None:
        return next(iter(self.versions(name)), None)

    def providers(self, name: str) -> tuple[Package, ...]:
        found = [self.newest(package.name) for package in self._index.providers(name)]
        return tuple(
            package for package in found if package and any(provided.name == name for provided in package.provides)
        )

    def names(self) -> Iterator[str]:
        return self._index.names()


def _fits(package: Package, architecture: str, held: Sequence[DebianPin]) -> bool:
    """Whether a package is what is held for its architecture, or is of the same source as on the others."""
    for pin in held:
        if pin.name != package.name:
            continue
        if pin.architecture in (architecture, "all") or package.architecture == "all":
            if (pin.architecture, pin.digest) != (package.architecture, package.digest):
                return False
        elif _REBUILT.sub("", pin.version) != _REBUILT.sub("", package.version):
            return False
    return True


def _set(base: BaseRequest, packages: Iterable[Package]) -> PackageSet:
    return PackageSet(
        suite=base.suite,
        architecture=base.architecture,
        roots=base.roots,
        without=base.without,
        names=tuple(sorted(package.name for package in packages)),
        also=base.also,
    )


def _pins(suite: str, packages: Iterable[Package]) -> Iterator[DebianPin]:
    for package in packages:
        yield DebianPin(
            suite=suite,
            architecture=package.architecture,
            name=package.name,
            version=package.version,
            source=package.source.partition(" ")[0],
            archive=package.archive,
            path=package.path,
            digest=package.digest,
            size=package.size,
        )


def _used(sets: Iterable[PackageSet], pins: Iterable[DebianPin]) -> tuple[DebianPin, ...]:
    """Those pins that a set names."""
    names = {(known.architecture, name) for known in sets for name in known.names}
    of_all = {name for _, name in names}
    return tuple(
        pin
        for pin in pins
        if (pin.name in of_all if pin.architecture == "all" else (pin.architecture, pin.name) in names)
    )


def _answers(known: PackageSet, base: BaseRequest) -> bool:
    return _key(known) == _key(base) and known.also == base.also


def _key(base: BaseRequest | PackageSet) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    return base.suite, base.architecture, base.roots, base.without


def _place(pin: DebianPin) -> tuple[str, str, str]:
    return pin.suite, pin.name, pin.architecture
