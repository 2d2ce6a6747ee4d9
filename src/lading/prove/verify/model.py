"""What is verified, and the evidence: the same values whatever the runtime, but for the times and the memory."""

from typing import Literal

import msgspec

from lading.digest import Digest
from lading.oci.model import Image, Index
from lading.prove.container import Change

Kind = Literal["own", "anyone", "writable", "process"]
"""`own`: as the image's user, closed up; `anyone`: the same as a user that no image knows, in group 0, as OpenShift
does it; `writable`: with a root that can be written to, to see what would be; `process`: another process of it."""

NETWORKS: tuple[Literal["own", "host"], ...] = ("own", "host")


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for health: a path by HTTP, or gRPC's health service; `port` is the one inside."""

    protocol: Literal["http", "grpc"] = "http"
    port: int
    path: str = ""

    @property
    def written(self) -> str:
        """As a person says it."""
        return f"GET {self.path}" if self.protocol == "http" else "grpc.health.v1.Health/Check"


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the service needs beside it, and the variables that lead there with values that lead nowhere.

    `certain`: its code or its lock says so; else it is a variable whose name sounds like an address.
    """

    name: str
    nowhere: tuple[tuple[str, str], ...]
    certain: bool = True

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables."""
        return frozenset(name for name, _ in self.nowhere)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the container may take: bytes of memory, processes with their threads; and seconds: until the first healthy
    answer, from the stop signal to the end, and until nobody waits for a healthy answer any more."""

    memory: int
    pids: int = 512
    healthy: float = 10.0
    stop: float = 10.0
    patience: float = 60.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Another process of the image. `once`: it ends by itself."""

    name: str
    command: tuple[str, ...]
    once: bool = False


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be verified. Without a `probe` it serves nothing; `ready` is the path of readiness, or empty.

    `env` is what the person gives, and never printed. `network`: `own` has nothing else in it where that can be.
    """

    name: str
    content: Image | Index
    limits: Limits
    probe: Probe | None = None
    ready: str = ""
    main: str = ""
    jobs: tuple[Job, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    network: Literal["own", "host"] = "own"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: whether it was good, and the HTTP status, gRPC's word or the health check's exit code."""

    good: bool
    said: str


class Seen(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A process of the container: numbers as they are inside, and all its capability sets in one (hexadecimal)."""

    name: str
    uid: int
    gid: int
    capabilities: str
    no_new_privileges: bool


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: the limit that the kernel holds it to (0 for none), and the most that its processes had at once each."""

    limit: int
    peak: int


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended when it was asked to: the exit code as a shell has it, and seconds from the signal.

    `in_time`: it was not killed. `answered` says whether a request that was on its way then had its answer; nothing
    where none could be sent.
    """

    signal: str
    code: int
    seconds: float
    in_time: bool
    answered: bool | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the image.

    `gone` are the dependencies that led nowhere. `start` is the time from the word to the runtime to the process's
    start, `healthy` from there to the first good answer, in seconds; nothing where that could not be seen. `seen` and
    `memory` are nothing where the processes cannot be seen from here (a remote engine, a virtual machine). `written` is
    what it changed outside of the places that are there for it; nothing where that was not looked at. `ended` is the
    code of one that ended by itself, `last` are the last lines that it wrote then, or when it never was healthy.
    """

    kind: Kind
    process: str
    user: str
    gone: tuple[str, ...] = ()
    start: float | None = None
    healthy: float | None = None
    health: Answer | None = None
    check: Answer | None = None
    ready: Answer | None = None
    seen: tuple[Seen, ...] | None = None
    memory: Memory | None = None
    written: tuple[Change, ...] | None = None
    stop: Stop | None = None
    ended: int | None = None
    last: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether it ran as it should: healthy where it serves, else still running when it was asked to stop."""
        return self.ended is None and (self.health is None or self.health.good)


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A watched image. `user` is the image's own word; `serves`: it has something to ask; `once` are the processes that
    end by themselves; `dependencies` are those that are known, `given` those of them that were led somewhere."""

    name: str
    manifest: Digest
    platform: str
    runtime: str
    network: Literal["own", "host", "isolated"]
    user: str
    serves: bool
    ready: str
    limits: Limits
    dependencies: tuple[Dependency, ...]
    given: tuple[str, ...]
    once: tuple[str, ...]
    trials: tuple[Trial, ...]

    def trial(self, kind: Kind) -> Trial | None:
        """The first trial of a kind."""
        return next((one for one in self.trials if one.kind == kind), None)
