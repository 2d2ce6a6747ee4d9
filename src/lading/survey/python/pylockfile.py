"""What a `pylock.toml` says (PEP 751). Pure.

https://packaging.python.org/en/latest/specifications/pylock-toml/. It has each package with the marker that decides
whether it is installed, which may ask for extras and groups.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lading.survey.python.lockfacts import Edge, LockFacts, Node
from lading.survey.python.tables import normalised, parsed, table, tables, text, texts

_ASKS = re.compile(r"""["']([A-Za-z0-9._-]+)["']\s+(not\s+)?in\s+(extras|dependency_groups)\b""")
_TRUE, _FALSE = "python_version >= '0'", "python_version < '0'"


def read_pylock(data: bytes) -> LockFacts:
    """The facts of one lock; one that cannot be read gives facts that say so."""
    lock, broken = parsed(data)
    version = text(lock, "lock-version")
    if broken:
        return LockFacts(broken=broken)
    if version.partition(".")[0] != "1":
        return LockFacts(broken=f"its format is version {version or 'unknown'!r}, not 1")
    try:
        return _facts(lock)
    except (AttributeError, KeyError, TypeError, ValueError):
        return LockFacts(broken="it does not have the shape of a pylock.toml")


def pylock_marker(marker: str, *, extras: Collection[str], groups: Collection[str]) -> str:
    """A marker as it reads when these extras and groups are asked for, and no others.

    >>> pylock_marker("'a' in extras or 'b' in dependency_groups", extras={"a"}, groups=())
    "python_version >= '0' or python_version < '0'"
    """

    def judged(found: "re.Match[str]") -> str:
        asked = extras if found[3] == "extras" else groups
        return _TRUE if (normalised(found[1]) in asked) != bool(found[2]) else _FALSE

    return _ASKS.sub(judged, marker)


def default_groups(lock: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups that are installed when nobody asks for any."""
    return tuple(map(normalised, texts(lock.get("default-groups"))))


def _facts(lock: Mapping[str, Any]) -> LockFacts:
    packages = tables(lock.get("packages"))
    default = default_groups(lock)
    extras = [normalised(name) for name in texts(lock.get("extras"))]
    groups = [normalised(name) for name in texts(lock.get("dependency-groups"))]
    return LockFacts(
        root=Node(
            "",
            "",
            _edges(packages, (), default),
            {name: _edges(packages, (name,), default) for name in extras},
        ),
        groups={name: _edges(packages, (), (*default, name)) for name in groups if name not in default},
        nodes=tuple(_nodes(packages)),
        python=text(lock, "requires-python"),
        also=tuple(sorted(set(_files(packages)))),
    )


def _files(packages: Collection[Mapping[str, Any]]) -> Iterator[str]:
    """The files of the repository that packages come as, relative to the lock."""
    for one in packages:
        for file in (*tables(one.get("wheels")), table(one, "sdist"), table(one, "archive")):
            if text(file, "path"):
                yield text(file, "path")


def _edges(
    packages: Collection[Mapping[str, Any]], extras: Collection[str], groups: Collection[str]
) -> tuple[Edge, ...]:
    return tuple(
        Edge(
            normalised(str(one["name"])),
            text(one, "version"),
            marker=pylock_marker(text(one, "marker"), extras=extras, groups=groups),
        )
        for one in packages
    )


def _nodes(packages: Collection[Mapping[str, Any]]) -> Iterator[Node]:
    for one in packages:
        archive = table(one, "archive")
        source = "git" if "vcs" in one else ("url" if "url" in archive else "file") if archive else ""
        place = text(table(one, "directory"), "path")
        yield Node(normalised(str(one["name"])), text(one, "version"), place=place, source=source)
