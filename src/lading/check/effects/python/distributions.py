"""Which distributions a way of installing brings, as far as the files of the project tell."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from posixpath import dirname, join, normpath

import msgspec

from lading.check.effects.surroundings import Read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lading.survey.python.manager import Manager
    from lading.survey.python.project import ProjectFacts

EVERY = "*"
"""In place of a group or an extra: all of them."""


class Installed(msgspec.Struct, frozen=True):
    """Distributions by their normalised names. `complete` says that there are no others, `scripts` are programs of the
    project itself."""

    names: frozenset[str] = frozenset()
    complete: bool = False
    scripts: tuple[str, ...] = ()

    def and_also(self, other: "Installed") -> "Installed":
        """Both."""
        return Installed(self.names | other.names, self.complete and other.complete, self.scripts + other.scripts)


NOTHING = Installed(complete=True)
ANYTHING = Installed()


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What of a lock is installed: the project's dependencies (`main`), groups and extras (`EVERY` for all), and the
    project itself. A group in `without` is not, whoever else names it."""

    main: bool = True
    groups: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    project: bool = True


def of_lock(manager: "Manager", lock: str, read: Read, chosen: Selection, python: str) -> Installed:
    """What a lock brings to Linux with that Python (`major.minor`).

    `lock` is the lock's path, by which `read` gives it and what lies beside. A lock that cannot be read tells nothing.
    """
    from lading.survey.python.locks import PROJECTS

    beside = join(dirname(lock), PROJECTS.get(manager, "pyproject.toml"))
    data, project = read(lock), read(beside)
    if data is None or (manager in ("poetry", "pdm") and project is None):
        return ANYTHING
    return _of_lock(manager, data, project or b"", chosen, python)


@lru_cache(maxsize=16)
def _of_lock(manager: "Manager", data: bytes, project: bytes, chosen: Selection, python: str) -> Installed:
    """The same for what the files have in them: several stages of one Dockerfile, or of many, use one lock."""
    from lading.survey.python.lockfacts import Markers, reached
    from lading.survey.python.locks import read_lock

    facts = read_lock(manager, "lock", lambda path: data if path == "lock" else project)
    if facts.broken or facts.root is None or not facts.groups.keys() >= {*chosen.groups} - {EVERY}:
        return ANYTHING
    groups = facts.groups.keys() if EVERY in chosen.groups else {*chosen.groups}
    extras = facts.root.extras.keys() if EVERY in chosen.extras else {*chosen.extras}
    ways = [f"group:{name}" for name in sorted(groups - {*chosen.without})]
    if chosen.main:
        ways += ["", *(f"extra:{name}" for name in sorted(extras))]
    names = frozenset(node.name for node in reached(facts, ways, Markers(python)))
    return Installed(names, complete=True)


def of_project(folder: str, read: Read) -> Installed:
    """The project itself: its programs, where it is a package at all."""
    data = read(join(folder, "pyproject.toml"))
    if data is None:
        return ANYTHING
    facts = facts_in(data)
    if facts is None or not facts.name:
        return ANYTHING
    return Installed(frozenset({facts.name}), complete=True, scripts=tuple(sorted(facts.scripts)))


@lru_cache(maxsize=16)
def facts_in(data: bytes) -> "ProjectFacts | None":
    """What a `pyproject.toml` says; nothing where it cannot be read."""
    from lading.survey.python.project import read_project

    facts = read_project(data, requirements=False)
    return None if facts.broken else facts


def of_list(path: str, read: Read, *, closed: bool) -> Installed:
    """What a list of requirements brings; `closed`: what is in it and nothing else. Lists that were compiled, or have
    hashes, are closed anyway: https://pip.pypa.io/en/stable/topics/secure-installs/."""
    from lading.survey.python.requirementslist import read_listing

    data = read(path)
    if data is None:
        return ANYTHING
    listing = read_listing(path, lambda name: read(normpath(name)))
    entries = [one for one in listing.entries if one.edge.name != "."]
    whole = not listing.wrong and all(not one.place for one in entries)
    closed = closed or _is_compiled(data) or (bool(entries) and all(one.digests for one in entries))
    return Installed(frozenset(_named(one.edge.name for one in entries)), complete=whole and closed)


def of_words(words: Iterable[str], *, closed: bool = False) -> Installed:
    """What requirements on a command line bring: `fastapi[standard]>=0.1`."""
    from lading.survey.python.requirement import edge_of

    names = set()
    whole = True
    for word in words:
        try:
            names.add(edge_of(word)[0].name)
        except ValueError:
            whole = False
    return Installed(frozenset(names), complete=closed and whole)


def _named(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if name)


def _is_compiled(data: bytes) -> bool:
    """Whether a tool has written the list with all that is needed (pip-compile, uv, Poetry's export says nothing)."""
    head = data[:400].lower()
    return b"autogenerated by pip-compile" in head or b"autogenerated by uv" in head
