"""The layers of Go programs: a service's own, and Lading's small ones."""

from collections.abc import Iterator

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES
from lading.assemble.go.own import OwnSource
from lading.assemble.go.programs import jobs_of, programs_of
from lading.assemble.segment import Segment
from lading.assemble.steps import Made
from lading.assemble.workshop import Workshop
from lading.lock.model import Pins
from lading.plan.model import GoBinaries, OwnProgram, Plan, ToolchainBase


class BinariesStep:
    """The layer of a service's programs, a segment each."""

    title = "programs"
    shares = False  # what is compiled together has a lock of its own

    def __init__(self, workshop: Workshop, plan: Plan, *, step: GoBinaries, pins: Pins, platform: str) -> None:
        self._workshop = workshop
        self._programs = programs_of(workshop, plan, step, pins, platform)
        self._jobs = jobs_of(step, plan)
        self._platform = platform

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {f"plan: {job.path}": job.program.package for job in self._jobs}
        named["platform"] = self._platform
        for job in self._jobs:
            named |= self._programs.inputs(job.program)
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        segments, packed = self._programs.segments(self._jobs, asked_by=self._workshop)
        return Made(segments, packed)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the programs."""
        return tuple(job.program.name for job in self._jobs)

    def linked(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each program's name, with the libraries that it is linked with; those that are not there yet are made."""
        for job, segment in zip(self._jobs, self.make().segments, strict=True):
            yield job.program.name, segment.needs


class OwnProgramStep:
    """The layer of one of Lading's own programs: the same for every service of a platform."""

    shares = True

    def __init__(self, workshop: Workshop, plan: Plan, *, step: OwnProgram, pins: Pins, platform: str) -> None:
        self.title: str = step.name
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._source = OwnSource(step.name)
        self._command = workshop.sources.go(go_of(plan), pins)
        self._platform = platform

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        return {
            f"lading: {self._step.name}": self._source.digest,
            "Go": self._command.version,
            "platform": self._platform,
            "path": self._step.path,
        }

    def make(self) -> Made:
        """See `LayerStep.make`."""
        store, compression, mtime = self._workshop.store, self._plan.compression, self._workshop.mtime
        fixed = {"\0compression": NAMES[compression], "\0time": str(mtime)}
        key = key_of("own program", {**self.inputs(), **fixed})
        known = store.get_action(key, Segment)
        if known and store.has(known.digest, known.size):
            return Made([known], 0)
        segment = self._source.pack(
            self._command, self._platform, self._step.path, store=store, compression=compression, mtime=mtime
        )
        store.put_action(key, segment)
        return Made([segment], 1)


def go_of(plan: Plan) -> str:
    """The least version of Go that a plan's stages stand on."""
    bases = (stage.base for stage in plan.stages)
    return next(base.version for base in bases if isinstance(base, ToolchainBase) and base.name == "go")
