"""Running an image with Docker or Podman: it is loaded into the engine, which runs it."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from lading.digest import digest_of
from lading.oci.documents import RunConfig
from lading.oci.load import Engine
from lading.oci.model import Image, Platform
from lading.proc import Runner
from lading.prove.bundle import is_number
from lading.prove.container import (
    Change,
    Container,
    Request,
    asked,
    image_for,
    machine,
    run_config,
    slug,
    stop_signal,
)
from lading.prove.ports import Place, choose_port, exposed_port, parse_published
from lading.store import Store

Loader = Callable[[Engine, str, Image], None]
"""Brings an image into an engine under a name, sending only what it lacks."""

NEVER = "0001-01-01"
"""The day on which Docker and Podman say that a container started which never did (Go's zero time)."""


class EngineRuntime:
    """Docker or Podman. See `Runtime`."""

    def __init__(self, name: Engine, runner: Runner, store: Store, load: Loader) -> None:
        self.name: Engine = name
        self._runner = runner
        self._store = store
        self._load = load
        self._platform = machine()

    def problem(self, request: Request) -> str:
        """See `Runtime.problem`."""
        del request
        question = {
            "docker": ("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"),
            "podman": ("info", "--format", "{{.Version.OsArch}}"),
        }[self.name]
        done = asked(self._runner, self.name, *question)
        if isinstance(done, str):
            return done
        system, _, architecture = done.out.strip().partition("/")
        self._platform = Platform(os=system, architecture=architecture.partition("/")[0])
        return ""

    @contextmanager
    def container(self, request: Request) -> Iterator[Container]:
        """See `Runtime.container`."""
        image = image_for(request, self._platform)
        config = run_config(image)
        reference = f"lading-run/{slug(request.name)}:latest"
        if not self._has(reference, image):
            self._load(self.name, reference, image)
        published, network = self._network(request, config)
        name = f"lading-{slug(request.name)}-{secrets.token_hex(3)}"
        with self._store.scratch() as folder:
            options = [*_options(request, config, self.name), *network, *_variables(request, folder / "env")]
            command = request.command if request.command is not None else ()
            # Created first and started then: a container that could not be started is told from one that failed.
            self._runner.check(
                [self.name, "create", "--name", name, *options, reference, *command],
                what=f"{self.name} cannot make the container",
                fix="lading run --runtime chooses another runtime",
            )
            try:
                yield Container(
                    run=(self.name, "start", "--attach", name),
                    inside=(self.name, "exec", name),
                    ask=(self.name, "kill", "--signal", stop_signal(config), name),
                    stop=(self.name, "stop", "--time", "10", name),
                    kill=(self.name, "kill", name),
                    address=published.address if published else "",
                    config=config,
                    not_started=lambda: self._not_started(name),
                    pid=lambda: self._pid(name),
                    changes=lambda: self._changes(name),
                )
            finally:
                self._runner.run([self.name, "rm", "--force", "--volumes", name])

    def _has(self, reference: str, image: Image) -> bool:
        """Whether the engine has this very image; it tells its manifest's digest, older stores the configuration's."""
        done = self._runner.run([self.name, "image", "inspect", "--format", "{{.Id}}", reference])
        known = {digest_of(image.manifest), digest_of(image.config)}
        return done.code == 0 and f"sha256:{done.out.strip().removeprefix('sha256:')}" in known

    def _network(self, request: Request, config: RunConfig) -> tuple[Place | None, list[str]]:
        port = exposed_port(config) if request.listens else None
        if request.isolated:
            return (Place("127.0.0.1", port) if port else None), ["--network", "none"]
        if request.host_network or not (request.publish or self.publishes()):
            return (Place("127.0.0.1", port) if port else None), ["--network", "host"]
        wanted = [parse_published(text) for text in request.publish]
        if not wanted and port:
            wanted = [(Place("127.0.0.1", choose_port(port)), port)]
        ports = [(place if place.port else Place(place.host, choose_port(inside)), inside) for place, inside in wanted]
        flags = [word for place, inside in ports for word in ("--publish", f"{place.written}:{inside}")]
        return (ports[0][0] if ports else None), flags

    def publishes(self) -> bool:
        """See `Runtime.publishes`."""
        done = self._runner.run([self.name, "network", "ls", "--filter", "driver=bridge", "--quiet"])
        return done.code == 0 and bool(done.out.strip())

    def _pid(self, name: str) -> int:
        done = self._runner.run([self.name, "container", "inspect", "--format", "{{.State.Pid}}", name])
        text = done.out.strip()
        return int(text) if done.code == 0 and text.isdecimal() else 0

    def _changes(self, name: str) -> tuple[Change, ...]:
        done = self._runner.check([self.name, "diff", name], what=f"{self.name} does not tell what was written")
        return _changes(done.out.splitlines())

    def _not_started(self, name: str) -> str:
        done = self._runner.run([self.name, "container", "inspect", "--format", "{{.State.StartedAt}}", name])
        started = done.code == 0 and not done.out.strip().startswith(NEVER)
        return "" if started else "it could not start the container"


_KINDS: Mapping[str, Literal["added", "changed", "removed"]] = {"A": "added", "C": "changed", "D": "removed"}
"""https://docs.docker.com/reference/cli/docker/container/diff/"""
_OWN = (
    "/dev",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/mtab",
    "/etc/resolv.conf",
    "/proc",
    "/run/.containerenv",
    "/run/secrets",
    "/sys",
    "/tmp",  # noqa: S108  # a path in the container: an empty folder in memory
    "/.dockerenv",
)
"""What Docker and Podman put into a container themselves."""


def _changes(lines: Iterable[str]) -> tuple[Change, ...]:
    """What `docker diff` tells. A folder that has changed is only told of for what is in it."""
    told = [(letter, path) for letter, _, path in (line.strip().partition(" ") for line in lines) if letter in _KINDS]
    inner = {path[:at] for path in (*_OWN, *(path for _, path in told)) for at, char in enumerate(path) if char == "/"}
    theirs = [(letter, path) for letter, path in told if not any(f"{path}/".startswith(f"{one}/") for one in _OWN)]
    return tuple(sorted(Change(path, _KINDS[letter]) for letter, path in theirs if letter != "C" or path not in inner))


def _options(request: Request, config: RunConfig, engine: Engine) -> list[str]:
    options = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--label", "lading.run=true"]
    if not request.listens:
        options.append("--no-healthcheck")
    if request.read_only:
        options.append("--read-only")
    if request.read_only or request.scratch:
        options += ["--tmpfs", "/tmp:rw,nosuid,nodev,mode=1777"]  # noqa: S108  # a path in the container
    if request.scratch:
        owner = _owner(request.user or config.user) if engine == "docker" else ""
        options += [word for path in config.volumes or () for word in _scratch(path, owner)]
    if request.user:
        options += ["--user", request.user]
    if request.memory:
        # The same limit for memory and swap together: none of it goes to the disk.
        options += ["--memory", str(request.memory), "--memory-swap", str(request.memory)]
    if request.pids:
        options += ["--pids-limit", str(request.pids)]
    return options


def _scratch(path: str, owner: str) -> list[str]:
    """Flags for an empty folder in memory in the place of a volume. A path with a colon would bring options of its
    own, and stays a volume."""
    return ["--tmpfs", f"{path}:rw,nosuid,nodev,mode=1777{owner}"] if re.fullmatch(r"/[\w./@+-]+", path) else []


def _owner(user: str) -> str:
    """Docker gives such a folder the mode of the image's own, whatever is asked for (runc, `mountToRootfs`), so it has
    to be the user's. Podman knows no such option, and needs none."""
    uid, _, gid = user.partition(":")
    return f",uid={uid},gid={gid if is_number(gid) else 0}" if is_number(uid) else ""


def _variables(request: Request, file: Path) -> list[str]:
    """Flags for the variables. In a file, since a command line can be read by everybody on the machine; one with a line
    break cannot stand in that file."""
    plain = [f"{name}={value}" for name, value in request.env if "\n" not in value]
    flags = [word for name, value in request.env if "\n" in value for word in ("--env", f"{name}={value}")]
    if plain:
        file.touch(mode=0o600)
        file.write_text("\n".join(plain) + "\n")
        flags += ["--env-file", str(file)]
    return flags
