"""Go's source cut into what a survey looks at: its head, its calls with plain arguments, tags and directives. Pure.

Comments, strings, raw strings and runes are told from each other as Go's specification does
(https://go.dev/ref/spec#Lexical_elements), so that nothing inside one of them is taken for code.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal, NamedTuple

_STRING = r'"(?:\\.|[^"\\\n])*"|`[^`]*`'
_PLAIN = rf"(?:{_STRING}|\d+)"
_LEADING = r"(?:&?[A-Za-z_][\w.]*(?:\(\))?\s*,\s*)?"
_BODY = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))"
    rf"|(?<![\w.])(?P<call>[A-Za-z_][\w.]*)\(\s*(?:{_LEADING}(?P<arguments>{_PLAIN}(?:\s*,\s*{_PLAIN})*))?"
    rf"|\b(?P<field>Addr|Address|Port)\s*:\s*(?P<value>{_PLAIN})"
    r"|`(?P<raw>[^`]*)`"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\[^\n]|[^'\\\n])+'",
    re.DOTALL,
)
_ARGUMENT = re.compile(_PLAIN)
_ESCAPED = re.compile(r"\\(.)")

_BLANK = re.compile(r"(?:[\s;]|/\*.*?\*/)+", re.DOTALL)
_LINE_COMMENT = re.compile(r"//([^\n]*)")
_PACKAGE = re.compile(r"package\s+(\w+)")
_IMPORT = re.compile(r"import\b")
_ONE_IMPORT = re.compile(rf"(?:[\w.]+\s+)?({_STRING})")


class Token(NamedTuple):
    """A call (`text` is its name), a field, a struct tag (`text` is all of it) or a directive (`text` after `//`), the
    plain arguments that it has, and where it ends."""

    kind: Literal["call", "field", "tag", "directive"]
    text: str
    arguments: tuple[str, ...]
    start: int
    end: int


class Head(NamedTuple):
    """The start of a file, up to its last import: package, build constraint, imported paths with where they stand."""

    package: str
    constraint: str
    imports: tuple[tuple[str, int], ...]
    end: int


class Lines:
    """Tells the line of a place in a text."""

    def __init__(self, text: str) -> None:
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def at(self, place: int) -> int:
        """The line, from 1."""
        return bisect_right(self._breaks, place - 1) + 1 if place else 1


def read_head(text: str) -> Head:
    """The head of a file; one without a package clause has an empty package."""
    constraint, end = "", 0
    imports: list[tuple[str, int]] = []
    package = ""
    while True:
        place, comments = _skip(text, end)
        if not package:
            constraint = next((_constraint(one) for one in comments if one.startswith("go:build ")), constraint)
        if not package:
            match = _PACKAGE.match(text, place)
            if match is None:
                return Head("", constraint, (), end)
            package, end = match[1], match.end()
        elif match := _IMPORT.match(text, place):
            end = _imports(text, match.end(), imports)
        else:
            return Head(package, constraint, tuple(imports), end)


def read_body(text: str, start: int) -> Iterator[Token]:
    """What is called, named and directed behind the head."""
    for match in _BODY.finditer(text, start):
        match match.lastgroup:
            case "comment" if match["comment"].startswith("//go:"):
                yield Token("directive", match["comment"][2:], (), match.start(), match.end())
            case "call" | "arguments":
                yield Token("call", match["call"], _arguments(match["arguments"]), match.start(), match.end())
            case "value":
                yield Token("field", match["field"], _arguments(match["value"]), match.start(), match.end())
            case "raw" if ":" in match["raw"]:
                yield Token("tag", match["raw"], (), match.start(), match.end())


def _constraint(comment: str) -> str:
    return comment.removeprefix("go:build ").strip()


def _skip(text: str, place: int) -> tuple[int, list[str]]:
    """Past blanks and comments; the line comments on the way, without their slashes."""
    comments = []
    while True:
        if match := _BLANK.match(text, place):
            place = match.end()
        elif match := _LINE_COMMENT.match(text, place):
            comments.append(match[1])
            place = match.end()
        else:
            return place, comments


def _imports(text: str, place: int, found: list[tuple[str, int]]) -> int:
    """Past one import declaration, single or in parentheses."""
    place, _ = _skip(text, place)
    block = text.startswith("(", place)
    if block:
        place += 1
    while True:
        place, _ = _skip(text, place)
        match = _ONE_IMPORT.match(text, place)
        if match is None:
            return place + 1 if block and text.startswith(")", place) else place
        found.append((match[1][1:-1], match.start(1)))
        place = match.end()
        if not block:
            return place


def _arguments(text: str | None) -> tuple[str, ...]:
    return tuple(_value(match[0]) for match in _ARGUMENT.finditer(text)) if text else ()


def _value(word: str) -> str:
    """The text of a string, as far as a survey cares: what an escape stands for is left as its letter."""
    if word.startswith('"'):
        return _ESCAPED.sub(r"\1", word[1:-1])
    return word.strip("`")
