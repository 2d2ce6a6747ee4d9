"""What it takes to develop a service in a container, whatever it is written in, and what every `Dockerfile.dev` has."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from lading.lock.model import Pins
from lading.plan.model import Plan, Process
from lading.render.dockerignore import lines
from lading.render.instructions import (
    Blank,
    Cmd,
    Comment,
    Entrypoint,
    Env,
    Expose,
    Instruction,
    Run,
    StopSignal,
    Syntax,
    User,
)
from lading.render.marker import marker
from lading.render.quoting import command

COMMAND = "lading render dockerfile --dev"
STAGE = "development"
HOME = "/tmp"  # noqa: S108  # in the container; the user has no other home
_OF_PRODUCTION = frozenset({"NODE_ENV", "PATH", "SSL_CERT_FILE"})
"""Variables that tell of the image of production, and not of the service."""


class Start(NamedTuple):
    """The words behind the entrypoint, and whether what is started notices changed source by itself."""

    command: tuple[str, ...]
    reloads: bool


class Desk(Protocol):
    """How one service is developed in a container. Its `Dockerfile.dev` has the plan's context as its own."""

    @property
    def why(self) -> str:
        """What `Dockerfile.dev` has, in words."""

    @property
    def mounted(self) -> str:
        """Where the context is mounted, read-only."""

    @property
    def caches(self) -> str:
        """The folder of a volume that keeps what is made while it runs, or empty."""

    def start(self, process: Process, *, once: bool = False) -> Start:
        """What starts a process; `once` for one that ends by itself, and is not to start again."""

    def health(self) -> tuple[str, ...]:
        """The command of the health check, where production has one, else nothing."""

    def dockerfile(self, pins: Pins | None) -> str:
        """The text of `Dockerfile.dev`. Raises `UsageError` for what the syntax has no way to say."""

    def dockerignore(self) -> str:
        """The text of its ignore file. Raises `UsageError` for what no line of one can say."""


def opening(plan: Plan) -> Iterator[Instruction]:
    """How a `Dockerfile.dev` begins."""
    yield Syntax()
    yield Comment(marker(COMMAND))
    yield Comment((f"For developing {plan.service}; compose.dev.yaml starts it. Nothing of this ships.",))
    yield Blank()


def kept_folders(plan: Plan) -> Iterator[Instruction]:
    """The folders of a plan's volumes: a new volume takes its owner from there."""
    folders = plan.config.volumes
    if folders:
        yield Run((command("mkdir", "-p", *folders), command("chown", plan.config.user, *folders)))
        yield Blank()


def ending(plan: Plan, entrypoint: tuple[str, ...], start: Start, **more: str) -> Iterator[Instruction]:
    """How one of a service ends that is not started as in production; `more` are variables of its own."""
    config = plan.config
    kept = {name: value for name, value in config.env if name not in _OF_PRODUCTION}
    yield from kept_folders(plan)
    yield Env(tuple(sorted({"HOME": HOME, **kept, **more}.items())))
    yield User(config.user)
    if config.port is not None:
        yield Expose(config.port)
    yield StopSignal(config.stop_signal)
    yield Entrypoint(entrypoint)
    if start.reloads:
        yield Comment(("It notices edited files.",))
    yield Cmd(start.command)


def ignore_file(why: str, patterns: Iterable[str]) -> str:
    """The text of an ignore file that belongs to a `Dockerfile.dev`."""
    head = (*marker(COMMAND), "", why)
    return "\n".join([*(f"# {line}".rstrip() for line in head), *lines(patterns)]) + "\n"
