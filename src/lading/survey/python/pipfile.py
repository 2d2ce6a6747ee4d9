"""What a `Pipfile.lock` says. Pure.

The formats: https://pipenv.pypa.io/en/latest/pipfile.html. A lock has each package of a category with its marker, and
not who asked for it: `default` ships, all others (`develop`) are groups.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from lading.survey.python.lockfacts import Edge, LockFacts, Node
from lading.survey.python.pins import Index, Pin, sha256_of
from lading.survey.python.tables import normalised, parsed, table, tables, text, texts

SPEC = 6
"""The one version of the format that there is."""


def read_pipfile_lock(data: bytes, pipfile: bytes) -> LockFacts:
    """The facts of one lock, for the Pipfile beside it; one that cannot be read gives facts that say so."""
    lock, broken = _read(data)
    if broken:
        return LockFacts(broken=broken)
    spec = table(lock, "_meta").get("pipfile-spec")
    if spec != SPEC:
        return LockFacts(broken=f"its format is version {spec!r}, not {SPEC}")
    categories = {name: dict(_entries(said)) for name, said in lock.items() if name != "_meta"}
    nodes = {(node.name, node.version): node for said in categories.values() for node in map(_node, said.items())}
    edges = {name: tuple(_edge(one) for one in said.items()) for name, said in categories.items()}
    requires = table(table(lock, "_meta"), "requires")
    python = text(requires, "python_full_version") or text(requires, "python_version")
    return LockFacts(
        root=Node("", "", edges.pop("default", ())),
        groups={"dev" if name == "develop" else normalised(name): found for name, found in edges.items()},
        nodes=tuple(nodes.values()),
        stale=_stale(lock, pipfile),
        python=f"=={python}.*" if python else "",
    )


def pipenv_pins(data: bytes) -> Iterator[Pin]:
    """What a `Pipfile.lock` says of the files of each package."""
    lock, _ = _read(data)
    indexes = {one.name: one for one in pipenv_indexes(data)}
    for category in (said for name, said in lock.items() if name != "_meta"):
        for name, said in _entries(category):
            git, file = text(said, "git"), text(said, "file") or text(said, "path")
            address = "://" in file
            yield Pin(
                name=name,
                version=_version(said),
                digests=sha256_of(texts(said.get("hashes"))),
                index=indexes.get(text(said, "index")),
                source="git" if git else "url" if file and address else "file" if _is_file(file) else "",
                place=git or file,
                commit=text(said, "ref"),
                subfolder=text(said, "subdirectory"),
            )


def pipenv_indexes(data: bytes) -> tuple[Index, ...]:
    """The indexes that a `Pipfile.lock` names, the first of which is asked first."""
    lock, _ = _read(data)
    sources = tables(table(lock, "_meta").get("sources"))
    return tuple(Index(name=text(one, "name"), url=text(one, "url")) for one in sources if text(one, "url"))


def _read(data: bytes) -> tuple[dict[str, Any], str]:
    import json

    try:
        whole = json.loads(data)
    except (ValueError, RecursionError) as error:
        return {}, str(error) or "it is nested too deeply"
    return (whole, "") if isinstance(whole, dict) else ({}, "it does not have the shape of a Pipfile.lock")


def _entries(category: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, said in category.items() if isinstance(category, dict) else ():
        if isinstance(said, dict) and normalised(str(name)):
            yield normalised(str(name)), said


def _version(said: Mapping[str, Any]) -> str:
    return text(said, "version").removeprefix("==")


def _edge(entry: tuple[str, dict[str, Any]]) -> Edge:
    name, said = entry
    return Edge(name, _version(said), tuple(map(normalised, texts(said.get("extras")))), text(said, "markers"))


def _node(entry: tuple[str, dict[str, Any]]) -> Node:
    name, said = entry
    path = text(said, "path") or text(said, "file")
    local = bool(path) and "://" not in path and not _is_file(path)
    source = "git" if "git" in said else "url" if "://" in path else "file" if _is_file(path) else ""
    return Node(name, _version(said), place=path if local else "", source=source)


def _is_file(path: str) -> bool:
    return path.endswith((".whl", ".zip", ".tar.gz"))


def _stale(lock: Mapping[str, Any], pipfile: bytes) -> str:
    """Whether the Pipfile has changed: Pipenv hashes what matters of it
    (https://github.com/sarugaku/plette/blob/master/src/plette/pipfiles.py)."""
    import json

    whole, broken = parsed(pipfile)
    has = text(table(table(lock, "_meta"), "hash"), "sha256")
    if not pipfile or broken or not has:
        return ""
    other = {
        name: said
        for name, said in whole.items()
        if isinstance(said, dict)
        and name not in ("source", "packages", "dev-packages", "requires", "pipfile", "pipenv", "scripts")
    }
    content = {
        "_meta": {"sources": whole.get("source", []), "requires": whole.get("requires", {})},
        "default": whole.get("packages", {}),
        "develop": whole.get("dev-packages", {}),
        **other,
    }
    try:
        found = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    except (TypeError, ValueError):
        return ""
    return "" if found == has else "what it hashes of the Pipfile is not the same"
