"""The plan of a Node service: built in one stage, production packages installed in another, both copied. Pure."""

import posixpath

from lading.errors import raise_all
from lading.plan.bases import is_musl
from lading.plan.model import (
    Base,
    CopyFromStage,
    CopyTree,
    DebianBase,
    HealthCheck,
    ImageBase,
    NodeBuild,
    NodeModules,
    NodeProgram,
    RuntimeConfig,
    Stage,
    Step,
    ToolchainBase,
)
from lading.plan.node.making import build_of, install_of, ships_packages, tell_making
from lading.plan.node.notebook import NodeNotebook
from lading.plan.node.site import site_plan
from lading.plan.node.sources import source_excludes
from lading.plan.node.standing import choose_base, choose_node, has_accounts
from lading.plan.node.starting import Start, choose_processes, choose_start
from lading.plan.node.words import health_command
from lading.plan.reasons import Planned
from lading.plan.running import (
    CERTIFICATES,
    FOLDERS,
    accounts_of,
    choose_health,
    choose_port,
    health_check,
    labels_of,
    planned,
    tell_rest,
)
from lading.strategy.model import ServiceStrategy
from lading.survey.model import NodeService
from lading.survey.node.processes import SERVERS

FOLDER = "/app"
"""Where the application is."""
_ASKS = "node itself asks: there is no shell, no curl, and no need of either"
_ADDRESS = {"Next.js": "HOSTNAME", "Astro": "HOST", "SvelteKit": "HOST", "Nuxt": "HOST"}
"""The variables by which frameworks are told to listen on every address of the container."""


def node_plan(facts: NodeService, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one service or site. `revision` is the source's, for a label, or empty where it is not known.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    if facts.kind == "site":
        return site_plan(facts, strategy, revision=revision)
    book = NodeNotebook(facts, strategy)
    node, base = choose_node(book), choose_base(book)
    tell_making(book)
    port = choose_port(book, serves=_serves(facts))
    start = choose_start(book, port)
    processes = choose_processes(book, start, port)
    health = choose_health(book, port)
    tell_rest(book)
    raise_all(book.problems)
    config = _config(facts, strategy, base, start, port=port, health=health, revision=revision)
    building = _building(facts, strategy, node)
    return planned(
        book,
        context=facts.root,
        stages=(*building, _runtime(facts, strategy, node, base, building)),
        config=config,
        processes=processes,
    )


def _serves(facts: NodeService) -> bool:
    """Whether a service listens for requests, as far as its packages tell."""
    return facts.framework is not None or bool(facts.health) or not SERVERS.isdisjoint(facts.production)


def _building(facts: NodeService, strategy: ServiceStrategy, node: str) -> tuple[Stage, ...]:
    base = ToolchainBase(name="node", version=node)
    stages: list[Stage] = []
    if facts.script and facts.outputs:
        step = build_of(facts, strategy, node, path=FOLDER)
        stages.append(
            Stage(name="build", base=base, steps=(step,), why="installs everything, and builds; does not ship")
        )
    if ships_packages(facts):
        modules = NodeModules(
            node=node,
            install=install_of(facts, production=True),
            path=FOLDER if facts.packages.member != "." else f"{FOLDER}/node_modules",
            libc="musl" if is_musl(strategy.base) else "glibc",
            why=f"what {facts.packages.lock} names for production",
        )
        stages.append(Stage(name="modules", base=base, steps=(modules,), why="installs for the target; does not ship"))
    if not stages:
        stages.append(Stage(name="build", base=base, steps=(), why="prepares the source; does not ship"))
    return tuple(stages)


def _runtime(
    facts: NodeService, strategy: ServiceStrategy, node: str, base: Base, building: tuple[Stage, ...]
) -> Stage:
    steps: list[Step] = [accounts_of(strategy)] if has_accounts(base) else []
    if isinstance(base, DebianBase):
        steps.append(NodeProgram(node=node, path=base.interpreter, why="node itself, without npm"))
    for stage in reversed(building):  # packages change less often than what is built
        for step in stage.steps:
            match step:
                case NodeModules():
                    steps.append(CopyFromStage(stage=stage.name, path=step.path, why="the production packages"))
                case NodeBuild():
                    steps.append(CopyFromStage(stage=stage.name, path=step.path, why=step.why))
    if facts.source_runs:
        steps.append(
            CopyTree(
                source=".", destination=FOLDER, exclude=source_excludes(facts, strategy), why="the source itself runs"
            )
        )
    return Stage(name="runtime", base=base, steps=tuple(steps), why="what ships, and nothing else")


def _config(
    facts: NodeService,
    strategy: ServiceStrategy,
    base: Base,
    start: Start,
    *,
    port: int | None,
    health: str | None,
    revision: str,
) -> RuntimeConfig:
    node = base.interpreter if isinstance(base, DebianBase | ImageBase) else ""
    return RuntimeConfig(
        user=f"{strategy.uid}:{strategy.gid}",
        workdir=posixpath.normpath(posixpath.join(FOLDER, facts.packages.member)),
        env=_env(facts, strategy, base, node, port),
        entrypoint=(node,),
        command=start.command,
        port=port,
        health=_health(strategy, node, health, port),
        stop_signal=strategy.stop_signal,
        labels=labels_of(strategy, facts, revision=revision),
    )


def _env(
    facts: NodeService, strategy: ServiceStrategy, base: Base, node: str, port: int | None
) -> tuple[tuple[str, str], ...]:
    env = {"NODE_ENV": "production", "PATH": posixpath.dirname(node)}
    if isinstance(base, DebianBase):  # an image has folders and authorities of its own
        env["PATH"] = ":".join(dict.fromkeys((env["PATH"], *FOLDERS)))
        env["SSL_CERT_FILE"] = CERTIFICATES
    if facts.framework and facts.framework.value in _ADDRESS:
        env[_ADDRESS[facts.framework.value]] = "0.0.0.0"  # noqa: S104  # inside of a container
    if facts.port_variable and port is not None:
        env["PORT"] = str(port)
    return tuple(sorted({**env, **dict(strategy.env)}.items()))


def _health(strategy: ServiceStrategy, node: str, path: str | None, port: int | None) -> HealthCheck | None:
    if path is None or port is None:
        return None
    command = health_command(node, port, path, strategy.health.timeout)
    return health_check(strategy, command, path=path, port=port, why=_ASKS)
