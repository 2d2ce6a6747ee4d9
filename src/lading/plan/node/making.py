"""How a Node project is made: its packages, and its build. Pure."""

import posixpath

from lading.plan.model import NodeBuild, NodeInstall, NodeOutput
from lading.plan.node.notebook import NodeNotebook
from lading.plan.node.sources import build_excludes
from lading.plan.reasons import Topic
from lading.strategy.model import ServiceStrategy
from lading.survey.model import NodeService


def tell_making(book: NodeNotebook) -> None:
    """Write down what the project is made with, and what stands against making it."""
    facts = book.facts
    for what, fix in facts.problems:
        book.problem(what, where=facts.at("package.json"), fix=fix)
    if facts.framework:
        book.reason("application", "framework", facts.framework)
    if facts.script:
        book.add("application", "build", f"npm run {facts.script.value}", facts.script.source)
    elif not facts.source_runs:
        book.problem(
            f"{book.name} has to be built, and package.json has no script `build`",
            where=facts.at("package.json"),
            fix='"scripts": {"build": "…"} in package.json',
        )
    topic: Topic = "dependencies" if ships_packages(facts) else "application"  # where there is a step to tell it of
    if facts.packages.lock:
        book.add(topic, "packages", facts.packages.manager, facts.packages.lock, "found")
    if facts.packages.scripts:
        listed = ", ".join(facts.packages.scripts)
        book.add(topic, "install scripts", listed, facts.packages.lock, "found")
        book.note(f"these packages run scripts while they are installed, all others do not: {listed}")


def ships_packages(facts: NodeService) -> bool:
    """Whether packages are installed for production: a site has only files, and a bundle all that it loads."""
    return facts.kind == "server" and bool(facts.production) and not facts.bundled


def install_of(facts: NodeService, *, production: bool) -> NodeInstall:
    """How the packages are installed, all of them or those for production."""
    packages = facts.packages
    left_out = packages.development if production else ()
    return NodeInstall(
        manager=packages.manager,
        version=packages.version,
        digest=packages.digest,
        lock=packages.lock,
        manifests=packages.manifests,
        member=packages.member,
        local=packages.local,
        scripts=tuple(name for name in packages.scripts if name not in left_out),
    )


def build_of(
    facts: NodeService, strategy: ServiceStrategy, node: str, *, path: str, compress: bool = False
) -> NodeBuild:
    """The step that runs the project's build."""
    member = facts.packages.member
    outputs = tuple(
        NodeOutput(
            source=posixpath.normpath(posixpath.join(member, output.source)),
            destination=posixpath.normpath(posixpath.join(path, "." if compress else member, output.destination)),
            optional=output.optional,
        )
        for output in facts.outputs
    )
    local = () if facts.bundled or compress else _local_outputs(facts, path)
    runs = tuple((folder, "build") for folder in facts.builds)
    return NodeBuild(
        node=node,
        install=install_of(facts, production=False),
        runs=(*runs, (member, facts.script.value if facts.script else "build")),
        outputs=(*outputs, *local),
        path=path,
        exclude=build_excludes(facts, strategy),
        env=tuple(sorted({**_BUILDING, **dict(strategy.env)}.items())),
        compress=compress,
        bundled=facts.bundled,
        why="what the build makes, and nothing of what it is made of",
    )


_BUILDING = {
    "ASTRO_TELEMETRY_DISABLED": "1", "NEXT_TELEMETRY_DISABLED": "1", "NODE_ENV": "production",
    "NUXT_TELEMETRY_DISABLED": "1",
}  # fmt: skip
"""What builds are told: for whom they build, and to tell nobody."""


def _local_outputs(facts: NodeService, path: str) -> tuple[NodeOutput, ...]:
    """The local packages that a service is made of: as they are after the build."""
    return tuple(NodeOutput(source=one, destination=posixpath.join(path, one)) for one in facts.packages.local)
