"""What a `poetry.lock` says, of any version of the format: 1.x (hashes apart, categories), 2.0, 2.1 (groups, markers).
Pure.

A lock of Poetry does not say what the project itself depends on: that stands in pyproject.toml. The format is told by
Poetry's source alone: https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from lading.survey.python import poetry
from lading.survey.python.groups import declared_groups
from lading.survey.python.lockfacts import Edge, LockFacts, Node
from lading.survey.python.pins import Index, Pin, sha256_of
from lading.survey.python.poetryversions import fits, requires_python
from lading.survey.python.requirement import edge_of
from lading.survey.python.tables import format_problem, normalised, parsed, table, tables, text, texts

NEWEST = 2
"""The newest major version of the format that is known."""


def read_poetry_lock(data: bytes, project: bytes) -> LockFacts:
    """The facts of one lock, for its pyproject.toml; one that cannot be read gives facts that say so."""
    lock, broken = parsed(data)
    whole, _ = parsed(project)
    broken = broken or format_problem(text(table(lock, "metadata"), "lock-version"), NEWEST)
    if broken:
        return LockFacts(broken=broken)
    try:
        return _facts(lock, whole)
    except (AttributeError, KeyError, TypeError, ValueError):
        return LockFacts(broken="it does not have the shape of a poetry.lock")


def _facts(lock: Mapping[str, Any], whole: Mapping[str, Any]) -> LockFacts:
    said = table(lock, "metadata")
    versions = _Versions(tables(lock.get("package")))
    root, groups = _root(whole, versions), dict(_groups(whole, versions))
    return LockFacts(
        root=root,
        groups=groups,
        nodes=tuple(_node(package, versions) for package in versions.packages),
        stale=_stale(whole, text(said, "content-hash"), (root, *groups.values()), versions),
        python=requires_python(text(said, "python-versions")),
        format=text(said, "lock-version"),
        also=tuple(sorted(pin.place for pin in _pins(lock) if pin.source == "file")),
    )


class _Versions:
    """The packages of a lock by name: which version a constraint means, where there are several."""

    def __init__(self, packages: Iterable[dict[str, Any]]) -> None:
        self.packages = tuple(packages)
        self.known: dict[str, list[str]] = {}
        for one in self.packages:
            self.known.setdefault(normalised(str(one["name"])), []).append(str(one["version"]))

    def pointed(self, edge: Edge, constraint: str) -> tuple[Edge, ...]:
        """The edge with the version that it means, or one for each of those that it may mean."""
        several = self.known.get(edge.name, [])
        if len(several) < 2:
            return (edge,)
        return tuple(Edge(edge.name, one, edge.extras, edge.marker) for one in several if fits(constraint, one))

    def all_pointed(self, declared: Iterable[poetry.Declared]) -> tuple[Edge, ...]:
        """The edges of several dependencies."""
        return tuple(one for each in declared for edge in poetry.edges(each) for one in self.pointed(*edge))


def _root(whole: Mapping[str, Any], versions: _Versions) -> Node:
    """The project itself: what `[project]` says, else what `[tool.poetry]` does."""
    project = table(whole, "project")
    main = poetry.main_dependencies(whole)
    listed = texts(project.get("dependencies"))
    own = {edge.name for edge, _ in map(edge_of, listed)}
    edges = [one for line in listed for one in versions.pointed(*edge_of(line))]
    if "dependencies" not in project:
        edges += versions.all_pointed(one for one in main if one[0] not in own and not poetry.is_optional(one[1]))
    extras = {
        normalised(name): tuple(one for line in texts(lines) for one in versions.pointed(*edge_of(line)))
        for name, lines in table(project, "optional-dependencies").items()
    }
    for name, names in poetry.extras(whole).items():
        extras.setdefault(name, versions.all_pointed(one for one in main if one[0] in names))
    return Node("", "", tuple(edges), extras)


def _groups(whole: Mapping[str, Any], versions: _Versions) -> Iterator[tuple[str, tuple[Edge, ...]]]:
    of_project = declared_groups(whole)
    of_poetry = poetry.groups(whole)
    for name in sorted({*of_project, *of_poetry}):
        lines = of_project.get(name, ())
        edges = tuple(one for line in lines for one in versions.pointed(*edge_of(line)))
        yield name, edges or versions.all_pointed(of_poetry.get(name, ()))


def _node(package: Mapping[str, Any], versions: _Versions) -> Node:
    declared = [(normalised(str(name)), said) for name, said in table(package, "dependencies").items()]
    source = table(package, "source")
    kind = text(source, "type")
    return Node(
        name=normalised(str(package["name"])),
        version=str(package["version"]),
        edges=versions.all_pointed(one for one in declared if not poetry.is_optional(one[1])),
        extras={
            normalised(name): versions.all_pointed(
                one for one in declared if one[0] in {_name_of(line) for line in texts(lines)}
            )
            for name, lines in table(package, "extras").items()
        },
        marker=_marker(package.get("markers")),
        place=text(source, "url") if kind == "directory" else "",
        source="" if kind in ("", "legacy") else kind,
    )


def _name_of(line: str) -> str:
    """The name in an entry of a package's extras: `uvloop (>=0.15) ; sys_platform != "win32"`."""
    letters = line.strip()
    end = next((at for at, letter in enumerate(letters) if not (letter.isalnum() or letter in "._-")), len(letters))
    return normalised(letters[:end])


def _marker(said: object) -> str:
    """When a package is meant: one marker, or one for each group."""
    if isinstance(said, dict):
        return " or ".join(f"({one})" for one in said.values() if isinstance(one, str))
    return said if isinstance(said, str) else ""


def _stale(whole: Mapping[str, Any], has: str, own: Iterable[Any], versions: _Versions) -> str:
    """Why a lock is not that of its project: by name where packages are missing, else because the hashes differ."""
    edges = [edge for part in own for edge in ((*part.edges, *_all(part.extras)) if isinstance(part, Node) else part)]
    missing = sorted({edge.name for edge in edges} - versions.known.keys())
    if missing:
        return ", ".join(f"{name} was added" for name in missing)
    hashes = poetry.content_hashes(whole)
    return "" if not hashes or has in hashes else "what it hashes of the project is not the same"


def _all(extras: Mapping[str, tuple[Edge, ...]]) -> Iterator[Edge]:
    for edges in extras.values():
        yield from edges


def poetry_pins(data: bytes) -> Iterator[Pin]:
    """What a `poetry.lock` says of the files of each package."""
    return _pins(parsed(data)[0])


def _pins(lock: Mapping[str, Any]) -> Iterator[Pin]:
    apart = table(table(lock, "metadata"), "files")
    for package in tables(lock.get("package")):
        name, source = str(package["name"]), table(package, "source")
        kind, url = text(source, "type"), text(source, "url")
        files = tables(package.get("files")) or tables(apart.get(name))
        yield Pin(
            name=normalised(name),
            version=str(package["version"]),
            digests=sha256_of(text(file, "hash") for file in files),
            index=Index(name=text(source, "reference"), url=url) if kind == "legacy" else None,
            source=_SOURCES.get(kind, ""),
            place=url if kind in _SOURCES else "",
            commit=text(source, "resolved_reference"),
            subfolder=text(source, "subdirectory"),
        )


_SOURCES: Mapping[str, Literal["git", "url", "file"]] = {"git": "git", "url": "url", "file": "file"}
