"""What a project requires, in a form in which its `pyproject.toml` and its `uv.lock` can be compared. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Required = tuple[str, str]
"""A package's normalised name and the versions that fit, in one spelling; `ANY` where a source of its own decides."""

ANY = "?"
_SOURCES = ("directory", "editable", "git", "path", "url", "virtual", "workspace")


def declared(project: Mapping[str, Any]) -> tuple[Required, ...] | None:
    """What the `[project]` table requires, its extras included, sorted; nothing when something else tells it, or when
    it cannot be read."""
    dynamic = project.get("dynamic", ())
    extras = project.get("optional-dependencies", {})
    if not isinstance(dynamic, list | tuple) or {"dependencies", "optional-dependencies"} & set(map(str, dynamic)):
        return None
    try:
        lines = [*project.get("dependencies", ()), *(line for lines in extras.values() for line in lines)]
        return tuple(sorted(set(_parsed(lines))))
    except (AttributeError, TypeError, ValueError):
        return None


def locked(entries: Iterable[Mapping[str, Any]]) -> tuple[Required, ...]:
    """What a lock was made for: the `requires-dist` of its root, sorted."""
    found = set()
    for entry in entries:
        sourced = any(kind in entry for kind in _SOURCES)
        found.add((str(entry["name"]), ANY if sourced else one_spelling(str(entry.get("specifier", "")))))
    return tuple(sorted(found))


def differences(project: Iterable[Required] | None, lock: Iterable[Required] | None) -> tuple[str, ...]:
    """What differs, in words; nothing when the lock was made for the project as it is, or one of them does not tell."""
    if project is None or lock is None:
        return ()
    wanted, has = set(project), set(lock)
    free = {name for name, versions in has if versions == ANY}
    missing = {one for one in wanted - has if one[0] not in free}
    wrong = {one for one in has - wanted if one[0] not in free or one[0] not in {name for name, _ in wanted}}
    names = sorted({name for name, _ in missing | wrong})
    return tuple(_told(name, missing, wrong) for name in names)


def one_spelling(specifier: str) -> str:
    """A version specifier (PEP 440), whatever its order, spaces and zeros; `ValueError` when it is none.

    >>> one_spelling("< 2, >=1.0.0"), one_spelling(">=1,<2.0")
    ('<2,>=1', '<2,>=1')
    """
    from packaging.specifiers import SpecifierSet
    from packaging.utils import canonicalize_version

    return ",".join(
        sorted(
            one.operator + canonicalize_version(one.version, strip_trailing_zero=one.operator != "~=")
            for one in SpecifierSet(specifier)
        )
    )


def _parsed(lines: Iterable[str]) -> Iterator[Required]:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for line in lines:
        requirement = Requirement(line)
        yield canonicalize_name(requirement.name), ANY if requirement.url else one_spelling(str(requirement.specifier))


def _told(name: str, missing: Iterable[Required], wrong: Iterable[Required]) -> str:
    now = [versions for own, versions in sorted(missing) if own == name]
    then = [versions for own, versions in sorted(wrong) if own == name]
    if now and then:
        return f"{name} {then[0] or 'any version'} → {now[0] or 'any version'}"
    return f"{name} was added" if now else f"{name} was removed"
