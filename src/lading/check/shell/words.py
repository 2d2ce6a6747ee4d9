"""Where words of a shell script end, and which `$`-constructs are inside them.

Quoting: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from lading.check.shell.syntax import Inner, Sequence, Text

DEEPEST = 40
"""Constructs inside constructs; nobody writes so many."""

_PLAIN = re.compile(r"[^\s;&|<>()'\"\\$`]+")
_PLAIN_WORD = re.compile(r"[^\s;&|<>()'\"\\$`]+(?=[\s;&|<>)]|$)")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_IN_BRACES = re.compile(r"[^}'\"\\$`]+")
_IN_QUOTED_BRACES = re.compile(r"[^}\"\\$`]+")
_IN_DOCUMENT = re.compile(r"[^\\$`]+")
_IN_PARENTHESES = re.compile(r"[^()'\"\\$`]+")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!\-]")
_BACKQUOTED = re.compile(r"`(?:[^`\\]|\\.)*+`", re.DOTALL)


class Unreadable(Exception):
    """The script breaks the grammar from `at` on."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class WordReader(ABC):
    """Reads the words of `text[at:end]`, from `at` on."""

    def __init__(self, text: str, at: int, end: int, depth: int = 0) -> None:
        self.text = text
        self.at = at
        self.end = end
        self._depth = depth
        self._inner: list[Inner] = []
        self._in_double = False

    @abstractmethod
    def commands(self, stop: str) -> Sequence:
        """The commands from `at` up to an operator `stop` (and over it), or to the end where that is empty."""

    @abstractmethod
    def within(self, start: int, end: int) -> "WordReader":
        """A reader of a part of the text."""

    def word(self) -> Text | None:
        """The word that begins at `at`, up to a blank or an operator; None where there is none."""
        if match := _PLAIN_WORD.match(self.text, self.at, self.end):
            start, self.at = self.at, match.end()
            return Text(start, self.at)
        with self._gathering() as inner:
            start = self.at
            while self.at < self.end and self._part():
                pass
            return Text(start, self.at, tuple(inner)) if self.at > start else None

    def document(self, start: int, end: int) -> Text:
        """A heredoc's content whose variables count."""
        reader = self.within(start, end)
        with reader._gathering() as inner:
            while reader.at < end:
                reader._one_of(_IN_DOCUMENT)
            return Text(start, end, tuple(inner))

    def peek(self, length: int = 1) -> str:
        """The next characters."""
        return self.text[self.at : min(self.at + length, self.end)]

    def fail(self, message: str) -> Unreadable:
        """What is wrong at this place."""
        return Unreadable(message, min(self.at, self.end))

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One construct deeper."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.fail("it is nested too deeply")
        yield
        self._depth -= 1

    @contextmanager
    def _gathering(self) -> Iterator[list[Inner]]:
        outer, self._inner = self._inner, []
        in_double, self._in_double = self._in_double, False
        yield self._inner
        self._inner, self._in_double = outer, in_double

    def _part(self) -> bool:
        """Read a part of a word, if there is one."""
        if match := _PLAIN.match(self.text, self.at, self.end):
            self.at = match.end()
            return self._array() if self.peek() == "(" else True
        character = self.peek()
        if character in "<>" and self.peek(2)[1:] == "(":
            self._substitution(self.at, 2)
            return True
        if character not in "'\"\\$`":
            return False
        self._quoted(character)
        return True

    def _array(self) -> bool:
        """Whether the word goes on: `name=(…)` and patterns (`@(a|b)`) are part of it, a function's `()` is not."""
        if self.text[self.at - 1] not in "=?*+@!":
            return False
        self._parentheses()
        return True

    def _quoted(self, character: str) -> None:
        match character:
            case "'":
                self._single()
            case '"':
                self._double()
            case "\\":
                self.at = min(self.at + 2, self.end)
            case "`":
                self._backquoted()
            case _:
                self._dollar()

    def _one_of(self, plain: re.Pattern[str]) -> None:
        """Read a run of plain characters, or the special one that comes next."""
        if match := plain.match(self.text, self.at, self.end):
            self.at = match.end()
        elif self.peek() in set("'\"\\$`"):
            self._quoted(self.peek())
        else:
            self.at += 1

    def _single(self) -> None:
        end = self.text.find("'", self.at + 1, self.end)
        if end < 0:
            raise self.fail("a single quote is not closed")
        self.at = end + 1

    def _double(self) -> None:
        start, outer = self.at, self._in_double
        self._in_double = not outer
        self.at += 1
        while self.at < self.end:
            if self.peek() == '"':
                self.at += 1
                self._in_double = outer
                return
            self._one_of(_IN_DOUBLE)
        raise Unreadable("a double quote is not closed", start)

    def _backquoted(self) -> None:
        match = _BACKQUOTED.match(self.text, self.at, self.end)
        if match is None:
            raise self.fail("a backquote is not closed")
        with self.deeper():
            body = self.within(self.at + 1, match.end() - 1).commands("")
        self._add(self.at, match.end(), "command", body)

    def _dollar(self) -> None:
        start = self.at
        match self.peek(3):
            case "$((" if (end := self._end_of_arithmetic()) is not None:
                self._add(start, end, "arithmetic", None)
            case following if following.startswith("$("):
                self._substitution(start, 2)
            case following if following.startswith("${"):
                self._braces()
            case following if following.startswith("$'"):
                self._ansi()
            case _:
                name = _PARAMETER.match(self.text, start + 1, self.end)
                if name:
                    self._add(start, name.end(), "parameter", None)
                else:
                    self.at += 1

    def _add(
        self, start: int, end: int, kind: Literal["parameter", "arithmetic", "command"], body: Sequence | None
    ) -> None:
        self._inner.append(Inner(start, end, kind, body))
        self.at = end

    def _substitution(self, start: int, width: int) -> None:
        """`$(…)`, `<(…)`, `>(…)`."""
        self.at = start + width
        with self.deeper():
            body = self.commands(")")
        self._add(start, self.at, "command", body)

    def _braces(self) -> None:
        start = self.at
        self.at += 2
        plain = _IN_QUOTED_BRACES if self._in_double else _IN_BRACES
        with self.deeper():
            while self.at < self.end and self.peek() != "}":
                self._one_of(plain)
        if self.at >= self.end:
            raise Unreadable("`${` is not closed", start)
        self._add(start, self.at + 1, "parameter", None)

    def _ansi(self) -> None:
        match = re.compile(r"\$'(?:[^'\\]|\\.)*+'", re.DOTALL).match(self.text, self.at, self.end)
        if match is None:
            raise self.fail("a single quote is not closed")
        self.at = match.end()

    def _end_of_arithmetic(self) -> int | None:
        """Behind the `))` that closes the `$((` here; None where it is a subshell inside a `$(`."""
        start = self.at
        self.at += 2
        with self._gathering(), self.deeper():
            try:
                self._parentheses()
            except Unreadable:
                self.at = self.end
        end, self.at = self.at, start
        return end + 1 if self.text[end : end + 1] == ")" and end < self.end else None

    def _parentheses(self) -> None:
        """Read over `(…)` with what is nested in it."""
        start, open_ones = self.at, 0
        while self.at < self.end:
            character = self.peek()
            if character in "()":
                open_ones += 1 if character == "(" else -1
                self.at += 1
                if not open_ones:
                    return
            else:
                self._one_of(_IN_PARENTHESES)
        raise Unreadable("a parenthesis is not closed", start)
