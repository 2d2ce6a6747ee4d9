"""What `[tool.poetry]` says of a project: its name and Python, what it needs, its groups and extras. Pure.

https://python-poetry.org/docs/pyproject/. Since Poetry 2 a project says most of that in `[project]`, and
`[tool.poetry.dependencies]` only adds to it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from lading.survey.python.lockfacts import Edge
from lading.survey.python.tables import normalised, table

Declared = tuple[str, Any]
"""A package's normalised name, and what is said of it: a constraint, a table, or several tables."""


def main_dependencies(whole: Mapping[str, Any]) -> tuple[Declared, ...]:
    """What the project itself depends on, as `[tool.poetry.dependencies]` says it; Python is none of it."""
    return tuple(_declared(table(_poetry(whole), "dependencies")))


def groups(whole: Mapping[str, Any]) -> dict[str, tuple[Declared, ...]]:
    """The groups beside `main`, by normalised name; Poetry 1.1's `dev-dependencies` are the group `dev`."""
    poetry = _poetry(whole)
    found = {
        normalised(name): tuple(_declared(table(group, "dependencies")))
        for name, group in table(poetry, "group").items()
        if isinstance(group, dict)
    }
    legacy = tuple(_declared(table(poetry, "dev-dependencies")))
    if legacy:
        found["dev"] = (*found.get("dev", ()), *legacy)
    return found


def extras(whole: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The extras of `[tool.poetry.extras]`: the normalised names of the optional dependencies of each."""
    found = table(_poetry(whole), "extras")
    return {
        normalised(name): frozenset(normalised(str(one)) for one in names)
        for name, names in found.items()
        if isinstance(names, list)
    }


def edges(declared: Declared) -> Iterator[tuple[Edge, str]]:
    """The edges of one dependency, each with its version constraint."""
    name, said = declared
    for one in said if isinstance(said, list) else [said]:
        given = one if isinstance(one, dict) else {"version": one}
        markers = [f"({given[key]})" for key in ("markers", "marker") if isinstance(given.get(key), str)]
        if isinstance(given.get("python"), str):
            markers += _python_marker(given["python"])
        if given.get("platform"):
            markers.append(f"sys_platform == '{given['platform']}'")
        asked = tuple(map(str, given.get("extras", ())))
        yield Edge(name, "", tuple(map(normalised, asked)), " and ".join(markers)), str(given.get("version", "*"))


def is_optional(said: object) -> bool:
    """Whether a dependency is only for extras."""
    several = said if isinstance(said, list) else [said]
    return any(isinstance(one, dict) and one.get("optional") is True for one in several)


def content_hashes(whole: Mapping[str, Any]) -> frozenset[str]:
    """What `metadata.content-hash` of a lock of this project may be: the versions of Poetry differ in what they hash.
    Nothing where it cannot be told.

    Poetry's `Locker._get_content_hash`: https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py
    """
    poetry, groups_of = _poetry(whole), table(whole, "dependency-groups")
    project = table(whole, "project")
    own = {key: project[key] for key in ("requires-python", "dependencies", "optional-dependencies") if key in project}
    legacy = {key: poetry.get(key) for key in ("dependencies", "source", "extras", "dev-dependencies")}
    group = {"group": poetry["group"]} if "group" in poetry else {}
    tool = {"tool": {"poetry": {key: said for key, said in {**legacy, **group}.items() if said is not None}}}
    contents: list[dict[str, Any]] = (
        [{"project": own, "dependency-groups": groups_of}, {"project": own}] if own or groups_of else []
    )
    known = [{**{key: said for key, said in one.items() if said}, **tool} for one in contents]
    return frozenset(found for one in (*known, {**legacy, **group}, legacy) if (found := _hashed(one)))


def _hashed(content: Mapping[str, Any]) -> str:
    import json

    try:
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError):
        return ""  # TOML has dates, which Poetry could not hash either


def _declared(table: Mapping[str, Any]) -> Iterator[Declared]:
    for name, said in table.items():
        if name != "python":
            yield normalised(name), said


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


def _poetry(whole: Mapping[str, Any]) -> dict[str, Any]:
    return table(table(whole, "tool"), "poetry")
