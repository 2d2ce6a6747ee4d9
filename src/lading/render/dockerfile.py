"""A plan as the multi-stage Dockerfile that a careful engineer would have written. Pure.

The stages: those of tools, such as uv's own image; `build`, which makes what ships; where a team's libraries go onto an
image without apt, `packages`, which unpacks them; and `runtime`, which only copies. Each rule that holds for all of
them (bases by tag and digest, exec forms, numeric owners, caches by architecture) is in docs/render.md.
"""

from collections.abc import Iterator, Mapping, Sequence

from lading.lock.model import Pins
from lading.plan.model import (
    Accounts,
    Base,
    BaseFiles,
    CopyFile,
    CopyFromStage,
    CopyTree,
    DebianBase,
    DebugShell,
    GoBinaries,
    ImageBase,
    MakeFolder,
    MakeLink,
    NodeBuild,
    NodeModules,
    NodeProgram,
    OwnProgram,
    Plan,
    PythonDependencies,
    PythonProject,
    RuntimeConfig,
    Stage,
    Step,
    ToolchainBase,
    WriteFile,
)
from lading.plan.reasons import Decision
from lading.render import debian, files, go, node, python
from lading.render.context import context_of
from lading.render.instructions import (
    Blank,
    Cmd,
    Comment,
    Entrypoint,
    Env,
    Expose,
    From,
    HealthCheck,
    Instruction,
    Label,
    NoHealthCheck,
    StopSignal,
    Syntax,
    User,
    Volume,
    Workdir,
    written,
)
from lading.render.marker import marker
from lading.render.public import digest_of_image, extra_packages, pinned, public_of
from lading.render.reasons import Reasons, sentence
from lading.render.scene import PACKAGES, Blocks, Scene
from lading.tree.tree import TreeFile

REVISION = "org.opencontainers.image.revision"
"""The label that a committed file cannot have: it changes with each commit. Whoever builds gives it (`--label`)."""


def dockerfile(
    plan: Plan, *, pins: Pins | None = None, reasons: Sequence[Decision] = (), listing: Sequence[TreeFile] = ()
) -> str:
    """The text of a plan's Dockerfile; its context is the service's folder, its ignore file `dockerignore(plan)`.

    `pins` give digests and versions, `reasons` the decisions that comments name, `listing` (all files of the
    repository) which source there is to be copied. Raises `UsageError` for what the syntax has no way to say.
    """
    return written(_instructions(plan, pins, reasons, listing))


def images(plan: Plan, *, pins: Pins | None = None) -> tuple[str, ...]:
    """The public images that a plan's Dockerfile starts from, by tag, each once; of `pins` only the versions of tools
    count."""
    tools = Pins(tools=pins.tools) if pins else None
    found = [one for one in _instructions(plan, tools, (), ()) if isinstance(one, From)]
    stages = {one.name for one in found}
    return tuple(dict.fromkeys(one.image for one in found if one.image not in {"scratch", *stages}))


def _instructions(
    plan: Plan, pins: Pins | None, reasons: Sequence[Decision], listing: Sequence[TreeFile]
) -> tuple[Instruction, ...]:
    base = plan.runtime.base
    scene = Scene(
        plan=plan,
        base=public_of(plan),
        pins=pins,
        reasons=Reasons(reasons),
        context=context_of(plan),
        files=_below(plan.context, listing),
    )
    blocks = {stage.name: [_blocks(step, scene) for step in stage.steps] for stage in plan.stages}
    return (
        *_head(plan),
        *(one for some in blocks.values() for block in some for one in block.before),
        *_build_stages(blocks, scene),
        *debian.packages_stage(extra_packages(base, pins), scene),
        *(_beside(blocks, scene) if scene.making == PACKAGES else ()),
        *_runtime(scene),
        *files.made_elsewhere(scene),
        *(one for some in blocks.values() for block in some for one in block.shipped),
        *_config(scene, base),
    )


def _below(folder: str, listing: Sequence[TreeFile]) -> tuple[TreeFile, ...]:
    """The files in a folder, by their paths in it."""
    start = "" if folder == "." else f"{folder}/"
    return tuple(file._replace(path=file.path[len(start) :]) for file in listing if file.path.startswith(start))


def _build_stages(blocks: Mapping[str, Sequence[Blocks]], scene: Scene) -> Iterator[Instruction]:
    """The stages that do not ship, but for those that make nothing. The last also makes what only the steps of the one
    that ships know of."""
    for stage in scene.plan.stages[:-1]:
        made = [one for block in blocks[stage.name] for one in block.made]
        made += _beside(blocks, scene) if stage.name == scene.making else ()
        if made:
            yield from _begun(stage, scene)
            yield from made


def _beside(blocks: Mapping[str, Sequence[Blocks]], scene: Scene) -> Iterator[Instruction]:
    """What a stage that does not ship makes for the steps of the one that does."""
    return files.joined([one for block in blocks[scene.plan.runtime.name] for one in block.made])


def _begun(stage: Stage, scene: Scene) -> Iterator[Instruction]:
    """How a build stage begins; here and nowhere else what it stands on decides that."""
    match stage.base:
        case DebianBase() | ImageBase():
            yield from python.build_stage(stage, scene)
        case ToolchainBase(name="go", version=version):
            yield from go.build_stage(stage, version, scene)
        case ToolchainBase(name="node", version=version):
            yield from node.build_stage(stage, version, scene)


def _blocks(step: Step, scene: Scene) -> Blocks:
    """A step of the plan; here and nowhere else a step's type decides what is written."""
    match step:
        case PythonDependencies() | PythonProject() | CopyTree():
            return python.blocks(step, scene)
        case GoBinaries() | OwnProgram() | BaseFiles():
            return go.blocks(step, scene)
        case NodeBuild() | NodeModules() | NodeProgram():
            return node.blocks(step, scene)
        case CopyFromStage():
            return files.from_stage(step)
        case Accounts() | WriteFile() | CopyFile() | MakeFolder() | MakeLink():
            return files.small(step, scene)
        case DebugShell():
            return debian.debug_shell(step, scene)


def _head(plan: Plan) -> Iterator[Instruction]:
    yield Syntax()
    debug = any(isinstance(step, DebugShell) for step in plan.runtime.steps)
    yield Comment(marker(f"lading render dockerfile{' --debug-shell' if debug else ''}"))
    what = "The debug variant of the image" if debug else "The image"
    told = [f"{what} of {plan.service}, for {', '.join(plan.platforms)}."]
    if plan.context != plan.folder:  # it shares source with others
        told.append(f"At the repository's root: `docker build --file {plan.folder}/Dockerfile {plan.context}`.")
    yield Comment(tuple(told))
    yield Blank()


def _runtime(scene: Scene) -> Iterator[Instruction]:
    plan, public = scene.plan, scene.base
    yield Comment((f"{plan.runtime.name}: {plan.runtime.why}.",))
    yield From(pinned(public.runtime, scene.pins, plan.platforms), plan.runtime.name)
    yield Blank()
    yield from debian.packages_in_runtime(extra_packages(plan.runtime.base, scene.pins), scene)
    yield Comment(("Before all copies: none of the layers below is laid over another to make a folder in it.",))
    yield Workdir(plan.config.workdir)
    yield Blank()


def _config(scene: Scene, base: Base) -> Iterator[Instruction]:
    """What the image says of its own run, in the order in which a reader asks."""
    config, reasons = scene.plan.config, scene.reasons
    yield from _told((*reasons.told_of("run", "env"),), _env(config, base))
    labels = _labels(scene, base)
    if labels:
        yield Label(labels)
    yield Blank()
    yield Comment(("A number, so that Kubernetes can tell that it is not root.", *reasons.told("run", "user")))
    yield User(config.user)
    yield Blank()
    if config.port is not None:
        yield from _told(reasons.told("run", "port"), Expose(config.port))
    if config.volumes:
        yield from _told(reasons.told("run", "volume"), Volume(config.volumes))
    if config.health:
        health = config.health
        yield Blank()
        yield from _comment((*([f"{sentence(health.why)}."] if health.why else []), *reasons.told("run", "health")))
        yield HealthCheck(
            command=health.command,
            interval=health.interval,
            timeout=health.timeout,
            start_period=health.start_period,
            retries=health.retries,
        )
    elif isinstance(base, ImageBase):
        yield Blank()
        yield from _told(("No health check, whatever the image that this stands on has.",), NoHealthCheck())
    yield Blank()
    yield from _told(reasons.told("start", "app", "server", "command"), StopSignal(config.stop_signal))
    yield Entrypoint(config.entrypoint)
    yield Cmd(config.command)


def _told(reasons: Sequence[str], instruction: Instruction) -> Iterator[Instruction]:
    yield from _comment(reasons)
    yield instruction


def _comment(paragraphs: Sequence[str]) -> Iterator[Instruction]:
    if paragraphs:
        yield Comment(tuple(paragraphs))


def _env(config: RuntimeConfig, base: Base) -> Env:
    """The plan's variables. An image base may have folders of its own on PATH: they stay, behind the plan's."""
    path = dict(config.env).get("PATH", "")
    if not isinstance(base, ImageBase) or not path:
        return Env(config.env)
    rest = tuple(pair for pair in config.env if pair[0] != "PATH")
    return Env(rest, before=(("PATH", path),))


def _labels(scene: Scene, base: Base) -> tuple[tuple[str, str], ...]:
    labels = {name: value for name, value in scene.plan.config.labels if name != REVISION}
    if isinstance(base, ImageBase):
        labels["org.opencontainers.image.base.name"] = base.reference
        digest = digest_of_image(base.reference, scene.pins, scene.plan.platforms)
        if digest:
            labels["org.opencontainers.image.base.digest"] = digest
    return tuple(sorted(labels.items()))
