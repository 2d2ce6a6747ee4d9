"""What a `pdm.lock` says. Pure.

The format: https://pdm-project.org/latest/usage/lockfile/. As in a lock of Poetry, what the project itself depends on
stands in pyproject.toml; a package with extras is an entry of its own for each set of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lading.survey.python.groups import declared_groups
from lading.survey.python.lockfacts import Edge, LockFacts, Node
from lading.survey.python.pins import Pin, sha256_of
from lading.survey.python.requirement import edge_of
from lading.survey.python.tables import format_problem, normalised, parsed, table, tables, text, texts

NEWEST = 4
"""The newest major version of the format that is known."""


def read_pdm_lock(data: bytes, project: bytes) -> LockFacts:
    """The facts of one lock, for its pyproject.toml; one that cannot be read gives facts that say so."""
    lock, broken = parsed(data)
    whole, _ = parsed(project)
    broken = broken or format_problem(text(table(lock, "metadata"), "lock_version"), NEWEST)
    if broken:
        return LockFacts(broken=broken)
    try:
        return _facts(lock, whole)
    except (AttributeError, KeyError, TypeError, ValueError):
        return LockFacts(broken="it does not have the shape of a pdm.lock")


def _facts(lock: Mapping[str, Any], whole: Mapping[str, Any]) -> LockFacts:
    project = table(whole, "project")
    nodes = tuple(_nodes(tables(lock.get("package"))))
    groups = {name: _edges(lines) for name, lines in declared_groups(whole).items()}
    for name, lines in table(table(table(whole, "tool"), "pdm"), "dev-dependencies").items():
        groups[normalised(name)] = _edges(line for line in texts(lines) if not line.startswith("-e"))
    extras = {normalised(name): _edges(texts(lines)) for name, lines in table(project, "optional-dependencies").items()}
    root = Node("", "", _edges(texts(project.get("dependencies"))), extras)
    has = {node.name for node in nodes}
    missing = sorted({edge.name for edge in root.edges} - has)
    return LockFacts(
        root=root,
        groups=groups,
        nodes=nodes,
        stale=", ".join(f"{name} was added" for name in missing),
        python=text(tables(table(lock, "metadata").get("targets"))[0], "requires_python")
        if table(lock, "metadata").get("targets")
        else "",
    )


def _edges(lines: Iterable[str]) -> tuple[Edge, ...]:
    return tuple(edge_of(line)[0] for line in lines)


def _nodes(packages: Iterable[Mapping[str, Any]]) -> Iterator[Node]:
    """Each package once, with what its extras bring."""
    merged: dict[tuple[str, str], tuple[Mapping[str, Any], dict[str, tuple[Edge, ...]]]] = {}
    for one in packages:
        key = normalised(str(one["name"])), str(one.get("version", ""))
        own, extras = merged.setdefault(key, (one, {}))
        asked = texts(one.get("extras"))
        for extra in asked:
            extras[normalised(extra)] = _edges(texts(one.get("dependencies")))
        if not asked and own.get("extras"):
            merged[key] = one, extras
    for (name, version), (one, extras) in merged.items():
        path = text(one, "path")
        yield Node(
            name=name,
            version=version,
            edges=() if one.get("extras") else _edges(texts(one.get("dependencies"))),
            extras=extras,
            marker=text(one, "marker"),
            place=path if path and not _is_file(path) else "",
            source="git" if "git" in one else "url" if "url" in one else "file" if _is_file(path) else "",
        )


def pdm_pins(data: bytes) -> Iterator[Pin]:
    """What a `pdm.lock` says of the files of each package."""
    lock, _ = parsed(data)
    for one in tables(lock.get("package")):
        git, url, path = text(one, "git"), text(one, "url"), text(one, "path")
        yield Pin(
            name=normalised(str(one["name"])),
            version=str(one.get("version", "")),
            digests=sha256_of(text(file, "hash") for file in tables(one.get("files"))),
            source="git" if git else "url" if url else "file" if _is_file(path) else "",
            place=git or url or path,
            commit=text(one, "revision"),
            subfolder=text(one, "subdirectory"),
        )


def _is_file(path: str) -> bool:
    return path.endswith((".whl", ".zip", ".tar.gz"))
