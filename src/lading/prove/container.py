"""What it means to run an image: the request, the container that is ready to start, and the runtimes' common shape."""

import os
import platform
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.oci.content import is_index, select
from lading.oci.documents import RunConfig
from lading.oci.model import Image, Index, Platform
from lading.oci.partial import config_of, images_of
from lading.proc import Completed, Runner


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to run. `name` is for people, `command` takes the place of the image's own, `publish` is in Docker's words
    (`8080`, `9000:8080`, `127.0.0.1:9000:8080`). What does not listen, such as a worker, has no port and no health
    check of the image's.

    `user` (`uid:gid`) takes the place of the image's own. `memory` (bytes) and `pids` limit the container where the
    runtime can; 0 is no limit. `isolated`: its network has a loopback interface and nothing else. `scratch`: `/tmp`
    and volumes are empty folders in memory that anybody may write to."""

    name: str
    content: Image | Index
    command: tuple[str, ...] | None = None
    env: tuple[tuple[str, str], ...] = ()
    publish: tuple[str, ...] = ()
    host_network: bool = False
    read_only: bool = True
    listens: bool = True
    user: str = ""
    memory: int = 0
    pids: int = 0
    isolated: bool = False
    scratch: bool = False


class Change(NamedTuple):
    """A path of the container that is not as the image has it."""

    path: str
    kind: Literal["added", "changed", "removed"]


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container that is ready to start.

    `run` is the command that runs it and ends with its exit code, `inside` begins a command that is to run inside it,
    `ask` sends the signal that the image wants to be stopped with, and no other; `stop` and `kill` end it. `address` is
    where it can be reached, or empty. `not_started` tells, after `run` has failed, why the runtime could not start it;
    empty when it did. `touch` is to be called now and then while it runs. `pid` is the number that this machine's
    kernel gives its first process, 0 where that is not known; `changes` are what it has changed of a root that can be
    written to, but for what the runtime itself puts there.
    """

    run: tuple[str, ...]
    inside: tuple[str, ...]
    ask: tuple[str, ...]
    stop: tuple[str, ...]
    kill: tuple[str, ...]
    address: str
    config: RunConfig
    not_started: Callable[[], str]
    pid: Callable[[], int]
    changes: Callable[[], tuple[Change, ...]]
    touch: Callable[[], None] = field(default=lambda: None)


class Runtime(Protocol):
    """A way to run containers."""

    @property
    def name(self) -> str:
        """Its program."""

    def problem(self, request: Request) -> str:
        """Why it cannot serve the request, or nothing."""

    def publishes(self) -> bool:
        """Whether it gives containers a network of their own, with ports that are reached from here."""

    def container(self, request: Request) -> AbstractContextManager[Container]:
        """Make the container; it is gone, with all that was made for it, when the context ends."""


def image_for(request: Request, wanted: Platform) -> Image:
    """The request's image for a platform. `UsageError` tells which there are."""
    content = request.content
    if is_index(content):
        return select(content, wanted, where=request.name)
    ((_, image),) = images_of(content)
    return image


def run_config(image: Image) -> RunConfig:
    """How the image's process runs. `VerificationFailed` when a word of it holds NUL, which no command line can."""
    config = config_of(image).config or RunConfig()
    words = [
        config.user,
        config.working_dir,
        config.stop_signal,
        *(config.volumes or {}),
        *(config.exposed_ports or {}),
    ]
    for listed in (config.env, config.entrypoint, config.cmd, config.healthcheck and config.healthcheck.test):
        words += listed or ()
    if any("\0" in word for word in words):
        raise VerificationFailed("the image's configuration holds NUL", where=digest_of(image.manifest))
    return config


def machine() -> Platform:
    """The platform of this machine, always as Linux: elsewhere containers run in a Linux of their own."""
    names = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    return Platform(os="linux", architecture=names.get(platform.machine().lower(), platform.machine().lower()))


def stop_signal(config: RunConfig) -> str:
    """The signal that the image wants to be stopped with, `SIGTERM` where it says none that a runtime takes."""
    return config.stop_signal if re.fullmatch(r"[A-Z0-9+]{1,15}", config.stop_signal) else "SIGTERM"


def is_root() -> bool:
    """Whether this process may give files to other users."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def asked(runner: Runner, program: str, *words: str) -> Completed | str:
    """What a program answers, or why it does not, in its own last words."""
    from shutil import which

    if which(program) is None:
        return "it is not installed"
    done = runner.run([program, *words])
    if done.code == 0:
        return done
    lines = (done.err.strip() or done.out.strip()).splitlines()
    return lines[-1].strip() if lines else f"it does not work (exit code {done.code})"


def slug(name: str) -> str:
    """A name as part of an image's or a container's: lower-case letters and digits in parts with `-` between them.

    >>> slug("registry.example/Team/App:1.2")
    'registry-example-team-app-1-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "image"
