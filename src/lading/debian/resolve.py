"""Which packages an image needs: the closure of what is asked for over Pre-Depends and Depends.

Pure, and the same for the same index. Choices are made as apt makes them (apt-get(8), `--no-install-recommends`):
of alternatives the first that is chosen already, else the first that can be satisfied.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from lading.debian.control import Dependency, Group
from lading.debian.package import Package, answers
from lading.errors import LadingError, UsageError, raise_all

_PRIORITIES = ("required", "important", "standard", "optional", "extra")


class Packages(Protocol):
    """What resolving asks of an index; `PackageIndex` answers it."""

    @property
    def suite(self) -> str:
        """The release's code name."""

    @property
    def architecture(self) -> str:
        """The architecture that packages are resolved for."""

    def newest(self, name: str) -> Package | None:
        """The newest version of a package."""

    def versions(self, name: str) -> tuple[Package, ...]:
        """Every version of a package, the newest first."""

    def providers(self, name: str) -> tuple[Package, ...]:
        """The packages that provide a virtual package, sorted by name."""

    def names(self) -> Iterator[str]:
        """Every package's name."""


def resolve(index: Packages, roots: Sequence[str], without: Sequence[str] = ()) -> tuple[Package, ...]:
    """The packages that `roots` (names) need, with the roots themselves, sorted by name.

    A package named in `without`, or chosen for a virtual package named there, is left out, and so is what only it
    would bring. Raises `UsageError` for a root that does not exist (with near misses) or is left out as well, for a
    dependency that cannot be met (with the chain that leads to it), and for packages that exclude each other.
    """
    raise_all(_unusable_roots(index, roots, without))
    dead: dict[str, _Reason] = {}
    while True:
        closure = _Closure(index, frozenset(without), dead)
        failed = closure.grow(roots)
        if failed is None:
            break
        # Something chosen on the way cannot be installed. Start again without it: another alternative may do.
        dead[failed.package] = failed
        if failed.package in roots:
            raise _unsatisfiable(index, failed.package, dead)
    raise_all(_conflicts(index, closure.chosen))
    return tuple(package for _, package in sorted(closure.chosen.items()))


class _Reason(NamedTuple):
    """Why a package cannot be installed: one group of its dependencies has no candidate left."""

    package: str
    group: Group


class _Closure:
    """The packages chosen so far, and what is still to be looked at."""

    def __init__(self, index: Packages, without: frozenset[str], dead: Mapping[str, _Reason]) -> None:
        self.chosen: dict[str, Package] = {}
        self._index = index
        self._without = without
        self._dead = dead
        self._new: deque[Package] = deque()

    def grow(self, roots: Iterable[str]) -> _Reason | None:
        """Choose the roots and all that they need; the reason, where that fails.

        Groups that leave a choice wait until everything is chosen that leaves none, so that no alternative is added
        beside one that comes anyway, whatever the order.
        """
        for root in sorted(set(roots)):
            package = self._index.newest(root)
            assert package is not None  # noqa: S101  # `resolve` has looked
            self._choose(package)
        open_groups: deque[tuple[Package, Group]] = deque()
        while self._new or open_groups:
            if self._new:
                package = self._new.popleft()
                groups, may_wait = [(package, group) for group in package.depends], True
            else:
                groups, may_wait = [open_groups.popleft()], False
            for package, group in groups:
                if self._is_met(group):
                    continue
                candidates = self._candidates(group)
                if not candidates:
                    return _Reason(package.name, group)
                if may_wait and len(candidates) > 1:
                    open_groups.append((package, group))
                elif candidates[0] is not None:
                    self._choose(candidates[0])
        return None

    def _choose(self, package: Package) -> None:
        if package.name not in self.chosen:
            self.chosen[package.name] = package
            self._new.append(package)

    def _is_met(self, group: Group) -> bool:
        return any(package.name in self.chosen for wanted in group for package in matching(self._index, wanted))

    def _candidates(self, group: Group) -> list[Package | None]:
        """What may be chosen for a group, the best first; nothing stands for what is left out."""
        found: list[Package | None] = []
        for wanted in group:
            if wanted.name in self._without:
                found.append(None)
                continue
            for package in matching(self._index, wanted):
                if package.name in self._without:
                    found.append(None)
                elif package.name not in self._dead:
                    found.append(package)
        return found


def matching(index: Packages, wanted: Dependency) -> list[Package]:
    """The packages that answer one dependency, the best first: the package of that name, then the providers by
    priority (required before optional, as apt weighs them) and name."""
    named = index.newest(wanted.name)
    providers = sorted(index.providers(wanted.name), key=lambda package: (_weight(package), package.name))
    found = [named] if named else []
    found += [package for package in providers if package.name != wanted.name]
    return [package for package in found if answers(package, wanted, index.architecture)]


def _weight(package: Package) -> int:
    if package.essential:
        return -1
    return _PRIORITIES.index(package.priority) if package.priority in _PRIORITIES else len(_PRIORITIES)


def _unusable_roots(index: Packages, roots: Sequence[str], without: Sequence[str]) -> Iterator[LadingError]:
    for root in dict.fromkeys(roots):
        if index.newest(root) is None:
            yield UsageError(
                f"Debian {index.suite} has no package {root!r} for {index.architecture}",
                fix=_near_misses(index, root),
            )
        elif root in without:
            yield UsageError(f"the package {root!r} is asked for and left out", fix="take it from one of the two lists")


def _near_misses(index: Packages, root: str) -> str:
    providers = [package.name for package in index.providers(root)]
    if providers:
        return f"it is a virtual package: name one of {', '.join(providers[:5])}"
    import difflib

    near = difflib.get_close_matches(root, sorted(set(index.names())), n=3, cutoff=0.75)
    return f"did you mean {' or '.join(near)}?" if near else "check the name at https://packages.debian.org"


def _unsatisfiable(index: Packages, root: str, dead: Mapping[str, _Reason]) -> UsageError:
    """The error for a root that cannot be installed: who needs whom, down to what is missing."""
    chain = [root]
    while True:
        group = dead[chain[-1]].group
        following = [package.name for wanted in group for package in matching(index, wanted) if package.name in dead]
        if not following or following[0] in chain:
            break
        chain.append(following[0])
    wanted = " | ".join(map(str, group))
    there = [package for package in (index.newest(item.name) for item in group) if package]
    told = ", ".join(f"{package.name} {package.version}" for package in there)
    return UsageError(
        f"the package {root!r} cannot be installed: {chain[-1]} needs {wanted}, and "
        + (f"there is only {told}" if told else "nothing provides it"),
        where=f"Debian {index.suite}, {index.architecture}: " + " → ".join([*chain, wanted]),
        fix=f"leave {group[0].name} out if the image does not need it, or choose another package than {root}",
    )


def _conflicts(index: Packages, chosen: Mapping[str, Package]) -> Iterator[LadingError]:
    """Packages that exclude each other. No package excludes itself (policy 7.4, for virtual packages)."""
    provided: dict[str, list[Package]] = {}
    for package in chosen.values():
        for name in {package.name, *(item.name for item in package.provides)}:
            provided.setdefault(name, []).append(package)
    for name in sorted(chosen):
        for unwanted in chosen[name].conflicts:
            for other in provided.get(unwanted.name, ()):
                if other.name != name and answers(other, unwanted, index.architecture):
                    yield UsageError(
                        f"the packages {name} and {other.name} exclude each other ({name}: {unwanted})",
                        where=f"Debian {index.suite}, {index.architecture}",
                        fix="ask for one of them only",
                    )
