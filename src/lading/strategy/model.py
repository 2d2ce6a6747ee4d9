"""The schema of `lading.toml`: what a team may decide, for all its services and for each one.

A key that is not there is `UNSET`; defaults are applied by `resolve`, in one place. What each key means is said in
`lading.strategy.schema`, for the JSON Schema.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from lading.strategy.values import (
    END,
    AbsolutePath,
    AccountName,
    BaseName,
    Content,
    Cpus,
    DebianName,
    Duration,
    EnvName,
    Folder,
    Glob,
    ImageName,
    LabelName,
    LibraryName,
    LinkTarget,
    Mode,
    PackageName,
    PathInImage,
    PlatformName,
    Port,
    ProcessName,
    PythonVersion,
    Replicas,
    RequirementName,
    Retries,
    Revision,
    Signal,
    Size,
    Text,
    Url,
    UrlPath,
    User,
    Word,
)

Command = Annotated[list[Word], Meta(min_length=1, description="a command as a list of words, without a shell")]
Archive = Annotated[str, Meta(pattern=r"^debian(?:-security)?" + END, description="one of `debian`, `debian-security`")]
Platforms = Annotated[list[PlatformName], Meta(min_length=1, description="a list of at least one platform")]
FailOn = Annotated[
    Literal["error", "warning", "info", "never"], Meta(description="one of `error`, `warning`, `info`, `never`")
]
Reason = Annotated[str, Meta(min_length=1, max_length=1000, description="a sentence")]
RuleId = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_-]*" + END, max_length=100, description="the id of a rule"),
]
Service = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?" + END,
        max_length=63,
        description="the name of a service: lower-case letters, digits and `-`",
    ),
]


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The health check."""

    path: UrlPath | UnsetType = UNSET
    interval: Duration | UnsetType = UNSET
    timeout: Duration | UnsetType = UNSET
    start_period: Duration | UnsetType = UNSET
    retries: Retries | UnsetType = UNSET


class Amount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Processors and memory."""

    cpus: Cpus | UnsetType = UNSET
    memory: Size | UnsetType = UNSET


class Resources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What one container may take at most, and what is kept free for it."""

    limits: Amount | UnsetType = UNSET
    reservations: Amount | UnsetType = UNSET


class Prove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What an image is held to when it is proven, and what it needs to start for that."""

    ready: UrlPath | UnsetType = UNSET
    healthy_within: Duration | UnsetType = UNSET
    stop_within: Duration | UnsetType = UNSET
    env: dict[EnvName, Text] | UnsetType = UNSET
    waive: dict[RequirementName, Text] | UnsetType = UNSET


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What can be decided for all services and images of packages, and for each one; its own word wins.

    `labels`, `resources` and `prove` are joined key by key; every other list replaces the team's.
    """

    user: User | UnsetType = UNSET
    allow_root: bool | UnsetType = UNSET
    platforms: Platforms | UnsetType = UNSET
    engine: Literal["embedded", "buildkit"] | UnsetType = UNSET
    compression: Literal["gzip", "zstd"] | UnsetType = UNSET
    registry: ImageName | UnsetType = UNSET
    labels: dict[LabelName, Text] | UnsetType = UNSET
    resources: Resources | UnsetType = UNSET
    source: Url | UnsetType = UNSET
    revision: Revision | UnsetType = UNSET
    prove: Prove | UnsetType = UNSET


class Settings(Common, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What can be decided for all services and for each one; a service's word wins.

    `env`, `processes` and `health` are joined key by key, too.
    """

    base: BaseName | UnsetType = UNSET
    interpreter: AbsolutePath | UnsetType = UNSET
    python: PythonVersion | UnsetType = UNSET
    budget: Size | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    health: bool | Health | UnsetType = UNSET
    env: dict[EnvName, Text] | UnsetType = UNSET
    groups: list[PackageName] | UnsetType = UNSET
    extras: list[PackageName] | UnsetType = UNSET
    include: list[Glob] | UnsetType = UNSET
    exclude: list[Glob] | UnsetType = UNSET
    packages: list[DebianName] | UnsetType = UNSET
    build_packages: list[DebianName] | UnsetType = UNSET
    missing_libraries: list[LibraryName] | UnsetType = UNSET
    volumes: list[PathInImage] | UnsetType = UNSET
    command: Command | UnsetType = UNSET
    processes: dict[ProcessName, Command] | UnsetType = UNSET
    stop_signal: Signal | UnsetType = UNSET
    replicas: Replicas | UnsetType = UNSET


class ServiceSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What can be decided for one service."""

    path: Folder | UnsetType = UNSET
    dockerfile: Folder | UnsetType = UNSET
    image: ImageName | UnsetType = UNSET


class ImageHealth(Health, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The health check of an image of packages: a command of its own, or a path that a program of Lading's asks."""

    command: Command | UnsetType = UNSET


class ImageFolder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A folder of an image of packages."""

    owner: User | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET


class ImageFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A small file of an image of packages: its text, or a file of the repository."""

    content: Content | UnsetType = UNSET
    source: Folder | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET


class ImageSettings(Common, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """An image of Debian packages: what is in it, and what it says of its run."""

    packages: Annotated[list[DebianName], Meta(min_length=1, description="a list of at least one Debian package")]
    without: list[DebianName] | UnsetType = UNSET
    base: Literal["distroless", "slim"] | UnsetType = UNSET
    suite: Literal["trixie", "bookworm"] | UnsetType = UNSET
    image: ImageName | UnsetType = UNSET
    budget: Size | UnsetType = UNSET
    entrypoint: Command | UnsetType = UNSET
    command: Command | UnsetType = UNSET
    processes: dict[ProcessName, Command] | UnsetType = UNSET
    workdir: PathInImage | UnsetType = UNSET
    env: dict[EnvName, Text] | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    health: bool | ImageHealth | UnsetType = UNSET
    stop_signal: Signal | UnsetType = UNSET
    replicas: Replicas | UnsetType = UNSET
    accounts: dict[AccountName, User] | UnsetType = UNSET
    volumes: list[PathInImage] | UnsetType = UNSET
    directories: dict[PathInImage, ImageFolder] | UnsetType = UNSET
    files: dict[PathInImage, ImageFile] | UnsetType = UNSET
    links: dict[PathInImage, LinkTarget] | UnsetType = UNSET


class Ignored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Findings of one rule that do not count: why, and in which files (in all of them where none is named)."""

    reason: Reason
    paths: list[Glob] | UnsetType = UNSET


class Judging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Which findings make a command fail, and which do not count. `ignore` is by the rule's id."""

    fail_on: FailOn | UnsetType = UNSET
    ignore: dict[RuleId, Ignored] = {}


class Checking(Judging, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What `lading check` looks at, and what was there when it began to."""

    exclude: list[Glob] | UnsetType = UNSET
    bases: list[Word] | UnsetType = UNSET
    baseline: Folder | UnsetType = UNSET


class Strategy(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A whole `lading.toml`."""

    services: dict[Service, ServiceSettings] = {}
    images: dict[Service, ImageSettings] = {}
    mirrors: dict[Archive, Url] = {}
    check: Checking = Checking()
    audit: Judging = Judging()


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy, and where it was read: `lading.toml`, `pyproject.toml › tool.lading`, or empty for none."""

    strategy: Strategy
    origin: str


class HealthStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """The health check with every default applied; times in seconds. No `path` means: the one that the source has.
    `command` is what an image of packages may run instead of asking a path."""

    enabled: bool
    path: str | None
    interval: float
    timeout: float
    start_period: float
    retries: int
    command: tuple[str, ...] = ()


class AmountStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """Processors, and memory in bytes."""

    cpus: float
    memory: int


class ResourcesStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """What one container may take at most, and what is kept free for it, with every default applied."""

    limits: AmountStrategy
    reservations: AmountStrategy


class ProveStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """What an image is held to, with every default applied: seconds until it is healthy and until it has stopped.

    `ready` is the path of readiness, or nothing for the one that the source has; `env` are variables for the proof
    alone. `waived` are requirements that the team does not make, by their ids, each with its reason.
    """

    ready: str | None = None
    healthy: float = 10.0
    stop: float = 10.0
    env: tuple[tuple[str, str], ...] = ()
    waived: tuple[tuple[str, str], ...] = ()


class ServiceStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one service, with every default applied.

    `budget` is in bytes; `env`, `labels` and `processes` are sorted pairs; `origins` says for each key that somebody
    has set where that was (`lading.toml › services.api.port`).
    """

    service: str
    image: str
    base: str
    interpreter: str
    python: str | None
    uid: int
    gid: int
    platforms: tuple[str, ...]
    budget: int | None
    compression: Literal["gzip", "zstd"]
    port: int | None
    health: HealthStrategy
    env: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    packages: tuple[str, ...]
    build_packages: tuple[str, ...]
    command: tuple[str, ...]
    processes: tuple[tuple[str, tuple[str, ...]], ...]
    stop_signal: str
    replicas: int
    resources: ResourcesStrategy
    source: str | None
    revision: str | None
    engine: Literal["embedded", "buildkit"] = "embedded"
    prove: ProveStrategy = ProveStrategy()
    dockerfile: str = ""
    missing_libraries: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()

    def origin(self, key: str) -> str | None:
        """Where a key (`port`, `env.TZ`, `health.path`) was set, or nothing for a default."""
        return dict(self.origins).get(key)


class FolderStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of an image: an absolute path, its owner by numbers, and permission bits."""

    path: str
    uid: int
    gid: int
    mode: int


class FileStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """A small file of an image: an absolute path, and its text or the file of the repository that it is."""

    path: str
    mode: int
    content: str = ""
    source: str = ""


class ImageStrategy(ServiceStrategy, frozen=True, kw_only=True):
    """What holds for one image of packages, with every default applied that does not depend on the packages.

    What is empty was not said; `accounts` are names with their numbers, `links` paths with their targets; all are
    sorted.
    """

    suite: str
    without: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] = ()
    workdir: str = ""
    accounts: tuple[tuple[str, tuple[int, int]], ...] = ()
    folders: tuple[FolderStrategy, ...] = ()
    files: tuple[FileStrategy, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
