"""What a `uv.lock` says: which packages come onto Linux, and by which way. Pure; parsed once for each content.

The format: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile (version 1). Markers are those of PEP 508.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lading.survey.model import Locked
from lading.survey.python.requirements import locked
from lading.toolchain.markers import linux_environment

VERSION = 1
"""The one major version of the format that there is."""

_LOCAL = ("editable", "virtual", "directory", "path")


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """A dependency: the package's name, its version where the lock has several, the extras asked for, the marker."""

    name: str
    version: str
    extras: tuple[str, ...]
    marker: str


class Node(msgspec.Struct, frozen=True, array_like=True):
    """One package of the lock: its dependencies, and those of each extra."""

    name: str
    version: str
    edges: tuple[Edge, ...]
    extras: dict[str, tuple[Edge, ...]]


class LockFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lock. `broken` says why it cannot be read. `root` is the project itself; `groups` its dependency groups.

    `locals` are packages that lie in the repository, each with its path; `members` those of a workspace.
    `requires` is what the lock was made for (`lading.survey.python.requirements`), where it says so.
    """

    broken: str = ""
    root: Node | None = None
    groups: dict[str, tuple[Edge, ...]] = {}
    nodes: tuple[Node, ...] = ()
    locals: tuple[tuple[str, str], ...] = ()
    members: tuple[str, ...] = ()
    requires: tuple[tuple[str, str], ...] | None = None


def read_lock(data: bytes) -> LockFacts:
    """The facts of one `uv.lock`; one that cannot be read gives facts that say so."""
    import tomli

    try:
        whole = tomli.loads(data.decode())
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return LockFacts(broken=str(error) or "it is nested too deeply")
    if whole.get("version") != VERSION:
        return LockFacts(broken=f"its format is version {whole.get('version')!r}, not {VERSION}")
    manifest = whole.get("manifest")
    members = manifest.get("members") if isinstance(manifest, dict) else None
    facts = LockFacts(members=tuple(map(str, members)) if isinstance(members, list) else ())
    packages = whole.get("package")
    try:
        return _with_packages(facts, packages if isinstance(packages, list) else [])
    except (AttributeError, KeyError, TypeError, ValueError):
        return LockFacts(broken="it does not have the shape of a uv.lock")


def _with_packages(facts: LockFacts, packages: list[Any]) -> LockFacts:
    root, groups, requires, nodes, locals_ = None, {}, None, [], []
    for package in packages:
        node = _node(package)
        place = next((str(package["source"][kind]) for kind in _LOCAL if kind in package["source"]), None)
        if place == ".":
            root = node
            if "metadata" in package:
                requires = locked(package["metadata"].get("requires-dist", ()))
            groups = {name: _edges(edges) for name, edges in package.get("dev-dependencies", {}).items()}
        elif place is not None:
            locals_.append((node.name, place))
        else:
            nodes.append(node)
    return msgspec.structs.replace(
        facts, root=root, groups=groups, requires=requires, nodes=tuple(nodes), locals=tuple(sorted(locals_))
    )


def _node(package: Mapping[str, Any]) -> Node:
    extras = package.get("optional-dependencies", {})
    return Node(
        name=str(package["name"]),
        version=str(package.get("version", "")),
        edges=_edges(package.get("dependencies", [])),
        extras={name: _edges(edges) for name, edges in extras.items()},
    )


def _edges(entries: list[Mapping[str, Any]]) -> tuple[Edge, ...]:
    return tuple(
        Edge(
            str(one["name"]),
            str(one.get("version", "")),
            tuple(map(str, one.get("extra", ()))),
            str(one.get("marker", "")),
        )
        for one in entries
    )


def closure(lock: LockFacts, python: str) -> tuple[Locked, ...]:
    """Every package that some way of installing brings onto Linux with that Python (`major.minor`), sorted by name.

    A marker that tells machines apart is taken as met where one of the two architectures meets it.
    """
    applies = Markers(python)
    ways: dict[tuple[str, str], set[str]] = {}
    for way, edges in _ways(lock):
        for node in _reached(lock, edges, applies):
            ways.setdefault((node.name, node.version), set()).add(way)
    return tuple(
        Locked(name=name, version=version, ways=tuple(sorted(found))) for (name, version), found in sorted(ways.items())
    )


def _ways(lock: LockFacts) -> Iterator[tuple[str, tuple[Edge, ...]]]:
    if lock.root is not None:
        yield "", lock.root.edges
        for name, edges in lock.root.extras.items():
            yield f"extra:{name}", edges
    for name, edges in lock.groups.items():
        yield f"group:{name}", edges


def _reached(lock: LockFacts, start: tuple[Edge, ...], applies: "Markers") -> Iterator[Node]:
    by_name: dict[str, list[Node]] = {}
    for node in (*lock.nodes, *((lock.root,) if lock.root else ())):
        by_name.setdefault(node.name, []).append(node)
    seen: set[tuple[str, str, str]] = set()
    waiting = list(start)
    while waiting:
        edge = waiting.pop()
        if not applies(edge.marker):
            continue
        for node in by_name.get(edge.name, ()):
            if edge.version and node.version != edge.version:
                continue
            for extra in ("", *edge.extras):
                if (node.name, node.version, extra) not in seen:
                    seen.add((node.name, node.version, extra))
                    waiting += node.extras.get(extra, ()) if extra else node.edges
            if node is not lock.root:
                yield node


class Markers:
    """Whether a marker is met on Linux, on either architecture, by CPython of a version (`major.minor`)."""

    def __init__(self, python: str) -> None:
        self._known: dict[str, bool] = {"": True}
        self._environments = [
            {**linux_environment(machine, f"{python}.0"), "extra": ""} for machine in ("x86_64", "aarch64")
        ]

    def __call__(self, marker: str) -> bool:
        """Whether it is met; an empty one is."""
        if marker not in self._known:
            self._known[marker] = self._evaluate(marker)
        return self._known[marker]

    def _evaluate(self, marker: str) -> bool:
        from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

        try:
            parsed = Marker(marker)
            return any(parsed.evaluate(environment) for environment in self._environments)
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
            return True  # what cannot be judged is not left out
