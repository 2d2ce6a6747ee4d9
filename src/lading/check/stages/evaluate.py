"""A Dockerfile becomes a model: its stages one after the other, each instruction on what the one before left."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from lading.check.bases.find import base_state
from lading.check.context import Context
from lading.check.dockerfile.model import AnyInstruction, Copy, Dockerfile, From, Instruction, Mount, Run, Stage
from lading.check.model.entry import Act, Origin
from lading.check.model.scene import Scene
from lading.check.model.state import State
from lading.check.model.step import Call, Copying, Model, StageModel, Step
from lading.check.stages.copying import Sources, copy_all
from lading.check.stages.names import context_of, stage_of
from lading.check.stages.running import run_all
from lading.check.stages.scope import Globals, Scope
from lading.check.stages.settings import settle
from lading.finding import Place

_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64", "linux/arm64/v8": "aarch64"}
_ACTS: Mapping[str, Act] = {"RUN": "run", "COPY": "copy", "ADD": "add", "WORKDIR": "workdir"}


def evaluate(
    dockerfile: Dockerfile,
    context: Context,
    *,
    arguments: Mapping[str, str | None] | None = None,
    contexts: Mapping[str, Context] | None = None,
    target: str = "",
    machine: str = "x86_64",
) -> Model:
    """What each stage of a Dockerfile holds. Nothing is read but what is asked of the contexts.

    `arguments` are the build's (`--build-arg`), `contexts` its named contexts (`--build-context`), `target` the stage
    to ship, by name or number, else the last. `machine` is the kernel's word for the platform.
    """
    work = _Evaluation(dockerfile, context, arguments or {}, contexts or {}, machine)
    stages = tuple(work.stages())
    chosen = stage_of(target, stages, by_number=True) if target else None
    index = chosen.stage.index if chosen is not None else len(stages) - 1
    return Model(
        dockerfile=dockerfile, context=context, stages=stages, target=index, used=frozenset(_needed(stages, index))
    )


class _Evaluation:
    def __init__(
        self,
        dockerfile: Dockerfile,
        context: Context,
        arguments: Mapping[str, str | None],
        contexts: Mapping[str, Context],
        machine: str,
    ) -> None:
        self._dockerfile = dockerfile
        self._context = context
        self._contexts = contexts
        self._machine = machine
        self._globals = Globals(dockerfile, arguments)
        self._done: list[StageModel] = []

    def stages(self) -> Iterator[StageModel]:
        for stage in self._dockerfile.stages:
            self._done.append(self._stage(stage))
            yield self._done[-1]

    def _stage(self, stage: Stage) -> StageModel:
        image = self._globals.text(stage.start.image)
        base = None if image is None else stage_of(image, self._done, by_number=False)
        start = self._start(stage.start, image, base, stage.index)
        steps: list[Step] = []
        state = replace(start, config=replace(start.config, onbuild=()))
        for instruction, from_base in self._instructions(stage, start):
            steps.append(self._step(instruction, state, stage.index, from_base=from_base))
            state = steps[-1].after
        return StageModel(
            stage=stage,
            image=image if base is None else None,
            base=None if base is None else base.stage.index,
            start=start,
            steps=tuple(steps),
            end=state,
        )

    def _instructions(self, stage: Stage, start: State) -> Iterator[tuple[AnyInstruction, bool]]:
        """What the base has left for the stages that build on it, and then the stage's own."""
        for instruction in start.config.onbuild:
            yield instruction, True
        for instruction in stage.instructions:
            yield instruction, False

    def _start(self, start: From, image: str | None, base: StageModel | None, index: int) -> State:
        origin = Origin(
            act="base",
            place=Place(path=self._dockerfile.path, span=start.span),
            text=image or start.image.text,
            stage=index,
        )
        named = None if image is None else context_of(image, self._contexts)
        if base is not None and named is None:
            return base.end
        if named is not None:
            return replace(base_state("scratch", origin, self._machine), files=named.files)
        return base_state(image, origin, self._machine_of(start))

    def _machine_of(self, start: From) -> str:
        """What a stage's programs run on (https://docs.docker.com/reference/dockerfile/#from)."""
        flag = start.flag("platform")
        platform = None if flag is None or flag.value is None else self._globals.text(flag.value)
        return _MACHINES.get(platform or "", self._machine)

    def _step(self, instruction: AnyInstruction, before: State, index: int, *, from_base: bool) -> Step:
        origin = self._origin(instruction, index)
        scene = Scene(before, origin)
        scope = Scope(scene, self._globals)
        calls: tuple[Call, ...] = ()
        copyings: tuple[Copying, ...] = ()
        mounted: tuple[int, ...] = ()
        match instruction:
            case Copy():
                copyings = copy_all(instruction, self._sources(instruction, scope, origin), scene, scope)
            case Run():
                mounts = [(one, self._mounted(one, scope, origin)) for one in instruction.mounts]
                calls = run_all(instruction, mounts, scene)
                mounted = tuple(one.stage for _, one in mounts if one.stage is not None)
            case _:
                settle(instruction, scene, scope)
        return Step(
            instruction=instruction, from_base=from_base, origin=origin, before=before, after=scene.now, calls=calls,
            copyings=copyings, mounted=mounted,
        )  # fmt: skip

    def _sources(self, copy: Copy, scope: Scope, origin: Origin) -> Sources:
        flag = copy.flag("from")
        if flag is None or flag.value is None:
            return Sources(files=self._context.files, context=self._context)
        return self._named(scope.text(flag.value), origin)

    def _mounted(self, mount: Mount, scope: Scope, origin: Origin) -> Sources:
        """What a RUN mounts from: the context where it does not say."""
        name = mount.option("from")
        return self._named(scope.raw(name), origin) if name else Sources(files=self._context.files)

    def _named(self, name: str | None, origin: Origin) -> Sources:
        """The files of a stage, of a named context or of an image."""
        named = None if name is None else context_of(name, self._contexts)
        if named is not None:
            return Sources(files=named.files, context=named)
        stage = None if name is None else stage_of(name, self._done, by_number=True)
        if stage is not None:
            return Sources(files=stage.end.files, stage=stage.stage.index)
        base = Origin(act="base", place=origin.place, text=name or "", stage=origin.stage)
        return Sources(files=base_state(name, base, self._machine).files, image=name or "")

    def _origin(self, instruction: Instruction, index: int) -> Origin:
        place = Place(path=self._dockerfile.path, span=instruction.span)
        keyword = instruction.keyword.text.upper()
        return Origin(act=_ACTS.get(keyword, "other"), place=place, text=self._line(instruction), stage=index)

    def _line(self, instruction: Instruction) -> str:
        """The first line of an instruction as it was written."""
        lines = self._dockerfile.text.split("\n", instruction.span.line)
        return lines[instruction.span.line - 1].strip()


def _needed(stages: tuple[StageModel, ...], target: int) -> Iterator[int]:
    """The stages that one needs: its base, those that it copies from and mounts, and theirs."""
    waiting, seen = [target], set[int]()
    while waiting:
        index = waiting.pop()
        if index in seen or not 0 <= index < len(stages):
            continue
        seen.add(index)
        yield index
        stage = stages[index]
        waiting += [] if stage.base is None else [stage.base]
        waiting += [one.stage for step in stage.steps for one in step.copyings if one.stage is not None]
        waiting += [one for step in stage.steps for one in step.mounted]
