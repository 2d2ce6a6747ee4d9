"""The instructions of a Dockerfile as values, each of which knows how to write itself.

Whatever text they are given reads back as the same value, or is refused with a `UsageError` where the syntax has no
way to say it. https://docs.docker.com/reference/dockerfile/
"""

import re
import textwrap
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec

from lading.errors import UsageError
from lading.render.quoting import assigned, copied, folded, json_words, option, prefixed, quoted

WIDTH = 118
"""Columns of comments."""
LONGEST_LINE = 65535
"""Bytes; BuildKit reads no longer line (`bufio.MaxScanTokenSize`)."""
_INDENT = " \\\n    "


class Instruction(Protocol):
    """Anything that is one or more whole lines of a Dockerfile."""

    def text(self) -> str:
        """The lines, without the final line break."""


class Syntax(msgspec.Struct, frozen=True):
    """The first line: which frontend reads the file. `docker/dockerfile:1` is the newest of its major version."""

    frontend: str = "docker/dockerfile:1"

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"# syntax={option(self.frontend)}"


class Blank(msgspec.Struct, frozen=True):
    """An empty line."""

    def text(self) -> str:
        """See `Instruction.text`."""
        return ""


class Comment(msgspec.Struct, frozen=True):
    """Paragraphs of text, folded to `WIDTH`. What cannot be printed on a line is shown as a question mark."""

    paragraphs: tuple[str, ...]

    def text(self) -> str:
        """See `Instruction.text`."""
        lines: list[str] = []
        for paragraph in self.paragraphs:
            lines += textwrap.wrap(_printable(paragraph), WIDTH - 2, break_long_words=False, break_on_hyphens=False)
        return "\n".join(f"# {line}" for line in lines)


class Ignore(msgspec.Struct, frozen=True):
    """Rules of hadolint that the next instruction breaks on purpose. A comment before it says why."""

    rules: tuple[str, ...]

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"# hadolint ignore={','.join(map(option, self.rules))}"


class From(msgspec.Struct, frozen=True):
    """The start of a stage. With `native` it runs as what builds, whatever it builds for (no emulation)."""

    image: str
    name: str
    native: bool = False

    def text(self) -> str:
        """See `Instruction.text`."""
        platform = "--platform=$BUILDPLATFORM " if self.native else ""
        return f"FROM {platform}{option(self.image)} AS {option(self.name)}"


class Arg(msgspec.Struct, frozen=True):
    """A build argument without a default, such as BuildKit's own `TARGETARCH`."""

    name: str

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"ARG {option(self.name)}"


class Env(msgspec.Struct, frozen=True):
    """Variables. Those in `before` (name, text) keep what the base has, behind the text and a colon."""

    variables: tuple[tuple[str, str], ...]
    before: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        """See `Instruction.text`."""
        words = [assigned(name, value) for name, value in self.variables]
        words += [prefixed(name, text) for name, text in self.before]
        return "ENV " + _INDENT.join(sorted(words))


class Label(msgspec.Struct, frozen=True):
    """Labels of the image."""

    labels: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """See `Instruction.text`."""
        return "LABEL " + _INDENT.join(assigned(name, value) for name, value in self.labels)


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """What a RUN sees beside the stage's own files. `stage` is where a bind comes from, if not the context."""

    kind: Literal["bind", "cache", "secret", "tmpfs"]
    target: str
    source: str = ""
    stage: str = ""
    id: str = ""
    locked: bool = False

    def text(self) -> str:
        """The flag. Without `locked`, several builds write to a cache at the same time."""
        words = {"type": self.kind, "id": self.id, "from": self.stage, "source": self.source, "target": self.target}
        if self.locked:
            words["sharing"] = "locked"
        return "--mount=" + ",".join(f"{key}={option(value)}" for key, value in words.items() if value)


class Run(msgspec.Struct, frozen=True):
    """Commands of the shell, each after the one before has worked.

    What comes from outside gets into a command through `quoting.command`.
    """

    commands: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()

    def text(self) -> str:
        """See `Instruction.text`. `UsageError` for a command that Dockerfile syntax would tear apart."""
        for command in self.commands:
            if re.search(r"[\0\r\n]|\\\Z", command) or re.match(r"\s*(?:--|\[\s*[\"\]]|#)", command):
                raise UsageError("a RUN of a Dockerfile cannot say this command", where=repr(command))
        first, *others = self.commands
        lines = [first, *(f"&& {one}" for one in others)]
        shown = [f"{_INDENT}    ".join(folded(line, WIDTH - 2)) for line in lines]
        return "RUN " + _INDENT.join([*(mount.text() for mount in self.mounts), *shown])


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """Files of the context, or of a stage. `owner` is numeric, `mode` octal; `link` makes a layer that does not depend
    on the one below it, so that a newer base takes it as it is."""

    sources: tuple[str, ...]
    destination: str
    stage: str = ""
    owner: str = ""
    mode: str = ""
    link: bool = False

    def text(self) -> str:
        """See `Instruction.text`."""
        flags = {"from": self.stage, "chown": self.owner, "chmod": self.mode}
        words = ["--link"] if self.link else []
        words += [f"--{name}={option(value)}" for name, value in flags.items() if value]
        return " ".join(["COPY", *words, copied(*self.sources, self.destination)])


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """Small text files, written from the Dockerfile itself (here-documents). `files` are names and contents, `folder`
    ends with `/`; they belong to root and have the octal `mode`."""

    files: tuple[tuple[str, str], ...]
    folder: str
    mode: str

    def text(self) -> str:
        """See `Instruction.text`. `UsageError` for a content that does not end with a line break, or has other ones."""
        heads = " ".join(_head(name, content) for name, content in self.files)
        flags = f"--link --chown=0:0 --chmod={option(self.mode)}"
        bodies = "\n".join(f"{content}{_delimiter(name, content)}" for name, content in self.files)
        return f"COPY {flags} {heads} {copied(self.folder)}\n{bodies}"


class Workdir(msgspec.Struct, frozen=True):
    """The folder in which later instructions, and the container, start."""

    path: str

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"WORKDIR {quoted(self.path)}"


class User(msgspec.Struct, frozen=True):
    """Who runs what follows, by number (`uid:gid`)."""

    user: str

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"USER {option(self.user)}"


class Expose(msgspec.Struct, frozen=True):
    """The TCP port on which the service listens."""

    port: int

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"EXPOSE {self.port:d}"


class Volume(msgspec.Struct, frozen=True):
    """Folders whose content outlives a container."""

    paths: tuple[str, ...]

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"VOLUME {json_words(self.paths)}"


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The container's own check, exec form; times in seconds."""

    command: tuple[str, ...]
    interval: float
    timeout: float
    start_period: float
    retries: int

    def text(self) -> str:
        """See `Instruction.text`."""
        times = {"interval": self.interval, "timeout": self.timeout, "start-period": self.start_period}
        flags = " ".join(f"--{name}={duration(seconds)}" for name, seconds in times.items())
        return f"HEALTHCHECK {flags} --retries={self.retries:d}{_INDENT}CMD {json_words(self.command)}"


class NoHealthCheck(msgspec.Struct, frozen=True):
    """No check, not even the base's own."""

    def text(self) -> str:
        """See `Instruction.text`."""
        return "HEALTHCHECK NONE"


class StopSignal(msgspec.Struct, frozen=True):
    """What ends the service politely."""

    signal: str

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"STOPSIGNAL {option(self.signal)}"


class Entrypoint(msgspec.Struct, frozen=True):
    """What is always started, exec form."""

    words: tuple[str, ...]

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"ENTRYPOINT {json_words(self.words)}"


class Cmd(msgspec.Struct, frozen=True):
    """The words behind the entrypoint, exec form."""

    words: tuple[str, ...]

    def text(self) -> str:
        """See `Instruction.text`."""
        return f"CMD {json_words(self.words)}"


def written(instructions: Iterable[Instruction]) -> str:
    """A whole Dockerfile. `UsageError` for a line that BuildKit would not read."""
    text = "\n".join(one.text() for one in instructions) + "\n"
    for line in text.split("\n"):
        if len(line.encode()) > LONGEST_LINE:
            raise UsageError(f"a line of the Dockerfile is longer than {LONGEST_LINE} bytes", where=f"{line[:100]}…")
    return text


def duration(seconds: float) -> str:
    """A time as Go writes it (`time.ParseDuration`): `30s`, `1.5s`.

    >>> duration(30.0), duration(0.05)
    ('30s', '0.05s')
    """
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def _head(name: str, content: str) -> str:
    """The start of a here-document. With quotes around its word, nothing in it is expanded."""
    word = _delimiter(name, content)
    return f'<<"{word}"' if re.search(r"[$\\]", content) else f"<<{word}"


def _delimiter(name: str, content: str) -> str:
    """The word that ends a here-document, which is also the file's name where several are written at once."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise UsageError("a Dockerfile cannot write a file of this name", where=repr(name), fix="rename it")
    if not content.endswith("\n") or re.search("[\0\r\ud800-\udfff]", content) or name in content.splitlines():
        raise UsageError(
            "a Dockerfile cannot write this content",
            where=repr(name),
            fix="end every line with a line break, and let none be the file's name",
        )
    return name


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
