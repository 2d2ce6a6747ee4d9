"""The plan of a Go service: programs made in one stage, copied onto a base that needs nothing else. Pure."""

from typing import Literal, NamedTuple

from lading.errors import raise_all
from lading.plan.bases import c_builder, static_base
from lading.plan.excludes import escaped
from lading.plan.go.notebook import GoNotebook
from lading.plan.go.standing import choose_base, choose_go, has_accounts
from lading.plan.go.starting import FOLDER, Start, choose_start, programs
from lading.plan.model import (
    Base,
    BaseFiles,
    CopyFromStage,
    DebianBase,
    GoBinaries,
    GoProgram,
    HealthCheck,
    ImageBase,
    MakeFolder,
    RuntimeConfig,
    ScratchBase,
    Stage,
    Step,
    ToolchainBase,
)
from lading.plan.reasons import Planned
from lading.plan.running import (
    CERTIFICATES,
    FOLDERS,
    PROBE,
    WHY_PROBE,
    accounts_of,
    choose_health,
    choose_port,
    health_check,
    labels_of,
    planned,
    probe_command,
    probe_stage,
    tell_rest,
)
from lading.strategy.model import ServiceStrategy
from lading.survey.model import Fact, GoService
from lading.survey.patterns import SECRETS

WORKDIR = "/app"
ZONES = "/usr/share/zoneinfo"
"""Where Go looks for time zones (https://pkg.go.dev/time#LoadLocation)."""
_ASKS = "a program of its own asks: there is no shell, no curl, and no need of either"


class _Health(NamedTuple):
    """What a health check asks: a path by HTTP, or gRPC's health service."""

    protocol: Literal["http", "grpc"]
    path: str
    port: int


class _Decisions(NamedTuple):
    """What is decided for one service."""

    go: str
    base: Base
    programs: tuple[GoProgram, ...]
    port: int | None
    start: Start
    health: _Health | None


def go_plan(facts: GoService, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one service. `revision` is the source's, for a label, or empty where it is not known for sure.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    book = GoNotebook(facts, strategy)
    decided = _decide(book)
    toolchain = ToolchainBase(name="go", version=decided.go)
    build = Stage(
        name="build",
        base=toolchain,
        steps=(_binaries(facts, strategy, decided),),
        why="compiles for the target; does not ship",
    )
    probe = (probe_stage(decided.go, decided.health.protocol),) if decided.health else ()
    return planned(
        book,
        context=facts.context,
        stages=(*probe, build, _runtime(strategy, decided)),
        config=_config(facts, strategy, decided, revision),
        processes=decided.start.processes,
    )


def _decide(book: GoNotebook) -> _Decisions:
    """Decide everything, or raise every problem that stands against it."""
    go = choose_go(book)
    base = choose_base(book)
    made = programs(book)
    port = choose_port(book, serves=book.facts.binaries[0].value.serves)
    start = choose_start(book, port)
    health = _choose_health(book, port)
    tell_rest(book)
    raise_all(book.problems)
    return _Decisions(go, base, made, port, start, health)


def _binaries(facts: GoService, strategy: ServiceStrategy, decided: _Decisions) -> GoBinaries:
    return GoBinaries(
        module=_seen_from(facts.root, facts.context),
        go=decided.go,
        programs=decided.programs,
        path=FOLDER,
        manifests=facts.manifests,
        workspace=facts.workspace,
        vendored=facts.vendored,
        private=facts.private,
        exclude=_exclude(facts, strategy),
        builder=c_builder(strategy.build_packages) if facts.cgo else None,
        why=f"linked with {'libc' if facts.cgo else 'nothing'}, stripped, and without paths of the machine that builds",
    )


def _runtime(strategy: ServiceStrategy, decided: _Decisions) -> Stage:
    base = decided.base
    steps: list[Step] = [accounts_of(strategy)] if has_accounts(base) else []
    if isinstance(base, ScratchBase):
        why = "authorities and time zones, which programs in Go read"
        steps.append(BaseFiles(base=static_base(), paths=(CERTIFICATES, ZONES), why=why))
        steps.append(MakeFolder(path="/tmp", uid=0, gid=0, mode=0o1777, why="anybody's temporary files"))  # noqa: S108
    steps.append(CopyFromStage(stage="build", path=FOLDER, why="the programs, and nothing of what made them"))
    if decided.health:
        steps.append(CopyFromStage(stage="probe", path=PROBE, why=WHY_PROBE))
    return Stage(name="runtime", base=base, steps=tuple(steps), why="what ships, and nothing else")


def _choose_health(book: GoNotebook, port: int | None) -> _Health | None:
    """What the health check asks: the path that the strategy names, gRPC's health service where the source offers that
    and no path, else a path of the source."""
    strategy, grpc = book.strategy.health, book.facts.grpc
    asked: int | None = (grpc.value or port) if grpc else None
    if strategy.enabled and grpc and asked and not strategy.path and not book.facts.health:
        book.reason("run", "health", Fact(value="gRPC's health service", source=grpc.source, certainty=grpc.certainty))
        return _Health("grpc", "", port if book.strategy.port and port else asked)
    path = choose_health(book, port)
    return _Health("http", path, port) if path is not None and port is not None else None


def _check(strategy: ServiceStrategy, health: _Health) -> HealthCheck:
    command = probe_command(health.protocol, health.port, health.path, strategy.health.timeout)
    return health_check(strategy, command, path=health.path, port=health.port, protocol=health.protocol, why=_ASKS)


def _config(facts: GoService, strategy: ServiceStrategy, decided: _Decisions, revision: str) -> RuntimeConfig:
    return RuntimeConfig(
        user=f"{strategy.uid}:{strategy.gid}",
        workdir=WORKDIR,
        env=_env(facts, strategy, decided),
        entrypoint=decided.start.entrypoint,
        command=decided.start.command,
        port=decided.port,
        health=_check(strategy, decided.health) if decided.health else None,
        stop_signal=strategy.stop_signal,
        labels=labels_of(strategy, facts, revision=revision),
    )


def _env(facts: GoService, strategy: ServiceStrategy, decided: _Decisions) -> tuple[tuple[str, str], ...]:
    env = {"PATH": FOLDER}
    if isinstance(decided.base, DebianBase):
        env["PATH"] = ":".join((FOLDER, *FOLDERS))
    if not isinstance(decided.base, ImageBase):  # an image has authorities of its own
        env["SSL_CERT_FILE"] = CERTIFICATES
    if facts.port_variable and decided.port is not None:
        env["PORT"] = str(decided.port)
    return tuple(sorted({**env, **dict(strategy.env)}.items()))


def _exclude(facts: GoService, strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what no program is made of: other services, what git and tools keep, tests and secrets.

    A file that a program embeds may be called anything: only `include` brings back one that looks like a secret.
    """
    return (
        *facts.ignored,
        *_NOT_BUILT,
        *strategy.exclude,
        *map(escaped, facts.nested),
        *SECRETS,
        *(f"!{pattern}" for pattern in strategy.include),
    )


_NOT_BUILT = ("**/*_test.go", "**/Dockerfile*", "**/.dockerignore", "**/compose*.y*ml", "lading.toml", "lading.lock")


def _seen_from(folder: str, context: str) -> str:
    if folder == context:
        return "."
    return folder if context == "." else folder.removeprefix(f"{context}/")
