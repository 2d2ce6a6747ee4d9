"""Which Python a service wants: what it says in a file made for that, else the best that its range allows. Pure.

Never this machine's own interpreter: an image that depended on that would be another one on each machine.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from lading.survey.model import Fact, PythonFacts

OFFERED = {"3.13": "3.13.5", "3.11": "3.11.2"}
"""The Pythons of Debian's releases, the newest first, each with its full version: trixie's and bookworm's."""

OTHERS = {"3.14": "3.14.9", "3.12": "3.12.99", "3.10": "3.10.99", "3.9": "3.9.99"}
"""Other versions that a range may be solved for when Debian has none that fits."""

FILES = (".python-version", ".tool-versions", "mise.toml", ".mise.toml", "runtime.txt")
"""Files that name a version, the strongest first."""

_PLAIN = re.compile(r"(?:c?python-?)?(3\.\d{1,2})(?:\.\d+)?\Z")


def python_facts(requires: Fact[str], files: Mapping[str, bytes]) -> PythonFacts:
    """The Python of a service from the range that it allows, with its source, and the contents of `FILES` (by path, the
    nearest first).

    A version that is no plain one (`pypy3.10`, `3.13t`) is told as it stands; the plan refuses it.
    """
    version = _version_fact(requires, files)
    return PythonFacts(
        version=version,
        requires=requires.value,
        source=requires.source,
        allowed=allowed(requires.value, said=version.value),
    )


def allowed(requires: str, *, said: str = "") -> tuple[str, ...]:
    """The known versions (`major.minor`) that a range allows, the preferred first: Debian's, then the others by age,
    last the one that was `said`, should it be newer than all of them.

    One that is no range allows none.

    >>> allowed(">=3.11,<3.14"), allowed("==3.12.*"), allowed("three")
    (('3.13', '3.11', '3.12'), ('3.12',), ())
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        range_ = SpecifierSet(requires)
    except InvalidSpecifier:
        return ()
    known = {**OFFERED, **OTHERS}
    if _PLAIN.match(said):
        known.setdefault(said, f"{said}.99")
    return tuple(short for short, full in known.items() if range_.contains(full))


def _version_fact(requires: Fact[str], files: Mapping[str, bytes]) -> Fact[str]:
    for path, data in files.items():
        said = _READERS[path.rpartition("/")[2]](data.decode(errors="replace"))
        if said:
            return Fact(value=_version(said, requires.value), source=path)
    if requires.value:
        return Fact(value=_solved(requires.value), source=requires.source, certainty="found")
    return Fact(value=next(iter(OFFERED)), source="the newest that Debian offers", certainty="assumed")


def _solved(requires: str) -> str:
    """The preferred version that a range allows; the range itself when none fits or when it is no range."""
    return next(iter(allowed(requires)), requires)


def _version(said: str, requires: str) -> str:
    match = _PLAIN.match(said)
    if match:
        return match[1]
    if said == "3":
        return _solved(requires or ">=3")
    return _solved(said) if said[0] in "<>=~!" else said[:40]


def _python_version(text: str) -> str:
    return next(_words(text), "")


def _tool_versions(text: str) -> str:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1 and words[0] == "python":
            return words[1]
    return ""


def _mise(text: str) -> str:
    import tomli

    try:
        tools = tomli.loads(text).get("tools")
    except (tomli.TOMLDecodeError, RecursionError):
        return ""
    said = tools.get("python") if isinstance(tools, dict) else None
    if isinstance(said, list) and said:
        said = said[0]
    if isinstance(said, dict):
        said = said.get("version")
    return said.strip() if isinstance(said, str) else ""


def _runtime(text: str) -> str:
    said = next(_words(text), "")
    return said if said.startswith("python-") else ""


def _words(text: str) -> Iterator[str]:
    return (word for line in text.splitlines() for word in line.partition("#")[0].split()[:1])


_READERS: Mapping[str, Callable[[str], str]] = {
    ".python-version": _python_version,
    ".tool-versions": _tool_versions,
    "mise.toml": _mise,
    ".mise.toml": _mise,
    "runtime.txt": _runtime,
}
