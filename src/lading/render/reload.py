"""How a service in Python is started at a desk: by its server's own reloading, on request under a debugger. Pure."""

import shlex
from collections.abc import Sequence

from lading.errors import UsageError
from lading.plan.model import Process
from lading.plan.python.starting import VENV as PRODUCTION
from lading.plan.running import DEFAULT_PORT
from lading.render.roles import Member
from lading.render.workplace import Start
from lading.survey.model import Locked, PythonService
from lading.survey.python.managers import COMMANDS

VENV = "/opt/venv"
"""Where the environment is at a desk: outside of the source."""
WATCHER = "watchfiles"
"""Starts a command again when source has changed (https://watchfiles.helpmanual.io/cli/)."""
DEBUGGER = "debugpy"
DEBUG_PORT = 5678
"""Where debugpy listens by custom (https://github.com/microsoft/debugpy#debugpy-cli-usage)."""

_RELOADS = frozenset({"fastapi", "gunicorn", "hypercorn", "uvicorn"})
"""Servers that take `--reload`."""


def developed(member: Member) -> PythonService | None:
    """The facts of a service in Python that is developed in a container, its source mounted over the application's
    folder; nothing for one that runs as it ships, since it is made of several folders."""
    facts, plan = member.facts, member.plan
    alone = isinstance(facts, PythonService) and plan.context == plan.folder and not facts.parts
    return facts if alone and isinstance(facts, PythonService) else None


def development_start(member: Member, process: Process) -> Start:
    """What starts a process at a desk: the web by Django's and Flask's own servers, or its server with `--reload`; all
    else under watchfiles, where that is locked."""
    facts = developed(member)
    if facts is None:
        return Start(process.command, False)
    known = _known(member, facts) if process == member.plan.processes[0] else None
    if known:
        return Start(at_desk(known), True)
    command = at_desk(process.command)
    if _locks(facts.packages, WATCHER):
        watched = shlex.join((f"{VENV}/bin/python", *command))
        return Start(("-m", WATCHER, "--filter", "python", watched, member.plan.config.workdir), True)
    return Start(command, False)


def _locks(packages: Sequence[Locked], name: str) -> bool:
    return any(one.name == name for one in packages)


def _known(member: Member, facts: PythonService) -> tuple[str, ...] | None:
    """The command of a server that can watch its source itself."""
    command = member.plan.config.command
    program = command[1] if command[:1] == ("-m",) and len(command) > 1 else ""
    port = member.plan.config.port or DEFAULT_PORT
    app = facts.app.value if facts.app else None
    manager = _manager(member)
    if app and app.framework == "Django" and manager:
        return manager, "runserver", f"0.0.0.0:{port}"
    if app and app.framework == "Flask":
        return "-m", "flask", "--app", app.target, "run", "--debug", "--host", "0.0.0.0", "--port", str(port)  # noqa: S104
    if program in _RELOADS:
        return (*_single(command), *(() if "--reload" in command else ("--reload",)))
    return None


def at_desk(words: Sequence[str]) -> tuple[str, ...]:
    """Words as they are where the environment is not below the source, which is mounted over everything there."""
    own = f"{PRODUCTION}/"
    return tuple(f"{VENV}/{word.removeprefix(own)}" if word.startswith(own) else word for word in words)


def debugged(facts: PythonService, service: str, command: Sequence[str]) -> tuple[str, ...]:
    """A command under the debugger, which waits for nobody. `UsageError` when the project has not locked it."""
    if not _locks(facts.packages, DEBUGGER):
        raise UsageError(
            f"{service} has no {DEBUGGER} among its locked packages",
            where=facts.at(facts.lock),
            fix=COMMANDS[facts.manager].develop.format(DEBUGGER),
        )
    return "-m", DEBUGGER, "--listen", f"0.0.0.0:{DEBUG_PORT}", *command


def _manager(member: Member) -> str:
    """Django's `manage.py`, as its migrations name it."""
    for fact in member.facts.processes:
        words = fact.value.words
        if fact.value.name == "migrate" and len(words) > 1 and words[1].endswith("manage.py"):
            return words[1]
    return ""


def _single(command: Sequence[str]) -> tuple[str, ...]:
    """A command without its number of workers: a server that reloads has one."""
    kept: list[str] = []
    skip = False
    for word in command:
        if not skip and not word.startswith("--workers="):
            skip = word in ("--workers", "-w")
            kept += [] if skip else [word]
        else:
            skip = False
    return tuple(kept)
