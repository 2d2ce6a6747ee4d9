"""What every lock of a Python project comes down to: packages, and which way of installing brings which. Pure.

Each format has a module of its own that reads it into these values (`lading.survey.python.locks`). Markers are those of
PEP 508.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from lading.survey.model import Locked
from lading.toolchain.markers import linux_environment

MACHINES = ("x86_64", "aarch64")
"""Where images run, in Python's words."""


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """A dependency: the package's name, its version where the lock has several, the extras asked for, the marker."""

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One package of the lock: its dependencies, and those of each extra.

    `marker` tells which of several versions is meant, where edges do not. `place` is the folder of one that lies in the
    repository, relative to the lock's; `source` says where one comes from that no index has.
    """

    name: str
    version: str
    edges: tuple[Edge, ...] = ()
    extras: dict[str, tuple[Edge, ...]] = {}
    marker: str = ""
    place: str = ""
    source: str = ""


class LockFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lock. `broken` says why it cannot be read, `stale` why it is not the lock of the project as it is.

    `root` is the project itself, its extras included; `groups` its dependency groups; `nodes` all other packages.
    `members` are the projects of a workspace. `requires` is what the lock was made for
    (`lading.survey.python.requirements`), `python` the versions of Python, where it says so, and `format` that of
    its own format. `also` are further files that it consists of. `unhashed` are packages that it names without a hash:
    it is no lock then.
    """

    broken: str = ""
    stale: str = ""
    root: Node | None = None
    groups: dict[str, tuple[Edge, ...]] = {}
    nodes: tuple[Node, ...] = ()
    members: tuple[str, ...] = ()
    requires: tuple[tuple[str, str], ...] | None = None
    python: str = ""
    format: str = ""
    also: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()


class Markers:
    """Whether a marker is met in one of several environments, by default on Linux by CPython of a version
    (`major.minor`), on either architecture."""

    def __init__(self, python: str, environments: Sequence[Mapping[str, str]] = ()) -> None:
        self._known: dict[tuple[str, str], bool] = {}
        self._environments = environments or [linux_environment(machine, f"{python}.0") for machine in MACHINES]

    def __call__(self, marker: str, extra: str = "") -> bool:
        """Whether it is met; an empty one is. `extra` is the one that asks."""
        if not marker:
            return True
        if (marker, extra) not in self._known:
            self._known[marker, extra] = self._evaluate(marker, extra)
        return self._known[marker, extra]

    def _evaluate(self, marker: str, extra: str) -> bool:
        from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

        try:
            parsed = Marker(marker)
            return any(parsed.evaluate({**environment, "extra": extra}) for environment in self._environments)
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
            return True  # what cannot be judged is not left out


def closure(lock: LockFacts, python: str) -> tuple[Locked, ...]:
    """Every package that some way of installing brings onto Linux with that Python (`major.minor`), sorted by name.

    A marker that tells machines apart is taken as met where one of the two architectures meets it.
    """
    applies = Markers(python)
    nodes: dict[tuple[str, str], Node] = {}
    ways: dict[tuple[str, str], list[str]] = {}
    for way in _ways(lock):
        for node in reached(lock, (way,), applies):
            key = node.name, node.version
            nodes[key] = node
            ways.setdefault(key, []).append(way)
    return tuple(
        Locked(name=key[0], version=key[1], ways=tuple(sorted(ways[key])), place=node.place, source=node.source)
        for key, node in sorted(nodes.items())
    )


def reached(lock: LockFacts, ways: Iterable[str], applies: Markers) -> Iterator[Node]:
    """The packages that some ways of installing bring (`""`, `group:NAME`, `extra:NAME`), each once."""
    by_name: dict[str, list[Node]] = {}
    for node in (*lock.nodes, *((lock.root,) if lock.root else ())):
        by_name.setdefault(node.name, []).append(node)
    seen: set[tuple[str, str, str]] = set()
    given: set[tuple[str, str]] = set()
    waiting = [(edge, "", _extra(way)) for way in ways for edge in _of_way(lock, way)]
    while waiting:
        edge, asking, own = waiting.pop()
        if not applies(edge.marker, asking):
            continue
        for node in _meant(by_name.get(edge.name, ()), edge, applies, own):
            for extra in ("", *edge.extras):
                if (node.name, node.version, extra) not in seen:
                    seen.add((node.name, node.version, extra))
                    waiting += [(one, extra, own) for one in (node.extras.get(extra, ()) if extra else node.edges)]
            if node is not lock.root and (node.name, node.version) not in given:
                given.add((node.name, node.version))
                yield node


def _meant(nodes: Sequence[Node], edge: Edge, applies: Markers, own: str) -> Sequence[Node]:
    """The package that a dependency means, of several versions of one."""
    if edge.version:
        nodes = [node for node in nodes if node.version == edge.version]
    return nodes if len(nodes) < 2 else [node for node in nodes if applies(node.marker, own)]


def _ways(lock: LockFacts) -> Iterator[str]:
    if lock.root is not None:
        yield ""
        yield from (f"extra:{name}" for name in lock.root.extras)
    yield from (f"group:{name}" for name in lock.groups)


def _extra(way: str) -> str:
    return way.removeprefix("extra:") if way.startswith("extra:") else ""


def _of_way(lock: LockFacts, way: str) -> tuple[Edge, ...]:
    kind, _, name = way.partition(":")
    if kind == "group":
        return lock.groups.get(name, ())
    if lock.root is None:
        return ()
    return lock.root.extras.get(name, ()) if kind == "extra" else lock.root.edges
