"""What holds for a container whatever its service is written in: port, health, user, labels. Pure."""

from typing import Any, Literal

import msgspec

from lading.plan.excludes import left_out
from lading.plan.model import (
    Accounts,
    HealthCheck,
    MakeFolder,
    OwnProgram,
    Plan,
    Process,
    RuntimeConfig,
    Stage,
    ToolchainBase,
)
from lading.plan.reasons import Notebook, Planned
from lading.strategy.model import ServiceStrategy
from lading.survey.model import Fact, ServiceFacts
from lading.survey.patterns import names_secret

Book = Notebook[Any]
"""The notebook of a service in any language."""

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are looked for on a Debian base."""

PROBE = "/lading/probe"
"""Where Lading's own program for health checks is: in a folder that no service has."""
PROBE_GO = "1.24"
"""The least Go that compiles it, as its go.mod says."""
WHY_PROBE = "asks the service how it is"
WHY_VOLUME = "what outlives a container; a new volume takes its owner from here"

DEFAULT_PORT = 8080
"""The port where nothing names one: not privileged, and what serverless container platforms expect."""

_SOME = 5
"""Files that a note names before it counts the rest."""


def choose_port(book: Book, *, serves: bool) -> int | None:
    """The port: the strategy's, else the source's, else a default where the service `serves` anything, else none."""
    if book.strategy.port is not None:
        fact: Fact[int] = book.said("port", book.strategy.port)
    elif book.facts.port is not None:
        fact = book.facts.port
        if fact.certainty == "assumed":
            book.note(f"port {fact.value} is assumed: {file_of(fact.source)} has a setting of that name")
    elif serves:
        fact = Fact(value=DEFAULT_PORT, source="nothing names a port", certainty="assumed")
        book.note(f"port {DEFAULT_PORT} is assumed: nothing names one (`port` in lading.toml does)")
    else:
        return None
    book.reason("run", "port", fact)
    return fact.value


def choose_health(book: Book, port: int | None) -> str | None:
    """The path that the health check asks for: the strategy's, else the first that the source has, else none."""
    health = book.strategy.health
    if not health.enabled:
        book.add("run", "health", "none", book.origin("health"))
        return None
    if health.path and port is None:
        book.problem(
            f"{book.name} has a health check and no port",
            where=book.origin("health.path"),
            fix=f"name the port: services.{book.name}.port in lading.toml",
        )
    if health.path:
        book.reason("run", "health", book.said("health.path", health.path))
        return health.path
    if book.facts.health and port is not None:
        fact: Fact[str] = book.facts.health[0]
        book.reason("run", "health", fact)
        if fact.certainty == "assumed":
            book.note(f"the health check asks {fact.value}, unless a setting changes its prefix")
        return fact.value
    if port is not None:
        book.note("there is no health check: no health route was found (`health.path` in lading.toml names one)")
    return None


def tell_rest(book: Book) -> None:
    """Write down what only the strategy decides: user, volumes, variables, budget."""
    strategy = book.strategy
    book.add("run", "user", f"{strategy.uid}:{strategy.gid}", book.origin("user"))
    for volume in strategy.volumes:
        book.add("run", "volume", volume, book.origin("volumes"))
    for name, value in strategy.env:
        secret = bool(value) and names_secret(name)
        book.add("run", f"env {name}", "…" if secret else value, book.origin(f"env.{name}"))
        if secret:
            book.note(f"env.{name} looks like a secret, and whoever has the image can read it")
    if strategy.budget:
        book.add("run", "budget", f"{strategy.budget:,} bytes on disk", book.origin("budget"))


def planned(
    book: Book,
    *,
    context: str,
    stages: tuple[Stage, ...],
    config: RuntimeConfig,
    processes: tuple[Process, ...],
) -> Planned:
    """The plan of what has been decided about a service, and the reasons. For `context` see `Plan`."""
    facts, strategy = book.facts, book.strategy
    stages, config = with_volumes(strategy, stages, config)
    plan = Plan(
        service=strategy.service,
        folder=facts.folder,
        context=context,
        image=strategy.image,
        platforms=strategy.platforms,
        stages=stages,
        config=config,
        processes=processes,
        compression=strategy.compression,
        budget=strategy.budget,
        missing_libraries=strategy.missing_libraries,
        notes=(*dict.fromkeys(book.notes), *(secrets_note(facts, strategy) if facts.secrets else ())),
    )
    return Planned(plan, tuple(book.reasons))


def with_volumes(
    strategy: ServiceStrategy, stages: tuple[Stage, ...], config: RuntimeConfig
) -> tuple[tuple[Stage, ...], RuntimeConfig]:
    """The stages and what the image says of its run, with the strategy's volumes: folders of the image's user, behind
    its account and before whatever is copied."""
    wanted = tuple(volume for volume in strategy.volumes if volume not in config.volumes)
    if not wanted:
        return stages, config
    folders = tuple(
        MakeFolder(path=volume, uid=strategy.uid, gid=strategy.gid, why=WHY_VOLUME) for volume in wanted
    )  # fmt: skip
    runtime = stages[-1]
    first = sum(isinstance(step, Accounts) for step in runtime.steps[:1])
    steps = (*runtime.steps[:first], *folders, *runtime.steps[first:])
    volumes = tuple(sorted((*config.volumes, *wanted)))
    return (
        (*stages[:-1], msgspec.structs.replace(runtime, steps=steps)),
        msgspec.structs.replace(config, volumes=volumes),
    )


def probe_stage(go: str, protocol: Literal["http", "grpc"] = "http") -> Stage:
    """The stage of Lading's own program that asks a service how it is, compiled by that Go or a newer one: the same for
    every service, whatever its source."""
    step = OwnProgram(name="grpc-probe" if protocol == "grpc" else "probe", path=PROBE, why=WHY_PROBE)
    base = ToolchainBase(name="go", version=go)
    return Stage(name="probe", base=base, steps=(step,), why="compiles what the health check runs")


def probe_command(protocol: Literal["http", "grpc"], port: int, path: str, timeout: float) -> tuple[str, ...]:
    """How that program asks a path by HTTP, or gRPC's health service, in that many seconds."""
    return PROBE, f"{protocol}://127.0.0.1:{port}{path}", f"{timeout:g}s"


def health_check(
    strategy: ServiceStrategy,
    command: tuple[str, ...],
    *,
    path: str,
    port: int,
    why: str,
    protocol: Literal["http", "grpc"] = "http",
) -> HealthCheck:
    """The health check that runs `command`, at the times that the strategy sets. `why` says what asks."""
    times = strategy.health
    return HealthCheck(
        command=command,
        path=path,
        port=port,
        protocol=protocol,
        interval=times.interval,
        timeout=times.timeout,
        start_period=times.start_period,
        retries=times.retries,
        why=why,
    )


def accounts_of(strategy: ServiceStrategy) -> Accounts:
    """The user that the strategy asks for, under the name that such a number usually has."""
    name = {0: "root", 65532: "nonroot", 65534: "nobody"}.get(strategy.uid, "app")
    home = {0: "/root", 65534: "/nonexistent"}.get(strategy.uid, f"/home/{name}")
    return Accounts(user=name, uid=strategy.uid, gid=strategy.gid, home=home, why="a name and a home for the user")


def labels_of(
    strategy: ServiceStrategy, facts: ServiceFacts | None, *, revision: str = ""
) -> tuple[tuple[str, str], ...]:
    """The image specification's own labels (annotations.md, "Pre-Defined Annotation Keys"), then the strategy's.

    Without facts (of a service that Lading cannot read) there are those that the strategy knows.
    """
    said = {
        "title": strategy.service,
        "version": facts.version.value if facts and facts.version else "",
        "description": facts.description.value if facts and facts.description else "",
        "licenses": facts.licence.value if facts and facts.licence else "",
        "source": strategy.source or (facts.source.value if facts and facts.source else ""),
        "revision": strategy.revision or revision,
    }
    labels = {f"org.opencontainers.image.{name}": value for name, value in said.items() if value}
    return tuple(sorted({**labels, **dict(strategy.labels)}.items()))


def secrets_note(facts: ServiceFacts, strategy: ServiceStrategy) -> tuple[str, ...]:
    """What is to be told of files that look like secrets, if there are any."""
    found = left_out(facts, strategy)
    if not found:
        return ()
    more = f" and {len(found) - _SOME} more" if len(found) > _SOME else ""
    return (f"left out, because they look like secrets: {', '.join(found[:_SOME])}{more} (`include` brings them in)",)


def file_of(source: str) -> str:
    """A source without its line: a plan does not change because a line moved."""
    file, _, line = source.rpartition(":")
    return file if line.isdigit() else source
