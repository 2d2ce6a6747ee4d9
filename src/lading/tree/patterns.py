"""Ignore patterns with the meaning that `.dockerignore` gives them.

Rules: https://docs.docker.com/build/concepts/context/#dockerignore-files and moby/patternmatcher: `*` and `?` stop at
`/`, `**` does not, a pattern that matches a folder matches all below it, `!` takes back, the last match wins, a leading
`/` means nothing.
"""

import re
from collections.abc import Iterable
from functools import lru_cache


class Patterns:
    """Compiled patterns; `matches("a/b.py")` says whether a path (relative, `/` between its parts) is meant."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(line for line in map(_clean, lines) if line)
        self._rules = [(line.startswith("!"), _compile(line.removeprefix("!"))) for line in self.lines]
        self._takes_back = any(negative for negative, _ in self._rules)
        # Without `!` one alternation answers for all patterns at once: this runs once per file of every build.
        self._any = None if self._takes_back else _compile_all(self.lines)

    def matches(self, path: str) -> bool:
        """Whether the last pattern that matches the path, or a folder above it, is not a `!` pattern."""
        if self._any is not None:
            return self._any.match(path) is not None
        meant = False
        for negative, rule in self._rules:
            if negative == meant and rule.match(path):
                meant = not negative
        return meant


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


def _compile_all(lines: tuple[str, ...]) -> "re.Pattern[str]":
    return re.compile("|".join(_translate(line) for line in lines) or r"(?!)", re.DOTALL)


def _compile(line: str) -> "re.Pattern[str]":
    return re.compile(_translate(line), re.DOTALL)


@lru_cache(maxsize=1024)
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
            body = pattern[i + 1 : end].replace("\\", "\\\\")
            out.append(f"[{'^' + body[1:] if body[0] in '^!' else body}]")
            i = end + 1
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(pattern[i]) or re.escape(pattern[i]))
            i += 1
    return f"(?:{''.join(out)})(?:/.*)?\\Z"
