"""Which Node a service wants: a release line that is supported, solved from what the project says. Pure.

Never this machine's own node: an image that depended on that would be another one on each machine.
"""

import re
from collections.abc import Iterator, Mapping

from lading.survey.model import Fact

LINES = ("24", "22", "20")
"""The release lines that there are wheels of, the preferred first (https://github.com/nodejs/release#release-schedule)."""

FILES = (".nvmrc", ".node-version", ".tool-versions", "mise.toml", ".mise.toml")
"""Files that name a version, the strongest first."""

_CODE_NAMES = {"iron": "20", "jod": "22", "krypton": "24"}
"""What nvm calls the lines of long-term support (`lts/krypton`)."""
_PART = r"(?:[vV]?(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*])(?:[-+][0-9A-Za-z.+-]*)?)?)?)"
_COMPARATOR = re.compile(rf"\s*(\^|~>?|>=|<=|>|<|=)?\s*{_PART}\s*")
_HYPHEN = re.compile(rf"\s*{_PART}\s+-\s+{_PART}\s*\Z")

Version = tuple[int, int, int]
Span = tuple[Version, Version]
"""The first version that fits, and the first that fits no more."""

_NEVER: Version = (1 << 30, 0, 0)


def node_fact(engines: str, files: Mapping[str, bytes]) -> Fact[str]:
    """The release line (`24`) of a service, from `engines.node` and the contents of `FILES` (by path, nearest first).

    `engines` is a bound, a file a choice within it. A bound that no supported line fits is told as it stands; the plan
    refuses it.
    """
    fitting = [line for line in LINES if allows(engines, line)]
    for path, data in files.items():
        line = line_in(path.rpartition("/")[2], data.decode(errors="replace"))
        if line and (line in fitting or not engines):
            return Fact(value=line, source=path)
    if not engines:
        return Fact(value=LINES[0], source="the newest with long-term support", certainty="assumed")
    source = "package.json › engines.node"
    return Fact(value=fitting[0] if fitting else engines, source=source, certainty="found" if fitting else "declared")


def allows(range_: str, line: str) -> bool:
    """Whether a range (https://github.com/npm/node-semver#ranges) fits any version of a release line.

    >>> allows(">=20.11 <23", "22"), allows("^18 || 20.x", "22"), allows("", "24")
    (True, False, True)
    """
    first, end = (int(line), 0, 0), (int(line) + 1, 0, 0)
    return any(max(low, first) < min(high, end) for low, high in spans(range_))


def spans(range_: str) -> Iterator[Span]:
    """The alternatives of a range; what is no range fits nothing."""
    for alternative in range_.split("||"):
        found = _span(alternative)
        if found and found[0] < found[1]:
            yield found


def line_in(file: str, text: str) -> str:
    """The release line that a file names, or nothing.

    >>> line_in(".nvmrc", "lts/jod"), line_in(".tool-versions", "nodejs 20.11.1"), line_in(".nvmrc", "v24.6")
    ('22', '20', '24')
    """
    if file in (".nvmrc", ".node-version"):
        word = next((line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"), "")
    else:
        found = re.search(r"^\s*[\"']?(?:nodejs|node)[\"']?\s*(?:=\s*)?[\"']?([\w./*-]+)", text, re.MULTILINE)
        word = found[1] if found else ""
    if word in ("lts/*", "node", "stable", "latest", "lts"):
        return LINES[0]
    if word.startswith("lts/"):
        return _CODE_NAMES.get(word[4:].lower(), "")
    number = re.match(r"v?(\d{1,3})(?:\.|\Z)", word)
    return number[1] if number else ""


def _span(text: str) -> Span | None:
    hyphen = _HYPHEN.match(text)
    if hyphen:
        parts = hyphen.groups()
        return _low(parts[:3]), _high(parts[3:])
    low, high = (0, 0, 0), _NEVER
    position = 0
    while position < len(text.rstrip()):
        found = _COMPARATOR.match(text, position)
        if not found:
            return None
        position = found.end()
        least, end = _bounds(found[1] or "", found.groups()[1:])
        low, high = max(low, least), min(high, end)
    return low, high


def _bounds(operator: str, parts: "tuple[str | None, ...]") -> Span:
    low, high = _low(parts), _high(parts)
    minor = _number(parts[1])
    spans: Mapping[str, Span] = {
        ">=": (low, _NEVER),
        ">": (high if None in parts else _after(low), _NEVER),
        "<": ((0, 0, 0), low),
        "<=": ((0, 0, 0), high),
        "^": (low, (low[0] + 1, 0, 0) if low[0] else high),
        "~": (low, high if minor is None else (low[0], minor + 1, 0)),
    }
    return spans.get(operator.removesuffix(">") if operator == "~>" else operator, (low, high))


def _low(parts: "tuple[str | None, ...]") -> Version:
    major, minor, patch = ((_number(part) or 0) for part in parts)
    return major, minor, patch


def _high(parts: "tuple[str | None, ...]") -> Version:
    """The first version behind all that the parts stand for: `20.x` is all of 20."""
    major, minor, patch = (_number(part) for part in parts)
    if major is None:
        return _NEVER
    if minor is None:
        return major + 1, 0, 0
    return (major, minor + 1, 0) if patch is None else (major, minor, patch + 1)


def _after(version: Version) -> Version:
    return version[0], version[1], version[2] + 1


def _number(part: str | None) -> int | None:
    return int(part) if part and part.isdigit() else None
