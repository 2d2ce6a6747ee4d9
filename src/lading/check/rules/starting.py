"""What a container of the stage that ships starts: its command, its health check, and what scripts of its own run."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from lading.check.compose import Command, Service
from lading.check.model.entry import Script
from lading.check.model.files import Found
from lading.check.model.state import Launch, State
from lading.check.rules.origins import first_made
from lading.check.rules.scripts import commands_of
from lading.check.shell.model import Invocation
from lading.finding import Because, Place

Purpose = Literal["start", "health"]

WRAPPERS = frozenset({"tini", "dumb-init", "catatonit", "exec", "nice", "ionice", "nohup", "setsid", "stdbuf", "chrt"})
"""Programs that start what stands behind their own options."""
AS_SOMEBODY = frozenset({"gosu", "su-exec", "setpriv"})
LONGEST_SCRIPT = 100_000


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A command that a container runs. `words` begin with the program; none is a word that is not known.

    `by_shell` is the shell that calls it and `script` the file that it stands in (empty for none); `because` says how
    it comes to run where that is not the instruction at `place` alone. `guarded` ones may fail, and all goes on;
    `alone` says that nothing else is run there.
    """

    purpose: Purpose
    words: tuple[str | None, ...]
    place: Place
    state: State
    by_shell: str = ""
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

    def found(self) -> Found:
        """The file that the program's name means."""
        program = self.program
        if "/" in program and not program.startswith("/"):
            workdir = self.state.workdir
            program = program if workdir is None else f"{workdir.rstrip('/')}/{program}"
        return self.state.files.which(program, self.state.path)


def started(end: State, services: Sequence[Service]) -> Iterator[Started]:
    """All commands that a container of a stage runs, in Docker's own way and in that of each service."""
    config = end.config
    if config.entrypoint is not None:
        yield from _launched(config.entrypoint, "start", end)
    if config.cmd is not None and _passes_on(config.entrypoint, end):
        yield from _launched(config.cmd, "start", end)
    if config.health is not None:
        yield from _launched(config.health, "health", end)
    for service in services:
        yield from _of_service(service, end)


def _passes_on(entrypoint: Launch | None, end: State) -> bool:
    """Whether CMD is a command of its own: behind no entrypoint, one that only passes on, or a script that does."""
    if entrypoint is None:
        return True
    if entrypoint.script is not None:
        return False
    name = entrypoint.words[0].rpartition("/")[2] if entrypoint.words else ""
    if name in WRAPPERS | AS_SOMEBODY:
        return True
    text = script_text(end, entrypoint.words)
    return text is not None and any(line in text for line in ('exec "$@"', "exec $@", 'exec -- "$@"', 'exec "${@}"'))


def script_text(state: State, words: tuple[str, ...]) -> str | None:
    """The text of the shell script that a command starts, where it is one and is known."""
    if not words:
        return None
    found = state.files.which(words[0], state.path)
    if is_shell(words[0]) and len(words) > 1 and not words[1].startswith("-") and state.workdir is not None:
        path = words[1] if words[1].startswith("/") else f"{state.workdir.rstrip('/')}/{words[1]}"
        found = state.files.look(path)
    elif (
        found.entry is None
        or not isinstance(found.entry.program, Script)
        or not any(
            is_shell(word) for word in found.entry.program.words[0].split() + list(found.entry.program.words[1:])
        )
    ):
        return None
    text = found.entry.text if found.entry is not None else None
    return text if text is not None and len(text) <= LONGEST_SCRIPT else None


def is_shell(path: str) -> bool:
    """Whether a program is a shell that reads what `sh` does."""
    return path.strip().rpartition("/")[2] in ("sh", "bash", "dash", "ash", "busybox")


def _launched(launch: Launch, purpose: Purpose, end: State) -> Iterator[Started]:
    place = launch.origin.place
    if launch.script is not None:
        yield from _of_script(launch.script, purpose, place, end, by=" ".join(launch.words[:1]))
        return
    yield from _of_words(launch.words, purpose, place, end)


def _of_words(
    words: tuple[str, ...], purpose: Purpose, place: Place, state: State, service: Service | None = None
) -> Iterator[Started]:
    words = unwrapped(words)
    if not words:
        return
    yield Started(purpose=purpose, words=words, place=place, state=state, service=service)
    if is_shell(words[0]) and len(words) >= 3 and words[1] in ("-c", "-ec", "-lc", "-exc", "-euc"):
        yield from _of_script(words[2], purpose, place, state, by=words[0], service=service)
        return
    text = script_text(state, words)
    if text is None:
        return
    path = words[1] if is_shell(words[0]) else words[0]
    for one in _of_script(text, purpose, place, state, service=service):
        yield msgspec.structs.replace(one, script=path, because=(*_made(state, words), *one.because))


def _made(state: State, words: tuple[str, ...]) -> tuple[Because, ...]:
    found = state.files.which(words[1] if is_shell(words[0]) else words[0], state.path)
    origin = first_made(found.origin)
    return (Because(place=origin.place, text=f"`{words[-1] if is_shell(words[0]) else words[0]}` comes from here"),)


def unwrapped(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command behind `tini --`, `exec`, `gosu user` and the like."""
    while words and (name := words[0].rpartition("/")[2]) in WRAPPERS | AS_SOMEBODY:
        rest = list(words[1:])
        while rest and rest[0].startswith("-"):
            if rest.pop(0) == "--":
                break
        if name in AS_SOMEBODY and rest and name != "setpriv":
            rest.pop(0)
        if not rest or name in ("setpriv", "stdbuf", "chrt", "ionice", "nice"):  # their options have values
            return words if not rest else ()
        words = tuple(rest)
    return words


def _of_script(
    script: str, purpose: Purpose, place: Place, state: State, *, by: str = "", service: Service | None = None
) -> Iterator[Started]:
    calls = commands_of(script, state)
    asked = asked_for(calls)
    others = sum(not _only_fails(call) for call in calls)
    for call in calls:
        words = tuple(word.text for word in call.words)
        while words and words[0] in ("exec", "command") and not (words[1:] and (words[1] or "-").startswith("-")):
            words = words[1:]
        if not words or words[0] is None or words[0] in asked or _only_fails(call):
            continue
        yield Started(
            purpose=purpose, words=words, place=place, state=state, by_shell=by or "script", service=service,
            guarded=not call.checked and others > 1, alone=others == 1,
        )  # fmt: skip


def _only_fails(call: Invocation) -> bool:
    """`exit 1`, as it stands behind `||` in health checks."""
    number = call.arguments[0].text if call.arguments else None
    return call.name == "false" or (call.name == "exit" and number not in (None, "0"))


def asked_for(calls: Sequence[Invocation]) -> frozenset[str]:
    """Programs that a script asks for before it uses them: `command -v curl`, `which curl`, `[ -x /usr/bin/curl ]`."""
    return frozenset(
        word.text
        for call in calls
        if call.name in ("command", "which", "type", "hash", "[", "test", "[[")
        for word in call.arguments
        if word.text
    )


def _of_service(service: Service, end: State) -> Iterator[Started]:
    for command, purpose in ((service.entrypoint, "start"), (service.command, "start"), (service.health, "health")):
        if command is None or (command is service.command and end.config.entrypoint and not service.entrypoint):
            continue
        yield from _of_command(command, "health" if purpose == "health" else "start", service, end)


def _of_command(command: Command, purpose: Purpose, service: Service, end: State) -> Iterator[Started]:
    if command.script is not None:
        yield from _of_script(command.script, purpose, command.place, end, by="/bin/sh", service=service)
    else:
        yield from _of_words(command.words, purpose, command.place, end, service)
