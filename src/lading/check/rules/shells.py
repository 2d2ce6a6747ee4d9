"""Commands for a shell in a stage that has none, and scripts whose interpreter is not there."""

from collections.abc import Iterator

from lading.check.dockerfile.model import Cmd, Entrypoint, Healthcheck, Run, ShellForm
from lading.check.model.entry import Origin, Script
from lading.check.model.files import Found
from lading.check.model.state import State
from lading.check.model.step import Step
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.programs import why_absent
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Finding, Place, Rule

NO_SHELL = Rule(
    id="no-shell",
    severity="error",
    title="A command needs a shell, and the stage has none",
    why="Without a JSON list, Docker starts the shell with the whole line. Where there is no shell, or one that does "
    "nothing, no such command ever works.",
)
NO_INTERPRETER = Rule(
    id="interpreter-not-in-image",
    severity="error",
    title="A script's first line names a program that is not there",
    why="The kernel starts that program with the script. Where it is missing, the runtime says that the script itself "
    "does not exist.",
)
RULES = (NO_SHELL, NO_INTERPRETER)

IDLE = frozenset({"false", "true", "nologin"})
"""Programs that do nothing, whatever they are told: as a shell they run no script."""


def find(subject: Subject) -> Iterator[Finding]:
    """Both, where it is certain."""
    for step in subject.steps():
        if isinstance(step.instruction, Run) and isinstance(step.instruction.command, ShellForm):
            yield from _shell(step.before, step.origin.place, "RUN")
        for call in step.calls:
            name = call.invocation.program
            if name and "/" in name and not call.invocation.conditional:
                yield from _interpreter(call.before, name, subject.place(call.invocation.span), ())
    for step in _last_of_each(subject):
        if isinstance(step.instruction.command, ShellForm):  # type: ignore[union-attr]
            yield from _shell(subject.ships.end, step.origin.place, step.instruction.keyword.text.upper())
    for one in subject.starts:
        if not one.guarded:
            yield from _of_start(one)


def _last_of_each(subject: Subject) -> Iterator[Step]:
    """The ENTRYPOINT, CMD and HEALTHCHECK that hold."""
    config = subject.ships.end.config
    holding = [one.origin.place for one in (config.entrypoint, config.cmd, config.health) if one is not None]
    for _, step in subject.shipped_steps():
        if isinstance(step.instruction, Entrypoint | Cmd | Healthcheck) and step.origin.place in holding:
            yield step


def _shell(state: State, place: Place, keyword: str) -> Iterator[Finding]:
    if not state.shell:
        return
    program = state.shell[0]
    found = state.files.which(program, state.path)
    if not found.absent and not _is_idle(found, program):
        return
    lead = f"leads to {shown(found.path)}, which runs nothing" if found.present else "is not in this stage"
    yield tell(
        NO_SHELL,
        place,
        f"this {keyword} is for the shell {shown(program)}, which {lead}",
        _why_made(state, found, program),
        help="write the command as a JSON list of a program that is there and its arguments",
    )


def _is_idle(found: Found, program: str) -> bool:
    return found.present and found.path.rpartition("/")[2] in IDLE and program.rpartition("/")[2] not in IDLE


def _why_made(state: State, found: Found, program: str) -> Because:
    """The instruction or base that made a program what it is."""
    if found.absent:
        return why_absent(found, program)
    return since(_origin_of_link(state, found), f"{shown(program)} is made so here")


def _origin_of_link(state: State, found: Found) -> Origin:
    """Who made the link that leads astray: the last one that no base brought."""
    links = [state.files.look(link, follow=False).origin for link in found.links]
    made = [first_made(origin) for origin in links if origin.act != "base"]
    return made[-1] if made else first_made(found.origin)


def _of_start(one: Started) -> Iterator[Finding]:
    found = one.found
    if _is_idle(found, one.program) and not one.by_shell:
        yield tell(
            NO_SHELL,
            one.place,
            f"{shown(one.program)} leads to {shown(found.path)}, which runs nothing",
            _why_made(one.state, found, one.program),
        )
    elif found.present:
        yield from _interpreter(one.state, found.path, one.place, one.because)


def _interpreter(state: State, path: str, place: Place, because: tuple[Because, ...]) -> Iterator[Finding]:
    found = state.files.look(path)
    script = found.entry.program if found.present and found.entry is not None else None
    if not isinstance(script, Script):
        return
    words = script.words[0].split(" ") + " ".join(script.words[1:]).split()
    program = words[0]
    wanted = state.files.look(program) if program.startswith("/") else None
    if program.rpartition("/")[2] == "env" and wanted is not None and wanted.present:
        program = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        wanted = state.files.which(program, state.path) if program else None
    if wanted is None or program.endswith("\r"):
        return
    if wanted.absent or _is_idle(wanted, program):
        lead = "is not there" if wanted.absent else f"leads to {shown(wanted.path)}, which runs nothing"
        yield tell(
            NO_INTERPRETER,
            place,
            f"{shown(path)} is for {shown(program)}, which {lead}",
            *because,
            _why_made(state, wanted, program),
        )
