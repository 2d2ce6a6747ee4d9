"""Ignore patterns with the meaning that `.dockerignore` gives them.

Rules: https://docs.docker.com/build/concepts/context/#dockerignore-files and moby/patternmatcher: `*` and `?` stop at
`/`, `**` does not, a pattern that matches a folder matches all below it, `!` takes back, the last match wins, a leading
`/` means nothing.
"""

import re
from collections.abc import Iterable


class Patterns:
    """Compiled patterns; `matches("a/b.py")` says whether a path (relative, `/` between its parts) is meant.

    Most patterns name a file or a folder, or have words between stars: these are looked up, and only the rest become
    regular expressions, since compiling one takes longer than asking it about a whole service.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(line for line in map(_clean, lines) if line)
        self._groups: list[tuple[bool, _Group]] = []
        for line in self.lines:
            negative = line.startswith("!")
            if not self._groups or self._groups[-1][0] != negative:
                self._groups.append((negative, _Group()))
            self._groups[-1][1].add(line.removeprefix("!"))

    def matches(self, path: str) -> bool:
        """Whether the last pattern that matches the path, or a folder above it, is not a `!` pattern."""
        for negative, group in reversed(self._groups):
            if group.matches(path):
                return not negative
        return False


class _Group:
    """Patterns in a row that all take out, or all take back: their order among each other does not matter."""

    def __init__(self) -> None:
        self._whole: set[str] = set()
        self._names: set[str] = set()
        self._starred = _Starred()
        self._starred_at_root = _Starred()
        self._others: list[str] = []
        self._starry: list[str] = []
        self._expression: re.Pattern[str] | None = None

    def add(self, pattern: str) -> None:
        """Take a pattern, without its `!`."""
        name = pattern.removeprefix("**/")
        anywhere = name != pattern and "/" not in name
        if not _SPECIAL.intersection(pattern):
            self._whole.add(pattern)
        elif anywhere and not _SPECIAL.intersection(name):
            self._names.add(name)
        elif "/" not in name and "**" not in name and not _SPECIAL.intersection(name.replace("*", "")):
            (self._starred if anywhere else self._starred_at_root).add(name)
        elif len(re.findall(r"\*+", pattern)) > MOST_STARS:
            self._starry.append(pattern)
        else:
            self._others.append(pattern)

    def matches(self, path: str) -> bool:
        """Whether any pattern matches the path or a folder above it."""
        parts = path.split("/")
        if self._names and not self._names.isdisjoint(parts):
            return True
        if self._starred_at_root.match(parts[0]) or any(map(self._starred.match, parts)):
            return True
        if self._whole and any("/".join(parts[: end + 1]) in self._whole for end in range(len(parts))):
            return True
        if self._others and self._compiled().match(path) is not None:
            return True
        return any(is_meant(path, pattern) for pattern in self._starry)

    def _compiled(self) -> "re.Pattern[str]":
        if self._expression is None:
            try:
                self._expression = re.compile("|".join(map(_translate, self._others)), re.DOTALL)
            except re.error:
                self._expression = re.compile("|".join(map(_expression, self._others)), re.DOTALL)
        return self._expression


class _Starred:
    """Names with stars, as `*.pyc` and `test_*.py`."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, tuple[str, ...], str]] = []
        self._firsts: tuple[str, ...] = ()
        self._lasts: tuple[str, ...] = ()

    def add(self, name: str) -> None:
        """Take a name in which nothing but `*` is special."""
        first, *middle, last = name.split("*")
        self._pieces.append((first, tuple(middle), last))
        if first:
            self._firsts += (first,)
        else:
            self._lasts += (last,)

    def match(self, name: str) -> bool:
        """Whether a name is one of them."""
        if not name.startswith(self._firsts) and not name.endswith(self._lasts):
            return False
        return any(_has_pieces(name, *pieces) for pieces in self._pieces)


def _has_pieces(name: str, first: str, middle: tuple[str, ...], last: str) -> bool:
    at, end = len(first), len(name) - len(last)
    if at > end or not name.startswith(first) or not name.endswith(last):
        return False
    for word in middle:
        at = name.find(word, at, end)
        if at < 0:
            return False
        at += len(word)
    return True


_SPECIAL = frozenset("*?[\\")
MOST_STARS = 3
"""Stars, or pairs of them, of a pattern that becomes a regular expression: that `*a*a*a*a*b` does not match, it finds
out only after a time that is a power of the path's length."""


def parse_ignore_file(text: str) -> tuple[str, ...]:
    """The patterns of a `.dockerignore`: one a line, `#` only starts a comment at the start of a line."""
    text = text.removeprefix("\ufeff")
    return tuple(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _clean(line: str) -> str:
    line = line.strip()
    negative = "!" if line.startswith("!") else ""
    parts = [part for part in line.removeprefix("!").strip().split("/") if part not in ("", ".")]
    kept: list[str] = []
    for part in parts:
        if part == ".." and kept:
            kept.pop()
        elif part != "..":
            kept.append(part)
    return negative + "/".join(kept) if kept else ""


def _expression(pattern: str) -> str:
    """The regular expression of a pattern; one that matches nothing for a set of letters that is none, as `[b-a]`."""
    expression = _translate(pattern)
    try:
        re.compile(expression)
    except re.error:
        return r"(?!)"
    return expression


def _translate(pattern: str) -> str:
    out: list[str] = []
    i = 0
    while i < len(pattern):
        if pattern.startswith("**/", i):
            out.append("(?:.*/)?")
            i += 3
        elif pattern.startswith("**", i):
            out.append(".*")
            i += 2
        elif pattern[i] == "\\" and i + 1 < len(pattern):
            out.append(re.escape(pattern[i + 1]))
            i += 2
        elif pattern[i] == "[" and "]" in pattern[i + 2 :]:
            end = pattern.index("]", i + 2)
            out.append(letters(pattern[i + 1 : end]))
            i = end + 1
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(pattern[i]) or re.escape(pattern[i]))
            i += 1
    return f"(?:{''.join(out)})(?:/.*)?\\Z"


def letters(body: str, negators: str = "^!") -> str:
    """What stands between `[` and `]`, as a regular expression: letters and ranges, all but these behind a negator."""
    meant = body[1:] if body[0] in negators else body
    pieces: list[str] = []
    i = 0
    while i < len(meant):
        if meant[i + 1 : i + 2] == "-" and i + 2 < len(meant):
            pieces.append(f"{re.escape(meant[i])}-{re.escape(meant[i + 2])}")
            i += 3
        else:
            pieces.append(re.escape(meant[i]))
            i += 1
    return f"[{'^' if meant != body else ''}{''.join(pieces)}]" if pieces else "(?!)"


def is_meant(path: str, pattern: str) -> bool:
    """Whether a pattern (without `!`) matches a path or a folder above it, in steps of pattern times path at most."""
    ends = {0}
    i = 0
    while i < len(pattern) and ends:
        if pattern.startswith("**", i):
            first = min(ends)
            i += 2
            if pattern.startswith("/", i):
                ends |= {at + 1 for at in range(first, len(path)) if path[at] == "/"}
                i += 1
            else:
                ends = set(range(first, len(path) + 1))
        elif pattern[i] == "*":
            ends = _up_to_slash(path, ends)
            i += 1
        else:
            width = _width(pattern, i)
            ends = {at + 1 for at in ends if at < len(path) and _is_letter(path[at], pattern[i : i + width])}
            i += width
    return any(at == len(path) or path[at] == "/" for at in ends)


def _up_to_slash(path: str, starts: set[int]) -> set[int]:
    """Every place that a single star leads to."""
    found: set[int] = set()
    for start in sorted(starts):
        at = start
        while at not in found:
            found.add(at)
            if at == len(path) or path[at] == "/":
                break
            at += 1
    return found


def _width(pattern: str, i: int) -> int:
    """How long that is which stands for one letter."""
    if pattern[i] == "\\" and i + 1 < len(pattern):
        return 2
    if pattern[i] == "[" and "]" in pattern[i + 2 :]:
        return pattern.index("]", i + 2) + 1 - i
    return 1


def _is_letter(letter: str, meant: str) -> bool:
    if len(meant) == 1:
        return letter == meant or (meant == "?" and letter != "/")
    if meant[0] == "\\":
        return letter == meant[1]
    try:
        return re.match(letters(meant[1:-1]), letter) is not None
    except re.error:
        return False
