"""The tree of a shell script. Offsets are those of its text, in characters.

Grammar: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_10, with what bash adds.
"""

from typing import Literal

import msgspec


class Inner(msgspec.Struct, frozen=True):
    """A `$`-construct inside a word: `${…}`, `$((…))` or `$(…)` (and the same in backquotes) with its commands."""

    start: int
    end: int
    kind: Literal["parameter", "arithmetic", "command"]
    body: "Sequence | None" = None


class Text(msgspec.Struct, frozen=True):
    """A word as it is written, with the constructs inside it by their order."""

    start: int
    end: int
    inner: tuple[Inner, ...] = ()


class Document(msgspec.Struct):
    """What follows a `<<`: the text is known when the line with the `<<` has ended, thus not frozen."""

    end_word: str
    strips_tabs: bool
    expands: bool
    text: Text = Text(0, 0)


class Redirection(msgspec.Struct, frozen=True):
    """`2>>file`; a document for `<<`, else a word."""

    start: int
    end: int
    operator: str
    descriptor: str
    target: Text
    document: Document | None = None


class Assignment(msgspec.Struct, frozen=True):
    """`name=value`; with `appends`, `name+=value`."""

    name: str
    value: Text
    appends: bool = False


class Simple(msgspec.Struct, frozen=True):
    """Words behind assignments, and redirections among them."""

    start: int
    end: int
    assignments: tuple[Assignment, ...]
    words: tuple[Text, ...]
    redirections: tuple[Redirection, ...]


class AndOr(msgspec.Struct, frozen=True):
    """`first && second || …`: the operators stand between the parts."""

    parts: tuple["Node", ...]
    operators: tuple[str, ...]


class Pipeline(msgspec.Struct, frozen=True):
    """`first | second | …`."""

    parts: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True):
    """`! body`."""

    body: "Node"


class Background(msgspec.Struct, frozen=True):
    """`body &`."""

    body: "Node"


class Sequence(msgspec.Struct, frozen=True):
    """Commands one after the other."""

    parts: tuple["Node", ...]


class Subshell(msgspec.Struct, frozen=True):
    """`( body )`."""

    body: Sequence


class Redirected(msgspec.Struct, frozen=True):
    """A compound command with redirections behind it."""

    body: "Node"
    redirections: tuple[Redirection, ...]


class If(msgspec.Struct, frozen=True):
    """Conditions with what follows each, in their order, and what happens otherwise."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None


class While(msgspec.Struct, frozen=True):
    """`while` and `until`."""

    condition: Sequence
    body: Sequence


class For(msgspec.Struct, frozen=True):
    """`for name in words`; no words: those of the script, or a `for ((…))`."""

    name: str
    words: tuple[Text, ...] | None
    body: Sequence


class Case(msgspec.Struct, frozen=True):
    """Patterns and bodies in their order. `falls` says that one goes on into the next (`;&`, `;;&`)."""

    word: Text
    items: tuple[tuple[tuple[Text, ...], Sequence], ...]
    falls: bool


class Function(msgspec.Struct, frozen=True):
    """A function's definition."""

    name: str
    body: "Node"


class Broken(msgspec.Struct, frozen=True):
    """What could not be read, from here to the end, and why."""

    start: int
    end: int
    message: str


Node = (
    Simple | AndOr | Pipeline | Not | Background | Sequence | Subshell | Redirected | If | While | For | Case | Function
    | Broken
)  # fmt: skip
