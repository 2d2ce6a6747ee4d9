"""A command as its effect sees it: words that are known or not, and options told from operands."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec


class Word(NamedTuple):
    """A word of a command. `text` is none where it is not known: then it may also be several words, or none at all.
    `pattern` says that the shell puts the paths in its place that match it."""

    text: str | None
    pattern: bool = False

    @property
    def plain(self) -> str | None:
        """The word, where it is known and stands for itself."""
        return None if self.pattern else self.text


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A program by its name without folders, as it was `called` (`/opt/venv/bin/pip`), and the words behind it. `input`
    is what it reads, where that is known; `fed` says that it reads something (a pipe, a heredoc), and `feeder` are the
    words of the command that writes it. `depth` counts the scripts that it is called from."""

    program: str
    called: str = ""
    words: tuple[Word, ...] = ()
    input: bytes | None = None
    fed: bool = False
    feeder: tuple[str | None, ...] = ()
    depth: int = 0

    @property
    def known(self) -> bool:
        """Whether every word is known."""
        return all(word.text is not None for word in self.words)

    def but(self, words: Sequence[Word]) -> "Asked":
        """The same program with other words."""
        return msgspec.structs.replace(self, words=tuple(words))


class Given(NamedTuple):
    """An option as it was given: `-o x`, `-ox`, `--output x` and `--output=x` all have the value `x`."""

    name: str
    value: Word | None


class Arguments:
    """The words behind a program's name as options and operands, as getopt_long(3) tells them apart.

    `valued` are options that have a value (`-o`, `--output`), `single` says that long options have one dash (go, find).
    With `stops` the first operand ends the options. `vague` says that a word is not known where an option may be.
    """

    def __init__(
        self, words: Sequence[Word], valued: Collection[str] = (), *, single: bool = False, stops: bool = False
    ) -> None:
        self.given: list[Given] = []
        self.operands: list[Word] = []
        self.vague = False
        self._valued = valued
        self._single = single
        waiting = list(reversed(words))
        while waiting:
            word = waiting.pop()
            text = word.text
            if text is None:
                self.vague = True
            if text == "--":
                self.operands += reversed(waiting)
                return
            if text is None or text == "-" or not text.startswith("-"):
                self.operands.append(word)
                if stops:
                    self.operands += reversed(waiting)
                    return
            elif text.startswith("--") or single:
                self._long(text, waiting)
            else:
                self._short(text, waiting)

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(one.name in names for one in self.given)

    def value(self, *names: str) -> Word | None:
        """The value of the last of these options; nothing where none is given."""
        return next((one.value or Word(None) for one in reversed(self.given) if one.name in names), None)

    def text(self, *names: str) -> str | None:
        """The same as text, empty where none is given; nothing where it is not known."""
        found = self.value(*names)
        return "" if found is None else found.plain

    def values(self, *names: str) -> Iterator[str | None]:
        """Every value of these options; nothing in place of one that is not known."""
        yield from ((one.value or Word(None)).plain for one in self.given if one.name in names)

    @property
    def plain(self) -> list[str | None]:
        """The operands; nothing in place of one that is not known."""
        return [word.plain for word in self.operands]

    def _long(self, text: str, waiting: list[Word]) -> None:
        name, equals, value = text.partition("=")
        if equals:
            self.given.append(Given(name, Word(value)))
        elif name in self._valued and waiting:
            self.given.append(Given(name, waiting.pop()))
        else:
            self.given.append(Given(name, None))

    def _short(self, text: str, waiting: list[Word]) -> None:
        for at, letter in enumerate(text[1:], 2):
            name = f"-{letter}"
            if name not in self._valued:
                self.given.append(Given(name, None))
                continue
            rest = text[at:]
            value = Word(rest.removeprefix("=")) if rest else (waiting.pop() if waiting else None)
            self.given.append(Given(name, value))
            return
