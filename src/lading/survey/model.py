"""What a survey finds: services and their facts, each with where it came from and how sure we are. Frozen values."""

from typing import Generic, Literal, TypeVar

import msgspec

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
    """What a service says of its Python. `version` is `major.minor`; `requires` is `requires-python`, or empty;
    `allowed` are the known versions that it allows."""

    version: Fact[str]
    requires: str = ""
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
        return path if self.folder == "." else f"{self.folder}/{path}"


class PythonService(ServiceFacts, frozen=True, kw_only=True, tag="python"):
    """A service in Python. `lock` and `project` (pyproject.toml) are files of its folder.

    `package`: the project is a package, installed as a wheel; `build_requires` is what building it needs, and
    `wheel_modules` are top-level modules that the wheel is sure to have. `static_root` is where Django's setting of
    that name is made, if it is.
    """

    lock: str
    project: str
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
    compiler. `grpc` is the port of gRPC's health service.
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
    private: tuple[str, ...] = ()


class PackagesService(ServiceFacts, frozen=True, kw_only=True, tag="packages"):
    """An image of Debian packages: no source, only what lading.toml names."""

    packages: tuple[str, ...]


Service = PythonService | PackagesService | GoService
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
