"""The plan of one image: stages, typed steps, runtime configuration. Frozen values, the same bytes for the same input.

Paths inside the image are absolute POSIX paths; paths of the source are relative to the plan's `context`.
"""

from typing import Literal

import msgspec

from lading.survey.python.manager import Manager

GO_ARCHITECTURES = {"linux/amd64": "amd64", "linux/arm64": "arm64"}
"""Platforms that Lading assembles for, and what Debian calls them (Debian and Go agree on both names)."""


class DebianBase(msgspec.Struct, frozen=True, kw_only=True, tag="debian"):
    """A root file system assembled from Debian packages.

    `name` is `distroless`, `slim`, or `static`, which has authorities, time zones and accounts, and neither libc nor
    any program; `suite` a Debian release's code name; `roots` the packages that are asked for,
    `without` those that are left out although something depends on them (only maintainer scripts use them);
    `interpreter` the Python in it, or empty.
    """

    name: Literal["distroless", "slim", "static"]
    suite: str
    roots: tuple[str, ...]
    without: tuple[str, ...] = ()
    interpreter: str = ""


class ImageBase(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """An image of a registry, pinned by digest in the lock. `interpreter` is its Python's path, or empty."""

    reference: str
    interpreter: str = ""


class ScratchBase(msgspec.Struct, frozen=True, kw_only=True, tag="scratch"):
    """Nothing at all: whatever the image needs, a step brings."""


class ToolchainBase(msgspec.Struct, frozen=True, kw_only=True, tag="toolchain"):
    """A toolchain in a stage that does not ship: `version` is the least that will do (Go's `1.26.0`) or a release line
    (node's `24`)."""

    name: Literal["go", "node"]
    version: str


PythonBase = DebianBase | ImageBase
"""What can have a Python in it."""

Base = PythonBase | ScratchBase | ToolchainBase


class PythonDependencies(msgspec.Struct, frozen=True, kw_only=True, tag="python-dependencies"):
    """Install what the project's lock names, for the target, into a virtual environment at `venv`.

    `lock` and `project` (pyproject.toml, or what stands for it) are source paths, `also` further ones that the lock
    consists of, `format` the version of its format; `python` is `major.minor`, `interpreter` the image's own. `member`
    names the project in the lock of a workspace. `apart` are the names of packages that lie in the repository, `parts`
    their projects (as `project`): steps of their own install them. `git`: some package comes from a repository of git.
    `unhashed`: the lock is only a list, and has no hashes for some packages. `build_packages` are Debian packages for
    building what has no wheel.
    """

    manager: Manager
    lock: str
    project: str
    also: tuple[str, ...] = ()
    format: str = ""
    member: str = ""
    apart: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    git: bool = False
    unhashed: bool = False
    python: str
    interpreter: str
    venv: str
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    build_packages: tuple[str, ...] = ()
    why: str


class PythonProject(msgspec.Struct, frozen=True, kw_only=True, tag="python-project"):
    """Build the project as a wheel and install it, without dependencies, into the environment at `venv`.

    `project` is its pyproject.toml; `exclude` are the patterns of what its build does not see.
    """

    project: str
    python: str
    interpreter: str
    venv: str
    build_requires: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    why: str


class CopyTree(msgspec.Struct, frozen=True, kw_only=True, tag="copy-tree"):
    """Copy the source below `source` to `destination`, but for what the ignore patterns in `exclude` match.

    With `python` (`major.minor`) its modules are compiled to bytecode beside it.
    """

    source: str
    destination: str
    exclude: tuple[str, ...] = ()
    python: str = ""
    why: str


class CopyFromStage(msgspec.Struct, frozen=True, kw_only=True, tag="copy-from-stage"):
    """Copy a path that an earlier stage made to the same path."""

    stage: str
    path: str
    why: str


class Accounts(msgspec.Struct, frozen=True, kw_only=True, tag="accounts"):
    """`/etc/passwd`, `/etc/group`, the user's home and `/tmp` (1777). `uid` and `gid` are the user's numbers.

    `others` are further accounts, each a name, a user's and a group's number; they have no home.
    """

    user: str
    uid: int
    gid: int
    home: str
    others: tuple[tuple[str, int, int], ...] = ()
    why: str


class WriteFile(msgspec.Struct, frozen=True, kw_only=True, tag="write-file"):
    """Write a small text file. `mode` is octal permission bits; the owner is root."""

    path: str
    content: str
    mode: int = 0o644
    why: str


class GoProgram(msgspec.Struct, frozen=True, kw_only=True):
    """One program: the name of its binary, and the folder of its package relative to the module that is built."""

    name: str
    package: str


class GoBinaries(msgspec.Struct, frozen=True, kw_only=True, tag="go-binaries"):
    """Build programs, stripped and without the paths of the machine that builds, into the folder `path`: without cgo,
    unless there is a `builder`, which has the compilers for what they have in C.

    `module` is the source folder where go is run, `go` the least version that will do, `manifests` the source files
    that name other modules (go.mod, go.sum, go.work). `workspace`: the go.work counts; `vendored`: others' modules are
    in `vendor/`. `private` are modules that likely nobody but their owner may read. `exclude` are the patterns of what
    no program is made of.
    """

    module: str
    go: str
    programs: tuple[GoProgram, ...]
    path: str
    manifests: tuple[str, ...] = ()
    workspace: bool = False
    vendored: bool = False
    private: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    builder: DebianBase | None = None
    why: str


class OwnProgram(msgspec.Struct, frozen=True, kw_only=True, tag="own-program"):
    """One of Lading's own small programs, compiled from its source in `lading.programs`, at `path`."""

    name: Literal["probe", "grpc-probe", "static-server"]
    path: str
    why: str


class BaseFiles(msgspec.Struct, frozen=True, kw_only=True, tag="base-files"):
    """Some files of a base that the stage does not stand on: all at or below `paths`."""

    base: DebianBase
    paths: tuple[str, ...]
    why: str


class NodeInstall(msgspec.Struct, frozen=True, kw_only=True):
    """What a package manager needs to install what the lock names, and nothing else.

    `lock` and `manifests` (each `package.json`, and the manager's own settings) are source paths. `version` is the
    manager's, or empty for the one that comes with node; `digest` is what its archive must have (`sha512.…`), if that
    is said. `member` is the folder of the workspace's member that is meant (`.` without a workspace), `local` are those
    of the packages beside it that it is made of. Of all packages only `scripts` may run something while they are
    installed.
    """

    manager: Literal["npm", "pnpm", "yarn", "berry"]
    version: str = ""
    digest: str = ""
    lock: str
    manifests: tuple[str, ...]
    member: str = "."
    local: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


class NodeModules(msgspec.Struct, frozen=True, kw_only=True, tag="node-modules"):
    """The packages that a service loads in production, for the target and its C library. `path` is what it makes:
    `node_modules` below the folder of the application, or that whole folder where a workspace has several of them."""

    node: str
    install: NodeInstall
    path: str
    libc: Literal["glibc", "musl"] = "glibc"
    why: str


class NodeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder that is there after a build: `source` relative to the context, `destination` in the image.

    An `optional` one may be missing.
    """

    source: str
    destination: str
    optional: bool = False


class NodeBuild(msgspec.Struct, frozen=True, kw_only=True, tag="node-build"):
    """Install everything that the project names, run scripts of its `package.json`, and keep `outputs` of it.

    `runs` are folders and names of scripts, in order. A script sees the source but for what `exclude` matches, and the
    variables in `env` (sorted pairs). `path` is the folder that all outputs go below; with `compress`, texts in it get
    a `.gz` and a `.br` beside them. `bundled`: the outputs have packages in them, which may be for one platform only.
    """

    node: str
    install: NodeInstall
    runs: tuple[tuple[str, str], ...]
    outputs: tuple[NodeOutput, ...]
    path: str
    exclude: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    compress: bool = False
    bundled: bool = False
    why: str


class NodeProgram(msgspec.Struct, frozen=True, kw_only=True, tag="node-program"):
    """The program `node` of a release line at `path`, on a base that does not have it, with its licence beside it."""

    node: str
    path: str
    why: str


class CopyFile(msgspec.Struct, frozen=True, kw_only=True, tag="copy-file"):
    """Copy one small file of the source to `path`. `mode` is octal permission bits; the owner is root."""

    source: str
    path: str
    mode: int = 0o644
    why: str


class MakeFolder(msgspec.Struct, frozen=True, kw_only=True, tag="make-folder"):
    """An empty folder with an owner of its own. `mode` is octal permission bits."""

    path: str
    uid: int
    gid: int
    mode: int = 0o755
    why: str


class MakeLink(msgspec.Struct, frozen=True, kw_only=True, tag="make-link"):
    """A symbolic link at `path` to `target`."""

    path: str
    target: str
    why: str


class DebugShell(msgspec.Struct, frozen=True, kw_only=True, tag="debug-shell"):
    """Busybox in a folder of its own, with a link for each of its `programs`: the last layer of a debug variant.

    It is the one program of a Debian package that depends on no other, of the release `suite`.
    """

    path: str
    suite: str
    package: str = "busybox-static"
    programs: tuple[str, ...]
    why: str

    @property
    def base(self) -> DebianBase:
        """What a lock pins for it: a base of that package alone."""
        return DebianBase(name="distroless", suite=self.suite, roots=(self.package,))


SmallStep = Accounts | WriteFile | CopyFile | MakeFolder | MakeLink
"""What is written beside a base's own files."""

NodeStep = NodeModules | NodeBuild | NodeProgram

Step = (
    PythonDependencies
    | PythonProject
    | CopyTree
    | CopyFromStage
    | SmallStep
    | GoBinaries
    | OwnProgram
    | BaseFiles
    | NodeStep
    | DebugShell
)


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One `FROM … AS name`: what it starts from, what it does, and why it is there."""

    name: str
    base: Base
    steps: tuple[Step, ...]
    why: str


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How the container tells that it works: an exec-form command, and times in seconds. `why` says what asks.

    `path` and `port` are what it asks for by HTTP; empty and 0 where the command knows another way. With `protocol`
    `grpc` it asks gRPC's health service on `port`.
    """

    command: tuple[str, ...]
    path: str = ""
    port: int = 0
    protocol: Literal["http", "grpc"] = "http"
    interval: float = 30.0
    timeout: float = 10.0
    start_period: float = 5.0
    retries: int = 3
    why: str = ""


class RuntimeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the image says of its own run. `user` is numeric (`uid:gid`); `env` and `labels` are sorted pairs; `volumes`
    are folders whose content outlives a container."""

    user: str
    workdir: str
    env: tuple[tuple[str, str], ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    port: int | None = None
    health: HealthCheck | None = None
    stop_signal: str = "SIGTERM"
    labels: tuple[tuple[str, str], ...] = ()
    volumes: tuple[str, ...] = ()


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One way to start the image: `web`, `worker`, `migrate` … `command` follows the entrypoint."""

    name: str
    command: tuple[str, ...]
    source: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one service's image. The last stage is the one that ships.

    `folder` is the service's folder relative to the repository (`.` for the root), `context` the one that the steps'
    source paths are relative to: the same, unless the service shares source with others (a workspace, a Go module).
    `image` is its name without a tag; `budget` is the strategy's limit in bytes on disk, or nothing;
    `missing_libraries` are those that it may lack although something in it is linked with them; `notes` are guesses
    that a person should see.
    """

    service: str
    folder: str
    context: str
    image: str
    platforms: tuple[str, ...]
    stages: tuple[Stage, ...]
    config: RuntimeConfig
    processes: tuple[Process, ...]
    compression: Literal["gzip", "zstd"] = "gzip"
    budget: int | None = None
    missing_libraries: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def runtime(self) -> Stage:
        """The stage that ships."""
        return self.stages[-1]

    def stage(self, name: str) -> Stage:
        """The stage of that name; `KeyError` when the plan has none (plans are made whole, so this is a bug)."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)


def output_of(step: Step) -> str:
    """The path that a step makes: what `CopyFromStage` may name."""
    match step:
        case PythonDependencies() | PythonProject():
            return step.venv
        case CopyTree():
            return step.destination
        case CopyFromStage() | WriteFile() | CopyFile() | MakeFolder() | MakeLink() | DebugShell():
            return step.path
        case GoBinaries() | OwnProgram() | NodeModules() | NodeBuild() | NodeProgram():
            return step.path
        case BaseFiles():
            return step.paths[0]
        case Accounts():
            return "/etc/passwd"
