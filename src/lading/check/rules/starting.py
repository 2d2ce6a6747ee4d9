"""What a container of the stage that ships starts: its command, its health check, and what scripts of its own run."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from lading.check.compose import Command, Service
from lading.check.model.entry import Script
from lading.check.model.files import Found
from lading.check.model.nodes import unknown
from lading.check.model.state import Launch, State
from lading.check.rules.origins import first_made
from lading.check.rules.scripts import commands_of
from lading.check.shell.model import Invocation
from lading.finding import Because, Place

Purpose = Literal["start", "health"]
Words = tuple[str, ...]

WRAPPERS = frozenset({"tini", "dumb-init", "catatonit", "exec", "nohup", "setsid"})
"""Programs that start what stands behind their own options."""
AS_SOMEBODY = frozenset({"gosu", "su-exec"})
"""Programs that start what stands behind a user's name."""
SHELLS = frozenset({"sh", "bash", "dash", "ash"})
LONGEST_SCRIPT = 100_000
"""Characters of a start script that are read."""
_OF_MACHINE = (".", "/", "~", "$")
"""How the source of a mount begins that is a folder of the machine. A volume starts with what the image has there
(https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container)."""
_PASSING_ON = ('exec "$@"', "exec $@", 'exec -- "$@"', 'exec "${@}"')


class Started(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A command that a container runs. `words` begin with the program, which `found` is; none is a word that is not
    known. `text` is that of the shell script that is run, where it is one and is known.

    `by_shell` says that a shell calls it, `script` which file has it called (empty for none), and `because` how that
    came there. `guarded` ones may fail, and all goes on; `alone` says that nothing else is run there.
    """

    purpose: Purpose
    words: tuple[str | None, ...]
    place: Place
    state: State
    found: Found
    text: str | None = None
    by_shell: bool = False
    script: str = ""
    because: tuple[Because, ...] = ()
    guarded: bool = False
    alone: bool = True
    service: Service | None = None

    @property
    def program(self) -> str:
        """The program as it is written; empty where it is not known."""
        return (self.words[0] or "") if self.words else ""

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.program.rpartition("/")[2]


def started(end: State, services: Sequence[Service]) -> Iterator[Started]:
    """All commands that a container of a stage runs, in Docker's own way and in that of each service."""
    config = end.config
    own = _Container(_mounted(end, services), None)
    if config.entrypoint is not None:
        yield from own.launched(config.entrypoint, "start")
    if config.cmd is not None and own.passes_on(config.entrypoint):
        yield from own.launched(config.cmd, "start")
    if config.health is not None:
        yield from own.launched(config.health, "health")
    for service in services:
        container = _Container(_mounted(end, [service]), service)
        if service.entrypoint is not None:
            yield from container.commanded(service.entrypoint, "start")
        if service.command is not None and (service.entrypoint is None and config.entrypoint is None):
            yield from container.commanded(service.command, "start")
        if service.health is not None:
            yield from container.commanded(service.health, "health")


def _mounted(state: State, services: Sequence[Service]) -> State:
    """What a container sees of a stage where folders of the machine are mounted over it: nothing is known of these. Of
    what only some services mount, the others see what the image has."""
    each = [{target for source, target in service.mounts if source.startswith(_OF_MACHINE)} for service in services]
    files = state.files
    for target in sorted(set.intersection(*each)) if each else ():
        if target.startswith("/"):
            files = files.edit(target, lambda node: unknown(node.origin), parent=files.root.entry)
    return msgspec.structs.replace(state, files=files)


class _Container:
    """Runs commands in what a stage has at its end, as `service` says, if it is one of a compose file."""

    def __init__(self, state: State, service: Service | None) -> None:
        self._state = state
        self._service = service

    def passes_on(self, entrypoint: Launch | None) -> bool:
        """Whether CMD is a command of its own: behind no entrypoint, one that only passes on, or a script that does."""
        if entrypoint is None:
            return True
        if entrypoint.script is not None:
            return False
        name = entrypoint.words[0].rpartition("/")[2] if entrypoint.words else ""
        text = self._text(entrypoint.words)
        return name in WRAPPERS | AS_SOMEBODY or (text is not None and any(one in text for one in _PASSING_ON))

    def launched(self, launch: Launch, purpose: Purpose) -> Iterator[Started]:
        """A command of the image's configuration."""
        if launch.script is not None:
            yield from self._by_shell(launch.script, purpose, launch.origin.place)
        else:
            yield from self._words(launch.words, purpose, launch.origin.place)

    def commanded(self, command: Command, purpose: Purpose) -> Iterator[Started]:
        """A command of a compose file."""
        if command.script is not None:
            yield from self._by_shell(command.script, purpose, command.place)
        else:
            yield from self._words(command.words, purpose, command.place)

    def _words(self, words: Words, purpose: Purpose, place: Place) -> Iterator[Started]:
        inner = unwrapped(words)
        if words and inner != words:
            yield self._started(words[:1], purpose, place)
        if not inner:
            return
        text = self._text(inner)
        yield self._started(inner, purpose, place, text=text)
        if inner[0].rpartition("/")[2] in SHELLS and len(inner) >= 3 and inner[1].endswith("c"):
            yield from self._by_shell(inner[2], purpose, place)
        elif text is not None:
            yield from self._by_shell(text, purpose, place, script=_script_of(inner))

    def _by_shell(self, text: str, purpose: Purpose, place: Place, script: str = "") -> Iterator[Started]:
        calls = commands_of(text, self._state)
        asked = asked_for(calls)
        others = sum(not _only_fails(call) for call in calls)
        because = self._because(script) if script else ()
        for call in calls:
            words = tuple(word.text for word in call.words)
            while words and words[0] in ("exec", "command") and not (words[1:] and (words[1] or "-").startswith("-")):
                words = words[1:]
            if words and words[0] is not None and words[0] not in asked and not _only_fails(call):
                yield self._started(
                    words, purpose, place, by_shell=True, script=script, because=because, alone=others == 1,
                    guarded=not call.checked and others > 1,
                )  # fmt: skip

    def _started(
        self,
        words: tuple[str | None, ...],
        purpose: Purpose,
        place: Place,
        *,
        text: str | None = None,
        by_shell: bool = False,
        script: str = "",
        because: tuple[Because, ...] = (),
        guarded: bool = False,
        alone: bool = True,
    ) -> Started:
        return Started(
            words=words, purpose=purpose, place=place, state=self._state, found=self._found(words[0] or ""), text=text,
            by_shell=by_shell, script=script, because=because, guarded=guarded, alone=alone, service=self._service,
        )  # fmt: skip

    def _found(self, program: str) -> Found:
        if "/" in program and not program.startswith("/") and self._state.workdir is not None:
            program = f"{self._state.workdir.rstrip('/')}/{program}"
        return self._state.files.which(program, self._state.path)

    def _because(self, script: str) -> tuple[Because, ...]:
        origin = first_made(self._found(script).origin)
        return (Because(place=origin.place, text=f"`{script}` comes from here"),)

    def _text(self, words: Words) -> str | None:
        """The text of the shell script that a command starts, where it is one and is known."""
        script = _script_of(words)
        entry = self._found(script).entry if script else None
        if entry is None or (script == words[0] and not _is_for_shell(entry.program)):
            return None
        text = entry.text
        return text if text is not None and len(text) <= LONGEST_SCRIPT else None


def _script_of(words: Words) -> str:
    """The file that may be a script: the program, or what a shell is told to read."""
    if words and words[0].rpartition("/")[2] in SHELLS:
        return words[1] if len(words) > 1 and not words[1].startswith("-") else ""
    return words[0] if words else ""


def _is_for_shell(program: object) -> bool:
    """Whether a file begins with `#!/bin/sh`, `#!/usr/bin/env bash` or the like."""
    words = " ".join(program.words).split() if isinstance(program, Script) else []
    return any(word.rpartition("/")[2] in SHELLS for word in words)


def unwrapped(words: Words) -> Words:
    """The command behind `tini --`, `exec`, `gosu user` and the like."""
    while words and (name := words[0].rpartition("/")[2]) in WRAPPERS | AS_SOMEBODY:
        rest = list(words[1:])
        while rest and rest[0].startswith("-"):
            if rest.pop(0) == "--":
                break
        words = tuple(rest[1:] if name in AS_SOMEBODY else rest)
    return words


def _only_fails(call: Invocation) -> bool:
    """`exit 1`, as it stands behind `||` in health checks."""
    number = call.arguments[0].text if call.arguments else None
    return call.name == "false" or (call.name == "exit" and number not in (None, "0"))


def asked_for(calls: Sequence[Invocation]) -> frozenset[str]:
    """Programs that a script asks for before it uses them: `command -v curl`, `which curl`, `[ -x /usr/bin/curl ]`."""
    asking = (call for call in calls if call.name in ("command", "which", "type", "hash", "[", "test", "[["))
    return frozenset(word.text for call in asking for word in call.arguments if word.text)
