"""What `[tool.poetry]` says of a project: its name and Python, what it needs, its groups and extras. Pure.

https://python-poetry.org/docs/pyproject/. Since Poetry 2 a project says most of that in `[project]`, and
`[tool.poetry.dependencies]` only adds to it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from lading.survey.python.lockfacts import Edge

Declared = tuple[str, Any]
"""A package's normalised name, and what is said of it: a constraint, a table, or several tables."""


def main_dependencies(whole: Mapping[str, Any]) -> tuple[Declared, ...]:
    """What the project itself depends on, as `[tool.poetry.dependencies]` says it; Python is none of it."""
    return tuple(_declared(_table(_poetry(whole), "dependencies")))


def groups(whole: Mapping[str, Any]) -> dict[str, tuple[Declared, ...]]:
    """The groups beside `main`, by normalised name; Poetry 1.1's `dev-dependencies` are the group `dev`."""
    poetry = _poetry(whole)
    found = {
        _normalised(name): tuple(_declared(_table(group, "dependencies")))
        for name, group in _table(poetry, "group").items()
        if isinstance(group, dict)
    }
    legacy = tuple(_declared(_table(poetry, "dev-dependencies")))
    if legacy:
        found["dev"] = (*found.get("dev", ()), *legacy)
    return found


def extras(whole: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The extras of `[tool.poetry.extras]`: the normalised names of the optional dependencies of each."""
    table = _table(_poetry(whole), "extras")
    return {
        _normalised(name): frozenset(_normalised(str(one)) for one in names)
        for name, names in table.items()
        if isinstance(names, list)
    }


def edges(declared: Declared) -> Iterator[tuple[Edge, str]]:
    """The edges of one dependency, each with its version constraint."""
    name, said = declared
    for one in said if isinstance(said, list) else [said]:
        table = one if isinstance(one, dict) else {"version": one}
        markers = [f"({table[key]})" for key in ("markers", "marker") if isinstance(table.get(key), str)]
        if isinstance(table.get("python"), str):
            markers += _python_marker(table["python"])
        if table.get("platform"):
            markers.append(f"sys_platform == '{table['platform']}'")
        asked = tuple(map(str, table.get("extras", ())))
        yield Edge(name, "", tuple(map(_normalised, asked)), " and ".join(markers)), str(table.get("version", "*"))


def is_optional(said: object) -> bool:
    """Whether a dependency is only for extras."""
    several = said if isinstance(said, list) else [said]
    return any(isinstance(one, dict) and one.get("optional") is True for one in several)


def content_hashes(whole: Mapping[str, Any]) -> frozenset[str]:
    """What `metadata.content-hash` of a lock of this project may be: the versions of Poetry differ in what they hash.
    Nothing where it cannot be told.

    Poetry's `Locker._get_content_hash`: https://github.com/python-poetry/poetry/blob/2.2.1/src/poetry/packages/locker.py
    """
    project, groups_of, poetry = (_table(whole, "project"), _table(whole, "dependency-groups"), _poetry(whole))
    own = {key: project[key] for key in ("requires-python", "dependencies", "optional-dependencies") if key in project}
    legacy = ("dependencies", "source", "extras", "dev-dependencies")
    old = {key: poetry.get(key) for key in legacy} | ({"group": poetry["group"]} if "group" in poetry else {})
    new = {key: poetry[key] for key in (*legacy, "group") if key in poetry}
    known: list[dict[str, Any]] = [old, {key: value for key, value in old.items() if key != "group"}]
    if own:
        known.append({"project": own, "tool": {"poetry": new}})
        known.append({"project": own, "tool": {"poetry": new}, "dependency-groups": groups_of})
    elif groups_of:
        known += [{**new, "dependency-groups": groups_of}, new]
    return frozenset(found for one in known if (found := _hashed(one)))


def _hashed(content: Mapping[str, Any]) -> str:
    import json

    try:
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError):
        return ""  # TOML has dates, which Poetry could not hash either


def _declared(table: Mapping[str, Any]) -> Iterator[Declared]:
    for name, said in table.items():
        if name != "python":
            yield _normalised(name), said


def _python_marker(constraint: str) -> list[str]:
    from lading.survey.python.poetryversions import alternatives

    try:
        found = alternatives(constraint)
    except ValueError:
        return []
    told = [" and ".join(_compared(part) for part in one.split(",") if part) for one in found]
    return [f"({' or '.join(one for one in told)})"] if all(told) else []


def _compared(specifier: str) -> str:
    operator = specifier.rstrip("0123456789.*abcdevoprstl!+-_")
    version = specifier[len(operator) :]
    name = "python_full_version" if version.count(".") > 1 and not version.endswith("*") else "python_version"
    return f"{name} {operator} '{version}'"


def _normalised(name: str) -> str:
    from lading.survey.python.names import normalised

    return normalised(name)


def _poetry(whole: Mapping[str, Any]) -> dict[str, Any]:
    return _table(_table(whole, "tool"), "poetry")


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}
