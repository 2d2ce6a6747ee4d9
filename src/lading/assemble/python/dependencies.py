"""The dependencies layer: the wheels that a project's lock names for the target, each a segment."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lading.assemble.actions import key_of
from lading.assemble.python.installed import Installed, check_portable, installed_below, sharing
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_packer import INSTALL_VERSION, WheelPacker
from lading.assemble.python.wheels import Checkout, Choice, Ready, Sdist, Target, Wheel, choose
from lading.assemble.segment import Segment
from lading.assemble.steps import Bytecode, Made, project_folder, there
from lading.assemble.workshop import Counter, Workshop, threads
from lading.digest import Digest
from lading.errors import StepFailed
from lading.lock.model import Pins
from lading.plan.model import Plan, PythonDependencies
from lading.store import Store
from lading.tree import SubTree, Tree

if TYPE_CHECKING:
    from concurrent.futures import Future

    from lading.assemble.python.sdist import SourceBuilds

FETCHED_AT_ONCE = 4
"""Wheels that are on the wire together: an index far away answers each of them late."""


def resolve(
    store: Store, uv: Callable[[], Uv], step: PythonDependencies, target: Target, tree: Tree
) -> tuple[Choice, ...]:
    """What the project's lock comes down to for the target; uv is only asked when lock, project or target are new."""
    files = sorted({step.lock, step.project, *step.also, *step.parts})
    inputs = {
        **{file: tree.digest(file) for file in files if tree.exists(file)},
        "\0lock": f"{step.manager} {step.lock} {step.member}",
        "\0groups": " ".join(step.groups),
        "\0extras": " ".join(step.extras),
        "\0target": f"{target.platform} {target.python} {target.glibc}",
        "\0layout": INSTALL_VERSION,
    }

    def read(path: str) -> bytes | None:
        return tree.read(path) if tree.exists(path) else None

    def compute() -> tuple[Choice, ...]:
        from lading.assemble.python.locked import packages_of

        return choose(packages_of(step, target, read=read, uv=uv), target, where=step.lock)

    return store.memo(key_of("wheels", inputs), tuple[Choice, ...], compute)


class DependenciesStep:
    """The dependencies layer."""

    title = "dependencies"
    shares = True

    def __init__(
        self,
        workshop: Workshop,
        plan: Plan,
        *,
        step: PythonDependencies,
        pins: Pins,
        target: Target,
        bytecode: Bytecode,
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self.step = step
        self._pins = pins
        self._target = target
        self._bytecode = bytecode

    @cached_property
    def _builds(self) -> "SourceBuilds":
        from lading.assemble.python.sdist import SourceBuilds

        return SourceBuilds(self._workshop, self._plan, self._pins, step=self.step, target=self._target, uv=self._uv)

    @property
    def python(self) -> str:
        """The Python (`major.minor`) that packages are installed for."""
        return self._target.minor

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """What the lock comes down to for this platform."""
        tree = SubTree(self._workshop.tree, self._plan.context)
        return resolve(self._workshop.store, self._plain_uv, self.step, self._target, tree)

    @cached_property
    def wheels(self) -> tuple[Ready, ...]:
        """The packages of the lock, ready to be installed: those without a wheel are built."""
        return tuple(self._builds.wheel(one, self.folder) if isinstance(one, Sdist) else one for one in self.choices)

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {f"{self.step.lock}: {one.name}": f"{one.version} {self._identity(one)}" for one in self.choices}
        named["environment"] = f"{self.step.venv} {self.step.interpreter}"
        named["python"] = self._target.minor
        named["bytecode"] = f"{self._bytecode.identity} {INSTALL_VERSION}"
        return named

    def known(self) -> Iterator[tuple[str, Segment]]:
        """The packages that were packed before, each with its segment. Nothing is built or fetched for it."""
        packer = self._packer()
        for one in self.choices:
            ready = self._builds.known(one) if isinstance(one, Sdist) else one
            segment = packer.known(ready.digest) if ready else None
            if segment:
                yield one.name, segment

    def built(self, *, build: bool = False) -> Iterator[Wheel]:
        """The wheels that were built from source and not packed yet; with `build` they are built for that."""
        packer = self._packer()
        for one in self.choices:
            if isinstance(one, Sdist):
                wheel = self._builds.wheel(one, self.folder) if build else self._builds.known(one)
                if wheel and not packer.known(wheel.digest):
                    yield wheel

    def _identity(self, one: Choice) -> Digest:
        return self._builds.identity(one) if isinstance(one, Sdist) else one.digest

    def make(self) -> Made:
        """See `LayerStep.make`."""
        packer = self._packer()
        known = {wheel.digest: packer.known(wheel.digest) for wheel in self.wheels}
        missing = [wheel for wheel in self.wheels if known[wheel.digest] is None]
        packed = self._pack(packer, missing) if missing else {}
        segments = [packed.get(wheel.digest) or there(known[wheel.digest]) for wheel in self.wheels]
        return Made([packer.environment(self.step.interpreter), *segments], len(missing))

    def _pack(self, packer: WheelPacker, missing: Sequence[Ready]) -> dict[Digest, Segment]:
        """Pack wheels as they come; those that cannot simply be fetched and read are left to uv."""
        platform = self._target.platform
        counter = Counter(self._workshop, self.title, platform, doing="pack", total=len(missing), unit="packages")
        made = self._read(packer, [one for one in missing if isinstance(one, Wheel)], counter)
        rest = [wheel for wheel in missing if wheel.digest not in made]
        return made | self._install(packer, rest, counter) if rest else made

    def _read(self, packer: WheelPacker, missing: Sequence[Wheel], counter: Counter) -> dict[Digest, Segment]:
        from lading.assemble.python.wheel_archive import Unusual, WheelArchive, opened

        workshop = self._workshop
        project = self.folder
        at_once = max(1, min(FETCHED_AT_ONCE, len(missing)))
        with workshop.store.scratch() as folder, threads(at_once, "lading-fetch") as pool:

            def pack(wheel: Wheel, path: Path) -> Segment | None:
                try:
                    with opened(path) as file:
                        archive = WheelArchive(file, name=wheel.name, version=wheel.version)
                        segment = packer.pack(archive, wheel.digest)
                except Unusual:
                    return None
                finally:
                    if path.parent == folder:
                        path.unlink()
                counter.add()
                return segment

            def fetch(wheel: Wheel) -> "Future[Segment | None] | None":
                path = workshop.sources.wheel(wheel, project, folder)
                return workshop.pool.submit(pack, wheel, path) if path else None

            # The largest first: the last to start should not be the longest.
            order = sorted(missing, key=lambda wheel: -wheel.size)
            packing = list(zip(order, pool.map(fetch, order), strict=True))
            found = ((wheel, future.result()) for wheel, future in packing if future)
            return {wheel.digest: segment for wheel, segment in found if segment}

    def _install(self, packer: WheelPacker, missing: Sequence[Ready], counter: Counter) -> dict[Digest, Segment]:
        """Install with uv and pack in a few batches, so that one is packed while uv fetches the next."""
        workshop = self._workshop
        uv = self._uv()
        with workshop.store.scratch() as folder:

            def install(numbered: tuple[int, list[Ready]]) -> dict[Digest, Segment]:
                number, batch = numbered
                installed = self._lay_out(uv, batch, folder / str(number))

                def pack(wheel: Ready) -> Segment:
                    if wheel.name not in installed:
                        raise StepFailed(f"uv did not install {wheel.name} {wheel.version}", where=self.step.lock)
                    if isinstance(wheel, Checkout):
                        check_portable(installed[wheel.name], f"{self.step.lock} › {wheel.name}")
                    segment = packer.pack(installed[wheel.name], wheel.digest)
                    counter.add()
                    return segment

                order = sorted(batch, key=lambda wheel: -wheel.size)
                return dict(zip((wheel.digest for wheel in order), workshop.pool.map(pack, order), strict=True))

            batches = split(missing, 2)
            with threads(len(batches), "lading-install") as pool:
                made: dict[Digest, Segment] = {}
                for part in pool.map(install, enumerate(batches)):
                    made |= part
        return made

    def _lay_out(self, uv: Uv, batch: Sequence[Ready], folder: Path) -> dict[str, Installed]:
        """Install a batch below `folder`. Wheels that bring the same file are installed again, each by itself: in one
        folder the file would be that of whichever came last, which is not the same every time."""
        installed = _install_into(uv, batch, self._target, folder / "prefix")
        twins = sharing(installed)
        for wheel in batch:
            if wheel.name in twins:
                installed |= _install_into(uv, [wheel], self._target, folder / wheel.name / "prefix")
        return installed

    @property
    def folder(self) -> Path:
        """The folder of the lock."""
        return (project_folder(self._workshop, self._plan) / self.step.lock).parent

    def _plain_uv(self) -> Uv:
        return self._workshop.sources.uv(self.folder, self._pins)

    def _uv(self) -> Uv:
        """uv, told of the indexes that the project names elsewhere than where uv looks."""
        from lading.assemble.python.indexes import index_environment
        from lading.survey.python.indexes import read_indexes

        uv = self._plain_uv()
        return uv.told(index_environment(read_indexes(self.step.manager, self.step.lock, self._read_source), uv.env))

    def _read_source(self, path: str) -> bytes | None:
        tree = SubTree(self._workshop.tree, self._plan.context)
        return tree.read(path) if tree.exists(path) else None

    def _packer(self) -> WheelPacker:
        return WheelPacker(
            self._workshop.store,
            venv=self.step.venv,
            target=self._target,
            compression=self._plan.compression,
            mtime=self._workshop.mtime,
            compiler=self._bytecode.compiler,
            bytecode=self._bytecode.identity,
        )


def split(wheels: Sequence[Ready], parts: int) -> list[list[Ready]]:
    """At most `parts` batches of about the same size in bytes, the same for the same wheels."""
    batches: list[list[Ready]] = [[] for _ in range(max(1, min(parts, len(wheels) // 4)))]
    sizes = [0] * len(batches)
    for wheel in sorted(wheels, key=lambda wheel: (-wheel.size, wheel.name)):
        smallest = sizes.index(min(sizes))
        batches[smallest].append(wheel)
        sizes[smallest] += wheel.size + 1  # an index need not tell sizes; then they are dealt out evenly
    return batches


def _install_into(uv: Uv, wheels: Sequence[Ready], target: Target, prefix: Path) -> dict[str, Installed]:
    prefix.mkdir(parents=True)
    uv.install(wheels, target, prefix)
    return installed_below(prefix)
