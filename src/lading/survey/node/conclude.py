"""All that was read of one project becomes the facts of a service. Pure."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lading.survey.backing import backing_facts
from lading.survey.model import BuildOutput, Fact, NodePackages, NodeService, ProcessFact
from lading.survey.node.answers import health_facts, port_fact, port_in, readings
from lading.survey.node.developing import development_server
from lading.survey.node.frameworks import Framework, Look, framework_of
from lading.survey.node.package import PackageFacts
from lading.survey.node.processes import joined, migrations, procfile, scripted, start_of
from lading.survey.node.scan import ModuleFacts
from lading.survey.patterns import SECRETS, is_example
from lading.survey.python.tables import normalised
from lading.survey.variables import variable_facts
from lading.tree.patterns import Patterns

BUILT = ("dist", "build", "out", "lib", ".output")
"""Folders that builds write to, the usual first."""
BESIDE = (
    "assets", "config", "db/migrations", "drizzle", "i18n", "locales", "migrations", "prisma", "public", "static",
    "templates", "translations", "views",
)  # fmt: skip
"""Folders that a built server reads beside its own output."""
BESIDE_FILES = ("knexfile.js", "knexfile.cjs", "knexfile.mjs", "ormconfig.json", "prisma.config.mjs", ".sequelizerc")


class Inputs(NamedTuple):
    """What was read of one project. Its `paths` are relative to `folder`, this and `root` to the repository, and all in
    `packages` and `builds` to `root`. `texts` has the small files that matter, `modules` those that may run."""

    folder: str
    root: str
    package: PackageFacts
    packages: NodePackages
    node: Fact[str]
    production: tuple[str, ...]
    builds: tuple[str, ...]
    paths: frozenset[str]
    modules: Mapping[str, ModuleFacts]
    texts: Mapping[str, str]
    ignored: tuple[str, ...]
    nested: tuple[str, ...]


def conclude(inputs: Inputs) -> NodeService:
    """The facts of a service."""
    package = inputs.package
    lines = procfile(inputs.texts.get("Procfile", ""), package)
    made = _Making(inputs)
    reads = readings(inputs.modules)
    start = made.start
    port = port_in(start.value) if start else None
    name = normalised(package.short_name) or normalised(posixpath.basename(inputs.folder)) or "service"
    return NodeService(
        name=Fact(value=name, source="package.json › name" if package.name else "the folder"),
        folder=inputs.folder,
        root=inputs.root,
        packages=inputs.packages,
        production=inputs.production,
        node=inputs.node,
        kind=made.kind,
        framework=made.framework,
        script=made.script,
        development=development_server(package),
        builds=inputs.builds,
        outputs=made.outputs,
        fallback=_fallback(package, made.framework),
        bundled=made.bundled,
        start=start,
        start_needs=made.needs,
        source_runs=made.source_runs,
        version=_said(package.version, "version"),
        description=_said(package.description, "description"),
        licence=_said(package.licence, "license"),
        source=_said(package.source, "repository"),
        port=Fact(value=port, source=start.source) if port and start else port_fact(inputs.modules, reads) or made.port,
        port_variable=any(read.name == "PORT" for read in reads) or made.reads_port,
        health=health_facts(inputs.modules, inputs.paths) if made.kind == "server" else (),
        processes=joined(lines, _others(inputs)),
        variables=variable_facts(reads),
        backing=backing_facts(reads, frozenset(package.dependencies), "package.json"),
        secrets=_secrets(inputs),
        ignored=inputs.ignored,
        nested=inputs.nested,
        problems=made.problems,
        notes=(*made.notes, *_ending(inputs, made)),
    )


def _others(inputs: Inputs) -> Iterator[Fact[ProcessFact]]:
    yield from scripted(inputs.package)
    yield from migrations(inputs.package, inputs.paths)


class _Making:
    """What a project is, and how it is made: by its own start where there is one, else by its framework."""

    def __init__(self, inputs: Inputs) -> None:
        package = inputs.package
        self._inputs = inputs
        found = framework_of(Look(package, inputs.texts))
        self.start, self.needs = start_of(package, inputs.paths)
        # A start that runs a file of one's own makes a server, whatever builds the pages that it shows.
        self.framework = _fact(found) if found else None
        if found and found.kind == "site" and self.start and not self.needs:
            found = None
        self.kind = found.kind if found else "server"
        self.bundled = bool(found and found.bundled)
        self.notes = (found.note,) if found and found.note else ()
        self.problems: tuple[tuple[str, str], ...] = (found.problem,) if found and found.problem else ()
        self.reads_port = bool(found)
        self.port = _usual_port(found) if found else None
        if found:
            self._by(found)
        self.script = Fact(value="build", source="package.json › scripts.build") if "build" in package.scripts else None
        self.source_runs = self.kind == "server" and not found and self._in_source()
        self.outputs = tuple(self._outputs(found))
        self.problems += tuple(
            (f"the build writes to {one.source}, outside of the project", "let it write below the project's folder")
            for one in self.outputs
            if posixpath.normpath(one.source).startswith(("/", ".."))
        )

    def _by(self, found: Framework) -> None:
        if found.kind == "site":
            self.start, self.needs = None, ""
        elif found.start and (self.start is None or found.bundled or self.needs):
            if self.start is None or self.needs != found.needs or found.bundled:
                self.start = Fact(value=found.start, source=found.source, certainty="found")
            self.needs = found.needs

    def _in_source(self) -> bool:
        """Whether what is started lies in the source, and is not made by a build."""
        return self._file() in self._inputs.paths or self._file() == ""

    def _file(self) -> str:
        words = self.start.value if self.start else ()
        return next((posixpath.normpath(word) for word in words if not word.startswith("-")), "")

    def _outputs(self, found: Framework | None) -> Iterator[BuildOutput]:
        if found:
            yield from (BuildOutput(*output) for output in found.outputs)
            if found.kind == "site" or found.bundled:
                return
        elif self.script and not self.source_runs:
            folder = self._file().partition("/")[0] if "/" in self._file() else self._file()
            yield BuildOutput(folder, folder)
        elif self.script:
            yield from (BuildOutput(folder, folder, True) for folder in BUILT)
        if not self.source_runs:
            yield BuildOutput("package.json", "package.json")
            yield from self._beside(found)

    def _beside(self, found: Framework | None) -> Iterator[BuildOutput]:
        """What a built server reads beside its own output, as far as it is there."""
        given = {output[0] for output in found.outputs} if found else {self._file().partition("/")[0]}
        paths = self._inputs.paths
        for folder in BESIDE:
            if folder not in given and any(path.startswith(f"{folder}/") for path in paths):
                yield BuildOutput(folder, folder)
        yield from (BuildOutput(file, file) for file in BESIDE_FILES if file in paths)


def _ending(inputs: Inputs, made: _Making) -> Iterator[str]:
    """Node does nothing of its own when it is asked to end, and the first process of a container then just goes on.
    Most frameworks listen.

    https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#handling-kernel-signals
    """
    own = made.kind == "server" and (made.framework is None or made.framework.value in _DEAF)
    if own and inputs.modules and not any(module.ends for module in inputs.modules.values()):
        yield "nothing in the source listens for SIGTERM: a container is killed only after its time to end is over"


_DEAF = frozenset({"Astro", "NestJS", "Vite"})
"""Frameworks whose servers end only where the source sees to it: Astro's does not, Nest's where `enableShutdownHooks`
is called, Vite makes none (https://docs.nestjs.com/fundamentals/lifecycle-events#application-shutdown)."""


def _fallback(package: PackageFacts, framework: Fact[str] | None) -> str:
    """What a site answers navigations with whose paths are none of its files': an app that has routes of its own in the
    browser is one page. Builders of many pages make a page for what is not found instead."""
    single = framework is not None and framework.value in _SINGLE
    return "index.html" if single and not _INTERFACES.isdisjoint(package.every) else ""


_SINGLE = frozenset({"Create React App", "Parcel", "React Router", "Remix", "SvelteKit", "Vite", "Vue CLI"})
_INTERFACES = frozenset({"@angular/core", "lit", "preact", "react", "solid-js", "svelte", "vue"})


def _fact(found: Framework) -> Fact[str]:
    return Fact(value=found.name, source=found.source, certainty="found")


def _usual_port(found: Framework) -> Fact[int] | None:
    return Fact(value=found.port, source=f"{found.name}'s own", certainty="found") if found.port else None


def _said(value: str, key: str) -> Fact[str] | None:
    return Fact(value=value, source=f"package.json › {key}") if value else None


def _secrets(inputs: Inputs) -> tuple[str, ...]:
    looks, ignored = Patterns(SECRETS), Patterns(inputs.ignored)
    found = (path for path in sorted(inputs.paths) if looks.matches(path) and not ignored.matches(path))
    return tuple(path for path in found if not is_example(path) and path.rpartition("/")[2] != ".npmrc")
