"""What a `uv.lock` says of one of its projects. Pure; parsed once for each content.

The format: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile (version 1).
"""

from collections.abc import Mapping
from typing import Any

from lading.survey.python.lockfacts import Edge, LockFacts, Node
from lading.survey.python.requirements import locked
from lading.survey.python.tables import parsed, table, texts

VERSION = 1
"""The one major version of the format that there is."""

_LOCAL = ("editable", "virtual", "directory")
_ELSEWHERE = {"git": "git", "url": "url", "path": "file"}


def read_uv_lock(data: bytes, place: str = ".") -> LockFacts:
    """The facts of one `uv.lock`, for the project in the folder `place`, relative to the lock's; a lock that cannot be
    read gives facts that say so."""
    whole, broken = parsed(data)
    if broken:
        return LockFacts(broken=broken)
    if whole.get("version") != VERSION:
        return LockFacts(broken=f"its format is version {whole.get('version')!r}, not {VERSION}")
    packages = whole.get("package")
    try:
        return _facts(whole, packages if isinstance(packages, list) else [], place)
    except (AttributeError, KeyError, TypeError, ValueError):
        return LockFacts(broken="it does not have the shape of a uv.lock")


def _facts(whole: Mapping[str, Any], packages: list[Any], place: str) -> LockFacts:
    own = next((one for one in packages if _place(one) == place), None)
    groups = own.get("dev-dependencies", {}) if own else {}
    return LockFacts(
        members=texts(table(whole, "manifest").get("members")),
        root=_node(own) if own else None,
        groups={name: _edges(edges) for name, edges in groups.items()},
        requires=locked(own["metadata"].get("requires-dist", ())) if own and "metadata" in own else None,
        nodes=tuple(_node(one) for one in packages if one is not own),
        python=str(whole.get("requires-python", "")),
        also=tuple(sorted(str(one["source"]["path"]) for one in packages if "path" in one["source"])),
    )


def _place(package: Mapping[str, Any]) -> str:
    return next((str(package["source"][kind]) for kind in _LOCAL if kind in package["source"]), "")


def _node(package: Mapping[str, Any]) -> Node:
    extras = package.get("optional-dependencies", {})
    return Node(
        name=str(package["name"]),
        version=str(package.get("version", "")),
        edges=_edges(package.get("dependencies", [])),
        extras={name: _edges(edges) for name, edges in extras.items()},
        place=_place(package),
        source=next((word for kind, word in _ELSEWHERE.items() if kind in package["source"]), ""),
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
