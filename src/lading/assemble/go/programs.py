"""The programs of all plans of one build: those of one module that changed are compiled by one go command."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES
from lading.assemble.go.buildinfo import package_of
from lading.assemble.go.command import BUILD_FLAGS, GoCommand, fetch_advice, settings_of
from lading.assemble.go.graph import Graph
from lading.assemble.go.listing import COMMAND
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.workshop import Counter, Workshop
from lading.digest import CHUNK, Digest
from lading.errors import LadingError, StepFailed
from lading.lock.model import Pins
from lading.plan.model import DebianBase, GoBinaries, GoProgram, Plan
from lading.proc import LAST_LINES, Completed
from lading.toolchain.go import version_key
from lading.tree import SubTree

if TYPE_CHECKING:
    from lading.assemble.go.linked import LinkedBuild
    from lading.assemble.go.listing import Listing

BUILD_VERSION = "1"
"""Part of every key that depends on how programs are compiled."""


class Place(NamedTuple):
    """Where one go command serves all plans: context and module, platform, how others' modules are found, and the root
    with C's compilers where there is C."""

    context: str
    module: str
    platform: str
    workspace: bool
    vendored: bool
    builder: DebianBase | None = None


class Job(NamedTuple):
    """One program of one plan, as a segment: its package (relative to the module), its path in the image, and how it is
    packed."""

    program: GoProgram
    path: str
    compression: str


class Programs:
    """The programs of one place. `jobs` are those of all plans of this build; one lock serves them all. `linked` is
    what compiles them where they have parts in C."""

    def __init__(
        self,
        workshop: Workshop,
        command: GoCommand,
        place: Place,
        jobs: Sequence[Job],
        *,
        linked: "LinkedBuild | None" = None,
    ) -> None:
        self._workshop = workshop
        self._command = command
        self._place = place
        self._jobs = tuple(jobs)
        self._linked = linked
        self._tree = SubTree(workshop.tree, place.context)
        self._context = (workshop.folder / place.context).resolve()
        self._failed: dict[str, StepFailed] = {}
        self._packed: set[Digest] = set()
        self._inputs: dict[str, dict[str, str]] = {}
        self._turn = workshop.turn(f"go {place}")

    def inputs(self, program: GoProgram) -> dict[str, str]:
        """What a program depends on. `StepFailed` when it cannot be built, in go's words."""
        with self._turn:
            return self._inputs_of(program.package)

    def segments(self, jobs: Sequence[Job], *, asked_by: Workshop) -> tuple[list[Segment], int]:
        """The segments of some programs, and how many of them this build has packed. What any other plan of it needs
        anew is made with them; whoever asks first hears of it. `StepFailed` when one of them does not compile."""
        with self._turn:
            stale = [job for job in jobs if self._known(job) is None]
            if any(job.program.package not in self._failed for job in stale):
                self._make(asked_by)
            for job in jobs:
                if job.program.package in self._failed:
                    raise self._failed[job.program.package]
            return [self._there(job) for job in jobs], sum(self._key(job) in self._packed for job in jobs)

    def _make(self, asked_by: Workshop) -> None:
        """Compile and pack everything that is stale, in this plan or another."""
        stale = {self._key(job): job for job in self._jobs if self._buildable(job) and self._known(job) is None}
        packages = sorted({job.program.package for job in stale.values()})
        with asked_by.store.scratch() as scratch:
            done = self._compile(packages, scratch, asked_by)
            made = dict(self._found(scratch))
            self._check_unchanged(packages)
            self._note_failures(packages, made, done)
            ready = [(key, job) for key, job in stale.items() if job.program.package in made]
            counter = Counter(asked_by, "programs", self._place.platform, doing="pack", total=len(ready), unit="files")

            def pack(one: tuple[Digest, Job]) -> None:
                self._pack(*one, made[one[1].program.package])
                self._packed.add(one[0])
                counter.add()

            for _ in asked_by.pool.map(pack, ready):
                pass

    def _compile(self, packages: Sequence[str], scratch: Path, asked_by: Workshop) -> Completed:
        """One go command for all. Programs of different services may have the same name, so that go cannot put them
        into one folder: it is told to put them nowhere, and to leave its own where it made them."""
        counter = Counter(
            asked_by, "programs", self._place.platform, doing="compile", total=len(packages), unit="packages"
        )
        counter.add(0)
        words = ["build", "-work", *BUILD_FLAGS, "-o", "/dev/null", *(f"./{package}" for package in packages)]
        done = self._compile_linked(words, packages, scratch) if self._linked else self._run(words, scratch)
        counter.add(len(packages))
        return done

    def _compile_linked(self, words: Sequence[str], packages: Sequence[str], scratch: Path) -> Completed:
        """The same without a network: modules that are not there yet are fetched by asking for what is in them."""
        fetched = self._run([*COMMAND, *(f"./{package}" for package in packages)], scratch)
        if fetched.code or self._linked is None:
            return fetched
        return self._linked.compile(
            words,
            context=self._context,
            module=self._place.module,
            settings=self._settings,
            included=self._graph.included(),
            scratch=scratch,
        )

    def _run(self, words: Sequence[str], scratch: Path) -> Completed:
        folder = self._context / self._place.module
        return self._command.run(words, cwd=folder, settings=self._settings, scratch=scratch)

    @property
    def _settings(self) -> dict[str, str]:
        place = self._place
        workspace = self._context / place.module / "go.work" if place.workspace else None
        settings = settings_of(place.platform, workspace=workspace, vendored=place.vendored)
        return {**settings, "CGO_ENABLED": "1"} if place.builder else settings

    def _found(self, scratch: Path) -> Iterator[tuple[str, Path]]:
        """The programs that go has linked, by their packages: each says itself what it was made of."""
        packages = {program.path: package for package, program in self._listing.programs.items()}
        for path in scratch.glob("go-build*/b*/exe/a.out"):
            package = packages.get(package_of(path))
            if package is not None:
                yield package, path

    def _pack(self, key: Digest, job: Job, program: Path) -> None:
        store = self._workshop.store
        with (
            program.open("rb") as file,
            SegmentWriter(store, "zstd" if job.compression == "zstd" else "gzip", self._workshop.mtime) as writer,
        ):
            chunks = iter(lambda: file.read(CHUNK), b"")
            writer.stream(job.path.lstrip("/"), chunks, size=program.stat().st_size, mode=0o755)
            segment = writer.finish()
        if self._linked:
            segment = msgspec.structs.replace(segment, needs=self._linked.needs(program))
        store.put_action(key, segment)
        self._packed.add(key)

    def _check_unchanged(self, packages: Iterable[str]) -> None:
        """What was compiled must be what the keys were computed from: else they would lie for ever."""
        files = {path for package in packages for path in self._graph.files(package)}
        for path in sorted(files):
            state = hashlib.sha256()
            for chunk in self._tree.chunks(path):
                state.update(chunk)
            if self._tree.digest(path) != f"sha256:{state.hexdigest()}":
                raise StepFailed(
                    "a file changed while it was compiled", where=path, fix="build again when nothing writes to it"
                )

    def _note_failures(self, packages: Iterable[str], made: Mapping[str, Path], done: Completed) -> None:
        for package in packages:
            if package not in made:
                self._failed[package] = self._failure(package, done)

    def _failure(self, package: str, done: Completed) -> StepFailed:
        """Go's words about a program: those about packages that it is made of, or all of them."""
        own = set(self._listing.programs[package].packages)
        told = [line for path, lines in _blocks(done.err) if path in own for line in lines]
        lines = [line for line in told or done.err.splitlines() if not line.startswith("WORK=")]
        shown = "\n".join(f"  | {line}" for line in lines[-LAST_LINES:])
        return StepFailed(
            f"go cannot build {package} (exit code {done.code})\n{shown}".rstrip(),
            where=self._at("go.mod"),
            fix=(self._linked and self._linked.advice(done.err)) or f"go build ./{package}",
        )

    def _inputs_of(self, package: str) -> dict[str, str]:
        if package not in self._inputs:
            problem = self._graph.problem(package)
            if problem:
                raise StepFailed(
                    f"go cannot build {package}\n  | {problem}",
                    where=self._at("go.mod"),
                    fix=fetch_advice(problem) or f"go build ./{package}",
                )
            fixed = {"Go": self._command.version, "\0flags": f"{' '.join(BUILD_FLAGS)} {BUILD_VERSION}"}
            if self._linked:
                fixed["C"] = self._linked.identity
            self._inputs[package] = {**fixed, **self._graph.inputs(package)}
        return self._inputs[package]

    def _buildable(self, job: Job) -> bool:
        try:
            return job.program.package not in self._failed and bool(self._inputs_of(job.program.package))
        except LadingError:
            return False

    def _key(self, job: Job) -> Digest:
        fixed = {
            "\0path": job.path,
            "\0platform": self._place.platform,
            "\0compression": NAMES["zstd" if job.compression == "zstd" else "gzip"],
            "\0time": str(self._workshop.mtime),
        }
        return key_of("go program", {**self._inputs_of(job.program.package), **fixed})

    def _known(self, job: Job) -> Segment | None:
        store = self._workshop.store
        found = store.get_action(self._key(job), Segment)
        return found if found and store.has(found.digest, found.size) else None

    def _there(self, job: Job) -> Segment:
        found = self._known(job)
        if found is None:
            raise StepFailed(f"the store has lost {job.path}", where=str(self._workshop.store.root), fix="build again")
        return found

    @cached_property
    def _graph(self) -> Graph:
        packages = sorted({job.program.package for job in self._jobs})
        return Graph(
            self._workshop.store,
            self._tree,
            packages,
            place=self._place,
            version=self._command.version,
            context=self._context,
            run=self._run,
        )

    @property
    def _listing(self) -> "Listing":
        return self._graph.listing

    def _at(self, name: str) -> str:
        return "/".join(part for part in (self._place.context, self._place.module, name) if part != ".")


def jobs_of(step: GoBinaries, plan: Plan) -> tuple[Job, ...]:
    """The programs of a step as segments."""
    return tuple(Job(program, f"{step.path}/{program.name}", plan.compression) for program in step.programs)


def programs_of(workshop: Workshop, plan: Plan, step: GoBinaries, pins: Pins, platform: str) -> Programs:
    """What compiles the programs of a step, together with those of every other plan of this build."""
    place = _place(plan, step, platform)

    def make() -> Programs:
        steps = [
            (one, other)
            for one in {*workshop.plans, plan}
            for other in _steps(one)
            if place == _place(one, other, platform)
        ]
        least = max((other.go for _, other in steps), key=version_key)
        command = workshop.sources.go(least, pins)
        linked = None
        if place.builder:
            from lading.assemble.go.linked import linked_build

            linked = linked_build(workshop, command, place, pins)
        jobs = [job for one, other in steps for job in jobs_of(other, one)]
        return Programs(workshop, command, place, jobs, linked=linked)

    return workshop.shared(f"go {place}", Programs, make)


def _steps(plan: Plan) -> Iterator[GoBinaries]:
    return (step for stage in plan.stages for step in stage.steps if isinstance(step, GoBinaries))


def _place(plan: Plan, step: GoBinaries, platform: str) -> Place:
    return Place(plan.context, step.module, platform, step.workspace, step.vendored, step.builder)


def _blocks(words: str) -> Iterator[tuple[str, list[str]]]:
    """What go says of each package that does not compile: a line `# PATH`, and its errors."""
    path, lines = "", list[str]()
    for line in words.splitlines():
        if line.startswith("# ") and not line.startswith("# ["):  # the rest are commands that go has run
            yield path, lines
            path, lines = line[2:].strip(), [line]
        else:
            lines.append(line)
    yield path, lines
