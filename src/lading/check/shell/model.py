"""A simple command as it is run: words with variables replaced, where it runs, and whether it is certain that it does.

Shell grammar: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from lading.check.dockerfile.words import Variable
from lading.finding import Span


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A word of a command, quotes removed and variables replaced.

    `text` is None where it is not known before the script runs; `prefix` is what it certainly begins with (all of it,
    where `text` is known). `is_pattern`: unquoted `*`, `?` or `[` in it, so that the shell puts the matching files
    there. `is_many`: unknown and unquoted, so that it may be any number of words, or none. `written` is the word as it
    stands there.
    """

    text: str | None
    prefix: str = ""
    is_pattern: bool = False
    is_many: bool = False
    written: str
    span: Span


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """`2>>file`. `operator` is one of `>`, `>>`, `>|`, `&>`, `&>>`, `<`, `<>`, `>&`, `<&`, `<<`, `<<<`.

    `target` is the file (or descriptor of `>&`). For `<<` and `<<<` it is empty, and `content` is what is read from
    there; None where it is not known.
    """

    operator: str
    descriptor: str = ""
    target: Value | None = None
    content: str | None = None
    span: Span

    @property
    def writes(self) -> bool:
        """Whether it makes or changes the target, a file."""
        return self.operator in {">", ">>", ">|", "&>", "&>>", "<>"}


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """A simple command.

    `words` begin with the program; none where there are only redirects (`> file`). A program that is not known, and
    anything that could not be read, is a first word without text. `assignments` stand before it (`CI=1 make`), and
    count for it only; `variables` are those that the script has set before (None: unset), on top of the environment's.
    `workdir` is the working folder then, with `cd` seen through; None where it is not known.
    `conditional` says that it may not have run although the script has succeeded, `checked` that the script would have
    failed with it. `piped_from` is the command whose output it reads. `wrappers` are the programs that were called to
    call it (`sudo`, `env`, `sh -c`), outermost first, and `user` who it runs as if they say so. `substituted`: its
    output becomes part of a word (`$(…)`).
    """

    words: tuple[Value, ...]
    span: Span
    assignments: tuple[tuple[str, Value], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    workdir: str | None = None
    variables: Mapping[str, Variable] = msgspec.field(default_factory=dict)
    conditional: bool = False
    checked: bool = True
    piped_from: "Invocation | None" = None
    wrappers: tuple[Value, ...] = ()
    user: Value | None = None
    substituted: bool = False

    @property
    def program(self) -> str | None:
        """The first word; None where it is not known or there is none."""
        return self.words[0].text if self.words else None

    @property
    def name(self) -> str:
        """The program's name without its folder (`apt-get`), or empty."""
        return (self.program or "").rpartition("/")[2]

    @property
    def arguments(self) -> tuple[Value, ...]:
        """The words behind the program."""
        return self.words[1:]


Kind = Literal["posix", "bash", "other"]
"""Of shells, by their grammar: `sh`, `dash`, `ash`; `bash`, `zsh`, `ksh`; others cannot be read (PowerShell)."""
