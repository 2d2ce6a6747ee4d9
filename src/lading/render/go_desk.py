"""A Go service as `Dockerfile.dev`: the toolchain of production, and a loop that builds what is edited. Pure.

The source is mounted, and modules are fetched while it runs, into a volume: nothing of the project is in the image.
"""

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from lading.lock.model import Pins
from lading.plan.bases import beside_compilers
from lading.plan.model import GoBinaries, OwnProgram, Process, ToolchainBase
from lading.render import debian
from lading.render.go import SOURCE, go_settings, golang_image, own_program, package_of
from lading.render.instructions import Arg, Blank, Comment, Env, From, Instruction, Run, Workdir, Write, written
from lading.render.loops import FOLDER, GO_LOOP
from lading.render.public import pinned
from lading.render.quoting import command
from lading.render.roles import Member
from lading.render.scene import ARCHITECTURE
from lading.render.workplace import STAGE, Desk, Start, ending, ignore_file, opening

_LOOP = "reload"
_CACHES = "/caches"


class GoDesk(NamedTuple):
    """See `Desk`. `step` compiles the programs in production, by the Go of version `go`."""

    member: Member
    step: GoBinaries
    go: str

    @property
    def why(self) -> str:
        """See `Desk.why`."""
        return "the toolchain of production, which builds what is edited"

    @property
    def mounted(self) -> str:
        """See `Desk.mounted`."""
        return SOURCE

    @property
    def caches(self) -> str:
        """See `Desk.caches`: modules, and what is compiled."""
        return _CACHES

    def start(self, process: Process, *, once: bool = False) -> Start:
        """See `Desk.start`. A program that the service has not made is started as it is."""
        program, *arguments = (*self.member.plan.config.entrypoint, *process.command)
        packages = {f"{self.step.path}/{one.name}": package_of(one) for one in self.step.programs}
        if program not in packages:
            return Start((program, *arguments), False)
        words = (posixpath.normpath(f"{SOURCE}/{self.step.module}"), packages[program], *arguments)
        return Start(("--once", *words), False) if once else Start(words, True)

    def health(self) -> tuple[str, ...]:
        """See `Desk.health`: the same program asks."""
        health = self.member.plan.config.health
        return health.command if health else ()

    def dockerfile(self, pins: Pins | None) -> str:
        """See `Desk.dockerfile`."""
        plan = self.member.plan
        # It is started where its source is, so that it finds files by the paths that they have there.
        place = posixpath.normpath(f"{SOURCE}/{posixpath.relpath(plan.folder, plan.context)}")
        start = self.start(plan.processes[0])
        caches = {"GOCACHE": f"{_CACHES}/build", "GOMODCACHE": f"{_CACHES}/modules", "LADING_SOURCE": SOURCE}
        return written((
            *opening(plan),
            *self._toolchain(pins),
            *self._own(),
            Workdir(place),
            *ending(plan, (f"{FOLDER}/{_LOOP}",), start, **caches),
        ))  # fmt: skip

    def dockerignore(self) -> str:
        """See `Desk.dockerignore`."""
        return ignore_file("The source is mounted; the image has nothing of it.", ("**",))

    def _toolchain(self, pins: Pins | None) -> Iterator[Instruction]:
        yield From(pinned(golang_image(self.step, self.go), pins, self.member.plan.platforms), STAGE)
        yield Arg(ARCHITECTURE)
        yield Env(tuple(sorted(go_settings(self.step).items())))
        yield Blank()
        packages = beside_compilers(self.step.builder) if self.step.builder else ()
        if packages:
            yield from debian.install(*packages, why=f"What is compiled with parts in C needs {', '.join(packages)}")

    def _own(self) -> Iterator[Instruction]:
        """Lading's own programs, and folders that a new volume takes its owner from."""
        steps = (step for stage in self.member.plan.stages for step in stage.steps)
        for step in steps:
            if isinstance(step, OwnProgram):
                yield from own_program(step).made
        yield Comment(("Builds the service and starts it, again whenever its source has changed.",))
        yield Write(files=((_LOOP, GO_LOOP),), folder=f"{FOLDER}/", mode="755")
        yield Blank()
        folders = (f"{_CACHES}/build", f"{_CACHES}/modules")
        owned = command("chown", "-R", self.member.plan.config.user, _CACHES)
        yield Run((command("mkdir", "-p", *folders), owned))
        yield Blank()


def go_desk(member: Member) -> Desk | None:
    """The desk of a service in Go."""
    for stage in member.plan.stages:
        for step in stage.steps:
            if isinstance(step, GoBinaries) and isinstance(stage.base, ToolchainBase):
                return GoDesk(member, step, stage.base.version)
    return None
