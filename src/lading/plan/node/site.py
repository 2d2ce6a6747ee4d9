"""The plan of a static site: files that a build makes, compressed beforehand, and a small server that hands them out.
Pure."""

from lading.errors import raise_all
from lading.plan.model import CopyFromStage, OwnProgram, Process, RuntimeConfig, Stage, Step, ToolchainBase
from lading.plan.node.making import build_of, tell_making
from lading.plan.node.notebook import NodeNotebook
from lading.plan.node.standing import choose_node, choose_site_base, has_accounts
from lading.plan.reasons import Planned
from lading.plan.running import (
    DEFAULT_PORT,
    FOLDERS,
    accounts_of,
    health_check,
    labels_of,
    planned,
    tell_rest,
)
from lading.strategy.model import ServiceStrategy
from lading.survey.model import Fact, NodeService

FOLDER = "/srv"
"""Where the site's files are."""
SERVER = "/lading/static-server"
"""The program that hands them out, in a folder that no site has."""
GO = "1.24"
"""The least Go that compiles the server, as its go.mod says."""
HEALTH = "/healthz"
_ASKS = "the server asks itself: there is nothing else in the image that could"


def site_plan(facts: NodeService, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one site. Raises `UsageError`, or `Problems` with all that stands against it."""
    book = NodeNotebook(facts, strategy)
    node, base = choose_node(book), choose_site_base(book)
    tell_making(book)
    port = _port(book)
    path = _health_path(book)
    book.add("start", "server", "Lading's own server of files", "package.json", "found")
    tell_rest(book)
    raise_all(book.problems)
    build = Stage(
        name="build",
        base=ToolchainBase(name="node", version=node),
        steps=(build_of(facts, strategy, node, path=FOLDER, compress=True),),
        why="installs everything, and builds; does not ship",
    )
    server = OwnProgram(name="static-server", path=SERVER, why="hands out the files, and nothing else")
    serve = Stage(
        name="server",
        base=ToolchainBase(name="go", version=GO),
        steps=(server,),
        why="compiles the server of the files",
    )
    steps: list[Step] = [accounts_of(strategy)] if has_accounts(base) else []
    steps.append(CopyFromStage(stage="server", path=SERVER, why=server.why))
    steps.append(CopyFromStage(stage="build", path=FOLDER, why="the site, each text also compressed"))
    return planned(
        book,
        context=facts.root,
        stages=(build, serve, Stage(name="runtime", base=base, steps=tuple(steps), why="what ships, and nothing else")),
        config=_config(facts, strategy, port, path, revision),
        processes=(Process(name="web", command=(), source="the server of the files"),),
    )


def _port(book: NodeNotebook) -> int:
    """The port: the strategy's, else one that needs no privileges. The source knows its development server's only."""
    if book.strategy.port is not None:
        book.reason("run", "port", book.said("port", book.strategy.port))
        return book.strategy.port
    book.reason("run", "port", Fact(value=DEFAULT_PORT, source="the server of the files", certainty="found"))
    return DEFAULT_PORT


def _health_path(book: NodeNotebook) -> str | None:
    health = book.strategy.health
    if not health.enabled:
        book.add("run", "health", "none", book.origin("health"))
        return None
    path = health.path or HEALTH
    fact = book.said("health.path", path) if health.path else Fact(value=path, source="the server of the files")
    book.reason("run", "health", fact)
    return path


def _config(facts: NodeService, strategy: ServiceStrategy, port: int, path: str | None, revision: str) -> RuntimeConfig:
    env = {"PATH": ":".join(FOLDERS), "PORT": str(port), "STATIC_ROOT": FOLDER}
    if facts.fallback:
        env["STATIC_FALLBACK"] = facts.fallback
    if path and path != HEALTH:
        env["STATIC_HEALTH"] = path
    return RuntimeConfig(
        user=f"{strategy.uid}:{strategy.gid}",
        workdir=FOLDER,
        env=tuple(sorted({**env, **dict(strategy.env)}.items())),
        entrypoint=(SERVER,),
        command=(),
        port=port,
        health=health_check(strategy, (SERVER, "-probe"), path=path, port=port, why=_ASKS) if path else None,
        stop_signal=strategy.stop_signal,
        labels=labels_of(strategy, facts, revision=revision),
    )
