"""A Node service as `Dockerfile.dev`: its release line, all packages, and a loop that takes edits over. Pure.

Builds and development servers write beside the source, which is mounted read-only, and the desk's own `node_modules`
may be another system's. So the loop keeps a copy of the source at the folder where the packages are.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lading.lock.model import Pins
from lading.plan.bases import STATIC_SUITE
from lading.plan.excludes import escaped
from lading.plan.model import DebianBase, NodeBuild, NodeModules, Process, ToolchainBase
from lading.plan.node.making import install_of
from lading.plan.node.words import health_command
from lading.render.instructions import Arg, Blank, Comment, From, Instruction, Run, Workdir, Write, written
from lading.render.loops import FOLDER, NODE_LOOP
from lading.render.node import building_image, installed
from lading.render.public import pinned
from lading.render.quoting import command
from lading.render.roles import Member
from lading.render.scene import ARCHITECTURE
from lading.render.workplace import STAGE, Desk, Start, ending, ignore_file, opening
from lading.survey.model import NodeService

_LOOP = "reload.cjs"
_SOURCE = "/source"
_COPY = "/app"
_LISTENS = ("--host", "0.0.0.0", "--port")  # noqa: S104  # inside of a container
_FLAGS: Mapping[str, tuple[str, ...]] = {
    "astro": _LISTENS,
    "next": ("--hostname", "0.0.0.0", "--port"),  # noqa: S104
    "ng": _LISTENS,
    "nuxi": _LISTENS,
    "nuxt": _LISTENS,
    "react-router": _LISTENS,
    "vite": _LISTENS,
    "vue-cli-service": _LISTENS,
}
"""How development servers are told where to listen, the port last. All others start the service's own server, which has
the variables of production."""


class NodeDesk(NamedTuple):
    """See `Desk`. `node` is the release line; `musl`: production has that C library."""

    member: Member
    facts: NodeService
    node: str
    musl: bool

    @property
    def why(self) -> str:
        """See `Desk.why`."""
        return "node and the packages of production, what is for development, and npm"

    @property
    def mounted(self) -> str:
        """See `Desk.mounted`."""
        return _SOURCE

    @property
    def caches(self) -> str:
        """See `Desk.caches`: what is made is quickly made again."""
        return ""

    def start(self, process: Process, *, once: bool = False) -> Start:
        """See `Desk.start`: the project's own development server for what the image starts, where it has one; else
        node, behind the builds that it needs."""
        steps = (step for stage in self.member.plan.stages for step in stage.steps)
        runs = [run for step in steps if isinstance(step, NodeBuild) for run in step.runs]
        served = process == self.member.plan.processes[0] and not once
        server = self._server() if served else ()
        if server:
            return Start(("--watches", *_builds(runs[:-1]), "--", *server), True)
        words = (*_builds(runs), "--", "node", *process.command)
        return Start(("--once", *words), False) if once else Start(words, True)

    def health(self) -> tuple[str, ...]:
        """See `Desk.health`. What serves a site in production is not here: its page is asked for."""
        health = self.member.plan.config.health
        if health is None:
            return ()
        path = "/" if self.facts.kind == "site" else health.path
        return health_command("node", health.port or 0, path, health.timeout)

    def dockerfile(self, pins: Pins | None) -> str:
        """See `Desk.dockerfile`."""
        plan = self.member.plan
        place = posixpath.normpath(posixpath.join(_COPY, self.facts.packages.member))
        own = {"LADING_COPY": _COPY, "LADING_SOURCE": _SOURCE, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
        return written((
            *opening(plan),
            *self._packages(pins),
            Comment(("Takes edits over, and starts the service again where it does not notice them itself.",)),
            Write(files=((_LOOP, NODE_LOOP),), folder=f"{FOLDER}/", mode="644"),
            Blank(),
            Workdir(place),
            *ending(plan, ("node", f"{FOLDER}/{_LOOP}"), self.start(plan.processes[0]), **own),
        ))  # fmt: skip

    def dockerignore(self) -> str:
        """See `Desk.dockerignore`."""
        packages = self.facts.packages
        needed = (f"!{escaped(path)}" for path in (packages.lock, *packages.manifests) if path)
        return ignore_file("The source is mounted; the image only has the packages.", ("**", *needed))

    def _server(self) -> tuple[str, ...]:
        """The command of the project's development server, or nothing. One that only shows pages is none where the
        project's own server makes them."""
        found, framework = self.facts.development, self.facts.framework
        pages = self.facts.kind == "server" and framework is not None and framework.value == "Vite"
        if found is None or (pages and found.value.program == "vite"):
            return ()
        flags = _FLAGS.get(found.value.program, ())
        behind = ("--", *flags, str(self.member.plan.config.port)) if flags else ()
        return "npm", "run", found.value.script, *behind

    def _packages(self, pins: Pins | None) -> Iterator[Instruction]:
        plan = self.member.plan
        base, install = plan.runtime.base, install_of(self.facts, production=False)
        suite = base.suite if isinstance(base, DebianBase) else STATIC_SUITE
        image = building_image(self.node, suite, musl=self.musl, compiles=bool(install.scripts))
        yield From(pinned(image, pins, plan.platforms), STAGE)
        yield Arg(ARCHITECTURE)
        yield Blank()
        yield Workdir(_COPY)
        owned = _owned(plan.config.user, whole=install.member != ".")
        if install.lock:
            yield from installed(install, "Everything that the project names", production=False, then=owned)
        else:
            yield Run(owned)
            yield Blank()


def _owned(user: str, *, whole: bool) -> tuple[str, ...]:
    """Commands that let the user write: what is taken over, and among the packages, where builds and development
    servers keep what they remember. Of a workspace the manifests are there too (`whole`); else they are mounted."""
    if whole:
        return (command("chown", "-R", user, _COPY),)
    packages = f"find {_COPY} -name node_modules -prune -exec chown -R {command(user)} {{}} +"
    return command("chown", user, _COPY), packages


def _builds(runs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for folder, script in runs:
        yield from ("--build", folder, script)


def node_desk(member: Member) -> Desk | None:
    """The desk of a service in Node; nothing for a site without a server for developing it."""
    facts, stages = member.facts, member.plan.stages
    if not isinstance(facts, NodeService) or (facts.kind == "site" and facts.development is None):
        return None
    bases = [stage.base for stage in stages]
    lines = [base.version for base in bases if isinstance(base, ToolchainBase) and base.name == "node"]
    musl = any(isinstance(step, NodeModules) and step.libc == "musl" for stage in stages for step in stage.steps)
    return NodeDesk(member, facts, lines[0], musl)
