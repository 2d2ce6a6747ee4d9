"""What a survey finds: services and their facts, each with where it came from and how sure we are. Frozen values."""

from posixpath import normpath
from typing import Generic, Literal, TypeVar

import msgspec

from lading.survey.python.manager import Manager

T = TypeVar("T")

Certainty = Literal["declared", "found", "assumed"]
"""`declared`: the repository says so in a file made for saying it; `found`: its code does so; `assumed`: a guess, which
the plan tells of."""


class Fact(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A value with its source (`pyproject.toml › project.requires-python`, `src/main.py:12`) and certainty.

    Sources name files relative to the service's own folder.
    """

    value: T
    source: str
    certainty: Certainty = "declared"


class App(msgspec.Struct, frozen=True, kw_only=True):
    """The object that a server is given: `target` as `module:attribute`, made anew by a call if it is a `factory`.

    `protocol` is the interface that it speaks; `root` the folder (relative to the service's, `.` for itself) that must
    be on the module path; `file` the file that it is in.
    """

    target: str
    framework: Literal["FastAPI", "Starlette", "Litestar", "Flask", "Quart", "Django", "unknown"]
    protocol: Literal["asgi", "wsgi"]
    factory: bool = False
    root: str = "."
    file: str = ""


RUN_ONCE = ("migrate", "release")
"""Names of processes that end by themselves and must have ended before the others start, in that order."""


class ProcessFact(msgspec.Struct, frozen=True, kw_only=True):
    """One way to start the service beside its app.

    `words` is the command: the program first (`celery`, `alembic`, `python`, a console script), then its arguments.
    `needs` names the package that must be among the locked ones for it to work, or nothing. `note` says why it cannot
    be run as it stands (it wants a shell), or nothing. `root` must be on the module path. `by_hand`: nothing says that
    it should run all the time (a console script, a package with `__main__.py`).
    """

    name: str
    words: tuple[str, ...]
    needs: str = ""
    note: str = ""
    root: str = "."
    by_hand: bool = False

    @property
    def runs_once(self) -> bool:
        """Whether it ends by itself, and so is nothing that a container is for."""
        return self.name in RUN_ONCE


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """An environment variable that the code reads. `required`: the service does not start without it; `secret`: by its
    type or its name, nobody but the service should see its value."""

    name: str
    required: bool = False
    secret: bool = False


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that tells the service where a backing service is: the whole address (`url`) or a part of it.

    `scheme` is what an address starts with (`postgresql+asyncpg`), `path` what the code's own default ends in (`/0`,
    `/shop`), or empty.
    """

    variable: str
    part: Literal["url", "host", "port", "user", "password", "name"]
    scheme: str = ""
    path: str = ""


class Backing(msgspec.Struct, frozen=True, kw_only=True):
    """Another service that this one needs while it runs, and the variables that lead to it."""

    kind: Literal["postgres", "redis"]
    carriers: tuple[Carrier, ...]


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """One package of the lock that some way of installing brings onto Linux.

    `ways` are `""` for the project's own dependencies, `extra:NAME` and `group:NAME`. `place` is the folder of one that
    lies in the repository, relative to the lock's; `source` says where one comes from that no index has (`git`, `url`,
    `file`), or nothing.
    """

    name: str
    version: str
    ways: tuple[str, ...]
    place: str = ""
    source: str = ""


class PythonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a service says of its Python. `version` is `major.minor`; `requires` is the range that it allows, or empty,
    and `source` where that stands; `allowed` are the known versions in it."""

    version: Fact[str]
    requires: str = ""
    source: str = ""
    allowed: tuple[str, ...] = ()

    def allows(self, version: str) -> bool:
        """Whether `requires-python` allows a version."""
        return not self.requires or version in self.allowed


class ServiceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one service, whatever it is written in. `folder` is relative to the repository (`.` for the
    root); paths in facts are relative to `folder`.

    `port_variable`: the code reads its port from `PORT`. `ships` are files and folders that look like development and
    that running code imports or names; `secrets` are files that look like secrets; `ignored` the lines of
    `.dockerignore`; `nested` the folders of other projects inside this one. `variables` are what the code reads of the
    environment, by name; `backing` the services that it needs beside it.
    """

    name: Fact[str]
    folder: str
    version: Fact[str] | None = None
    description: Fact[str] | None = None
    licence: Fact[str] | None = None
    source: Fact[str] | None = None
    port: Fact[int] | None = None
    port_variable: bool = False
    health: tuple[Fact[str], ...] = ()
    processes: tuple[Fact[ProcessFact], ...] = ()
    variables: tuple[Fact[Variable], ...] = ()
    backing: tuple[Fact[Backing], ...] = ()
    ships: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def at(self, path: str) -> str:
        """A path of this service relative to the repository."""
        return normpath(path if self.folder == "." else f"{self.folder}/{path}")


class LocalPart(msgspec.Struct, frozen=True, kw_only=True):
    """A project of the repository that another one depends on: its name in the lock, its folder relative to the
    other's, and what building its wheel needs. `package`: it is one; else nothing of it is installed."""

    name: str
    folder: str
    package: bool
    build_requires: tuple[str, ...] = ()


class PythonService(ServiceFacts, frozen=True, kw_only=True, tag="python"):
    """A service in Python. `lock` and `project` (pyproject.toml, or what stands for it) are files, relative to its
    folder like all paths here; `manager` made the lock, and `also` are further files that the lock consists of.
    `unhashed` are packages that it names without a hash: it is no lock then, only a list. `parts` are projects of the
    repository that are installed with this one; `member` is its name in the lock of a workspace, `format` the version
    of the lock's format, where that matters.

    `package`: the project is a package, installed as a wheel; `build_requires` is what building it needs, and
    `wheel_modules` are top-level modules that the wheel is sure to have. `static_root` is where Django's setting of
    that name is made, if it is.
    """

    lock: str
    project: str
    manager: Manager
    also: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()
    parts: tuple[LocalPart, ...] = ()
    member: str = ""
    format: str = ""
    python: PythonFacts
    package: Fact[bool]
    build_requires: tuple[str, ...] = ()
    packages: tuple[Locked, ...] = ()
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    app: Fact[App] | None = None
    other_apps: tuple[Fact[App], ...] = ()
    static_root: str = ""
    wheel_modules: tuple[str, ...] = ()


class GoBinary(msgspec.Struct, frozen=True, kw_only=True):
    """A program of a service: its `name` (no other of the service has it), the folder of its package relative to the
    folder where go is run, and its `process`. `serves`: it listens for requests."""

    name: str
    package: str
    process: str
    serves: bool = False


class GoService(ServiceFacts, frozen=True, kw_only=True, tag="go"):
    """A service in Go. `go` is the least toolchain that builds it.

    Relative to the repository: `root` is the folder where go is run, with the go.work or go.mod, and `context` the one
    that has it and every local module that it is made of. `binaries` has first what the image starts. `workspace`: it
    is built with a go.work. `vendored`: others' modules are in `vendor/`. `cgo` names what does not work without a C
    compiler. `grpc` is the port of gRPC's health service. `manifests` are the files that name other modules, relative
    to `context`; `private` modules of the same owner that are not in the repository.
    """

    root: str
    context: str
    module: str
    go: Fact[str]
    binaries: tuple[Fact[GoBinary], ...]
    workspace: bool = False
    vendored: bool = False
    cgo: Fact[str] | None = None
    grpc: Fact[int] | None = None
    manifests: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


class NodePackages(msgspec.Struct, frozen=True, kw_only=True):
    """How the packages of a project are installed. `manager` is `yarn` for the classic one (1.x), `berry` for what came
    after it; `version` and `digest` are what `packageManager` says of it, or empty.

    `lock` and `manifests` (`package.json` of the project and of the local packages that it is made of, and the
    manager's settings) are relative to the folder with the lock; `lock` is empty for a project that needs no packages.
    `member` is the folder of the workspace's member that is meant, `.` without a workspace; `local` are the folders of
    the local packages that it is made of. `scripts` are packages that have to run something while they are installed,
    `development` those of them that are not there in production.
    """

    manager: Literal["npm", "pnpm", "yarn", "berry"]
    version: str = ""
    digest: str = ""
    lock: str
    manifests: tuple[str, ...]
    member: str = "."
    local: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    development: tuple[str, ...] = ()


class BuildOutput(msgspec.Struct, frozen=True, array_like=True):
    """A file or folder of a project after its build, where it goes in the application's folder (`.` for itself), and
    whether it may be missing."""

    source: str
    destination: str
    optional: bool = False


class DevelopmentServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that notices edits itself: the script of `package.json` that starts it, and the program that it is."""

    script: str
    program: str


class NodeService(ServiceFacts, frozen=True, kw_only=True, tag="node"):
    """A service that runs on Node, or a site of plain files that Node builds (`kind`). `root` is the folder with the
    lock, relative to the repository.

    `node` is a release line (`24`), or a range that no supported line fits. `script` is the script that builds it, once
    the local packages in `builds` are built; `development` serves it to whoever edits it; `outputs` are what is there
    after a build and ships; `fallback` is the file that a site answers with for paths of its own; `bundled` says that
    they have all that they load. `start` are words for node, and need the package `start_needs`; `source_runs`: what
    they name lies in the source. `production` are the packages that it names for production. `problems` are what stands
    against building it, each with the way out.
    """

    root: str
    packages: NodePackages
    node: Fact[str]
    kind: Literal["server", "site"]
    framework: Fact[str] | None = None
    script: Fact[str] | None = None
    development: Fact[DevelopmentServer] | None = None
    builds: tuple[str, ...] = ()
    outputs: tuple[BuildOutput, ...] = ()
    fallback: str = ""
    bundled: bool = False
    start: Fact[tuple[str, ...]] | None = None
    start_needs: str = ""
    source_runs: bool = False
    production: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


class PackagesService(ServiceFacts, frozen=True, kw_only=True, tag="packages"):
    """An image of Debian packages: no source, only what lading.toml names."""

    packages: tuple[str, ...]


Service = PythonService | PackagesService | GoService | NodeService
"""A service in any language that Lading knows."""


class Unsupported(msgspec.Struct, frozen=True, kw_only=True):
    """A project that cannot be built (yet): its name, folder, the file that says so, what is wrong and the way out."""

    name: str
    folder: str
    file: str
    what: str
    fix: str = ""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A whole repository, each tuple sorted by name."""

    services: tuple[Service, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
