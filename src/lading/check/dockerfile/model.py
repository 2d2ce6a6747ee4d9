"""A parsed Dockerfile: typed instructions, each piece with its span in the text.

Grammar and words: https://docs.docker.com/reference/dockerfile/. Text is as it was written: variables are not
expanded and quotes not removed (`words.py` does both).
"""

from typing import Literal

import msgspec

from lading.check.dockerfile.positions import Positions
from lading.finding import Span


class Word(msgspec.Struct, frozen=True):
    """A piece of text as it was written (continued lines joined), and where it stands."""

    text: str
    span: Span


class Comment(msgspec.Struct, frozen=True):
    """A comment line: its text behind the `#`, stripped."""

    text: str
    span: Span


class Problem(msgspec.Struct, frozen=True):
    """Why BuildKit would not accept the text. What it concerns is left out of the stages, unless it can be told all the
    same what is meant (an unknown flag, a FROM with a wrong name)."""

    message: str
    span: Span


class Flag(msgspec.Struct, frozen=True):
    """`--name=value` before an instruction's arguments. A flag without `=` has no value."""

    name: str
    value: Word | None
    span: Span


class Heredoc(msgspec.Struct, frozen=True, kw_only=True):
    """A heredoc: the word behind `<<`, its lines as they are used (tabs stripped for `<<-`), and their span.

    `expands` is false where the word is quoted; `mark` is the span of `<<EOF` itself.
    """

    name: str
    content: str
    expands: bool
    mark: Span
    span: Span


class ShellForm(msgspec.Struct, frozen=True):
    """A command line for a shell, as one text (continued lines joined without the continuation), and where each of its
    characters stands."""

    text: str
    span: Span
    positions: Positions


class ExecForm(msgspec.Struct, frozen=True):
    """A command as a JSON list; the words are unquoted already, and their spans lie between the quotes."""

    words: tuple[Word, ...]
    span: Span


Command = ShellForm | ExecForm


class Pair(msgspec.Struct, frozen=True):
    """`NAME=value` of ENV, ARG and LABEL; an ARG may have no value."""

    name: Word
    value: Word | None


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """What all instructions have. `span` goes from the keyword to the end of its last line, heredocs with it.

    `comments` are those that stand right above it.
    """

    keyword: Word
    span: Span
    flags: tuple[Flag, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[Comment, ...] = ()

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name."""
        return next((one for one in reversed(self.flags) if one.name == name), None)


class From(Instruction, frozen=True, kw_only=True, tag="FROM"):
    """`FROM image AS name`. The platform is a flag."""

    image: Word
    name: Word | None = None


class Arg(Instruction, frozen=True, kw_only=True, tag="ARG"):
    """`ARG NAME=default …`."""

    pairs: tuple[Pair, ...]


class Env(Instruction, frozen=True, kw_only=True, tag="ENV"):
    """`ENV NAME=value …`, or the old `ENV NAME value`."""

    pairs: tuple[Pair, ...]


class Label(Instruction, frozen=True, kw_only=True, tag="LABEL"):
    """`LABEL name=value …`."""

    pairs: tuple[Pair, ...]


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A `--mount` of RUN: its keys and values in their order. `type` is `bind` where none is said."""

    type: str
    options: tuple[tuple[str, str], ...]
    span: Span

    def option(self, *names: str) -> str:
        """The value of the first of these keys that is there, else empty."""
        return next((value for name, value in self.options if name in names), "")


class Run(Instruction, frozen=True, kw_only=True, tag="RUN"):
    """`RUN …`. With heredocs in shell form, their content is part of the script as the shell reads it.

    Where a heredoc is all there is, the script is its content; if that begins with `#!`, the named program runs it.
    """

    command: Command
    mounts: tuple[Mount, ...] = ()


class Copy(Instruction, frozen=True, kw_only=True, tag="COPY"):
    """`COPY` and `ADD` (see `adds`). A source is a word, or a heredoc that becomes a file."""

    sources: tuple[Word | Heredoc, ...]
    destination: Word
    adds: bool = False


class Workdir(Instruction, frozen=True, kw_only=True, tag="WORKDIR"):
    """`WORKDIR path`."""

    path: Word


class User(Instruction, frozen=True, kw_only=True, tag="USER"):
    """`USER name[:group]`."""

    user: Word


class Shell(Instruction, frozen=True, kw_only=True, tag="SHELL"):
    """`SHELL ["program", "argument"]`."""

    words: tuple[Word, ...]


class Entrypoint(Instruction, frozen=True, kw_only=True, tag="ENTRYPOINT"):
    """`ENTRYPOINT …`."""

    command: Command


class Cmd(Instruction, frozen=True, kw_only=True, tag="CMD"):
    """`CMD …`."""

    command: Command


class Healthcheck(Instruction, frozen=True, kw_only=True, tag="HEALTHCHECK"):
    """`HEALTHCHECK CMD …`; no command is `NONE`."""

    command: Command | None


class Expose(Instruction, frozen=True, kw_only=True, tag="EXPOSE"):
    """`EXPOSE port …`."""

    ports: tuple[Word, ...]


class Volume(Instruction, frozen=True, kw_only=True, tag="VOLUME"):
    """`VOLUME path …`, in either form; the words of a JSON list are unquoted."""

    paths: tuple[Word, ...]


class Stopsignal(Instruction, frozen=True, kw_only=True, tag="STOPSIGNAL"):
    """`STOPSIGNAL signal`."""

    signal: Word


class Maintainer(Instruction, frozen=True, kw_only=True, tag="MAINTAINER"):
    """`MAINTAINER name`, which is out of use."""

    text: Word


class Onbuild(Instruction, frozen=True, kw_only=True, tag="ONBUILD"):
    """`ONBUILD …`: what runs when another image is built from this one."""

    instruction: "AnyInstruction"


AnyInstruction = (
    From | Arg | Env | Label | Run | Copy | Workdir | User | Shell | Entrypoint | Cmd | Healthcheck | Expose | Volume
    | Stopsignal | Maintainer | Onbuild
)  # fmt: skip


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage: its FROM, and the instructions below it (the FROM not among them). `name` is in lower case, or empty."""

    index: int
    name: str
    start: From
    instructions: tuple[AnyInstruction, ...]


class Dockerfile(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file. `path` is as the reader names it; `arguments` stand above the first FROM; `directives` are the
    parser directives (`syntax`, `escape`, `check`) in lower case."""

    path: str
    text: str
    escape: Literal["\\", "`"] = "\\"
    directives: tuple[tuple[str, str], ...] = ()
    arguments: tuple[Arg, ...] = ()
    stages: tuple[Stage, ...] = ()
    comments: tuple[Comment, ...] = ()
    problems: tuple[Problem, ...] = ()
