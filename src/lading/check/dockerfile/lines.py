"""The lines of a Dockerfile as BuildKit reads them: comments and directives away, continued lines joined.

Rules: https://docs.docker.com/reference/dockerfile/#format, and BuildKit's `frontend/dockerfile/parser`.
"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from lading.check.dockerfile.model import Comment, Problem
from lading.check.dockerfile.positions import Passage, Piece, joined
from lading.finding import Span

SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Go's `unicode.IsSpace` calls space; Python's `isspace` has four more."""

BYTE_ORDER_MARK = "\ufeff"

LONGEST_LINE = 65_535
"""In bytes: BuildKit's scanner refuses longer ones."""

_DIRECTIVE = re.compile(r"#[ \t\v\f\r]*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})

Escape = Literal["\\", "`"]


class Logical(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction's line: its text with continued lines joined, its first and last line, and comments above it."""

    passage: Passage
    first: int
    last: int
    comments: tuple[Comment, ...] = ()


class Reader:
    """Gives the logical lines of a text one by one; heredocs are taken from between them.

    `directives`, `comments`, `problems` and `escape` are complete when all lines are read.
    """

    def __init__(self, text: str) -> None:
        self.escape: Escape = "\\"
        self.directives: list[tuple[str, str]] = []
        self.comments: list[Comment] = []
        self.problems: list[Problem] = []
        self._lines = text.split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self._next = 0
        self._above: list[Comment] = []
        self._in_directives = True

    def logical(self) -> Iterator[Logical]:
        """The logical lines that are left; after each, its heredocs may be taken."""
        while self._next < len(self._lines):
            whole = self._take()
            line = whole.lstrip(SPACE if self._next > 1 else f"{SPACE}{BYTE_ORDER_MARK}")
            column = len(whole) - len(line) + 1
            if self._in_directives and self._directive(line):
                continue
            if line.startswith("#"):
                self._above.append(self._comment(line, column))
                continue
            if line:
                yield self._continued(line, column)
            self._above = []

    def heredoc(self, name: str, *, strips_tabs: bool) -> tuple[Piece, ...] | None:
        """The lines up to the one that says `name`, each with its line end, and then that one.

        None, with nothing taken, where no line says so.
        """
        for index in range(self._next, len(self._lines)):
            line = self._lines[index].rstrip("\r")
            bare = line.lstrip("\t") if strips_tabs else line
            if bare == name:
                lines = [(f"{self._lines[one]}\n", one + 1, 1) for one in range(self._next, index)]
                self._next = index + 1
                return (*lines, (name, self._next, len(line) - len(bare) + 1))
        return None

    def skip_rest(self) -> None:
        """Leave all further lines alone."""
        self._next = len(self._lines)

    def _take(self) -> str:
        line = self._lines[self._next].rstrip("\r")
        self._next += 1
        if len(line) * 4 > LONGEST_LINE and len(line.encode("utf-8", "surrogatepass")) > LONGEST_LINE:
            self._refuse(f"a line is longer than {LONGEST_LINE} bytes", line)
        return line

    def _directive(self, line: str) -> bool:
        """Read a parser directive if the line is one; the first that is none ends them all."""
        match = _DIRECTIVE.fullmatch(line)
        name = match[1].lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            self._in_directives = False
            return False
        value = match[2].rstrip(SPACE)
        if any(name == known for known, _ in self.directives):
            self._refuse(f"only one {name} parser directive can be used", line)
        elif name == "escape" and value not in {"\\", "`"}:
            self._refuse(f"invalid escape token {value!r}: it is \\ or `", line)
        elif name == "escape":
            self.escape = "\\" if value == "\\" else "`"
        self.directives.append((name, value))
        return True

    def _refuse(self, message: str, line: str) -> None:
        self.problems.append(Problem(message, Span(self._next, 1, self._next, len(line) + 1)))

    def _comment(self, line: str, column: int) -> Comment:
        comment = Comment(line[1:].strip(SPACE), Span(self._next, column, self._next, column + len(line)))
        self.comments.append(comment)
        return comment

    def _continued(self, line: str, column: int) -> Logical:
        first = self._next
        text, goes_on = self._cut(line)
        pieces = [(text, first, column)]
        while goes_on and self._next < len(self._lines):
            line = self._take()
            bare = line.lstrip(SPACE)
            if bare.startswith("#"):
                self._comment(bare, len(line) - len(bare) + 1)
            elif bare:
                text, goes_on = self._cut(line)
                pieces.append((text, self._next, 1))
        return Logical(passage=joined(pieces), first=first, last=self._next, comments=tuple(self._above))

    def _cut(self, line: str) -> tuple[str, bool]:
        """A line without its continuation, and whether it had one: the escape at its end, not doubled."""
        bare = line.rstrip(" \t")
        if bare.endswith(self.escape) and not bare.endswith(self.escape * 2):
            return bare[:-1], True
        return line, False
