"""The layers of an image, each a step with named inputs and a way to make its segments."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from lading.assemble.actions import key_of
from lading.assemble.application import SourcePacker, SourceSelection
from lading.assemble.base import PackagePacker, PackageSegment, pack_root_files, write_small_files
from lading.assemble.bytecode import Compiler
from lading.assemble.compress import NAMES
from lading.assemble.debian_files import FILTER_VERSION
from lading.assemble.dependencies import (
    INSTALL_VERSION,
    Installed,
    Uv,
    WheelPacker,
    installed_below,
    resolve_wheels,
    sharing,
)
from lading.assemble.project import ProjectWheel
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.wheels import Target, Wheel
from lading.assemble.workshop import Counter, Workshop, threads
from lading.digest import Digest
from lading.errors import StepFailed
from lading.lock.model import DebianPin, Pins
from lading.plan.model import Accounts, CopyTree, DebianBase, Plan, PythonDependencies, PythonProject, WriteFile
from lading.tree import SubTree

T = TypeVar("T")

ASSUMED_GLIBC = 36
"""The minor version of glibc 2 that is assumed of an image base, whose files are not looked at: Debian 12's, the oldest
under which current official images are published. Wheels for a newer one are not chosen."""


class Made:
    """What a step made: its segments in order, and how many of them had to be packed."""

    def __init__(self, segments: Sequence[Segment], packed: int) -> None:
        self.segments = tuple(segments)
        self.packed = packed


class LayerStep(Protocol):
    """One layer to be."""

    title: str

    def inputs(self) -> dict[str, str]:
        """What the layer depends on, in words."""

    def make(self) -> Made:
        """The layer's segments; only those that the store lacks are packed."""


class Bytecode:
    """The compiler for one image: who it is (for keys) without starting it, and itself when a module comes."""

    def __init__(self, identity: str, compiler: Compiler | None) -> None:
        self.identity = identity
        self.compiler = compiler


class BaseStep:
    """The base layer of a Debian base."""

    title = "base"

    def __init__(
        self,
        workshop: Workshop,
        plan: Plan,
        *,
        base: DebianBase,
        packages: Sequence[DebianPin],
        steps: Sequence[Accounts | WriteFile],
        bytecode: Bytecode,
        platform: str,
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._base = base
        self._packages = packages
        self._steps = steps
        self._bytecode = bytecode
        self._platform = platform

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {f"lading.lock: {pin.name}": f"{pin.version} {pin.digest}" for pin in self._packages}
        named |= {f"plan: {type(step).__name__} {number}": repr(step) for number, step in enumerate(self._steps)}
        named["base"] = f"{self._base.name} {FILTER_VERSION}"
        named["bytecode"] = self._bytecode.identity
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        workshop, compression = self._workshop, self._plan.compression
        packer = PackagePacker(
            workshop.store,
            self._base,
            compression=compression,
            mtime=workshop.mtime,
            compiler=self._bytecode.compiler,
            bytecode=self._bytecode.identity,
        )
        known = {pin.digest: packer.known(pin) for pin in self._packages}
        missing = [pin for pin in self._packages if known[pin.digest] is None]
        counter = Counter(workshop, self.title, self._platform, doing="pack", total=len(missing), unit="packages")

        def pack(pin: DebianPin) -> PackageSegment:
            packed = packer.pack(pin, workshop.sources.package(pin))
            counter.add()
            return packed

        # Those with modules last, since the interpreter that compiles them is still being unpacked; among the others
        # the largest first: the last to start should not be the longest.
        order = sorted(missing, key=lambda pin: ("python3" in pin.name, -pin.size))
        packed = dict(zip((pin.digest for pin in order), workshop.pool.map(pack, order), strict=True))
        segments = [packed.get(pin.digest) or _there(known[pin.digest]) for pin in self._packages]
        rest = pack_root_files(
            workshop.store, self._base, segments, self._steps, compression=compression, mtime=workshop.mtime
        )
        return Made([*(package.segment for package in segments), rest], len(missing))


class FilesStep:
    """Accounts and small files on top of an image base."""

    title = "files"

    def __init__(self, workshop: Workshop, plan: Plan, steps: Sequence[Accounts | WriteFile]) -> None:
        self._workshop = workshop
        self._plan = plan
        self._steps = steps

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        return {f"plan: {type(step).__name__} {number}": repr(step) for number, step in enumerate(self._steps)}

    def make(self) -> Made:
        """See `LayerStep.make`."""
        with SegmentWriter(self._workshop.store, self._plan.compression, self._workshop.mtime) as writer:
            write_small_files(writer, self._steps)
            return Made([writer.finish()], 1)


class DependenciesStep:
    """The dependencies layer."""

    title = "dependencies"

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
        self._step = step
        self._pins = pins
        self._target = target
        self._bytecode = bytecode

    @cached_property
    def wheels(self) -> tuple[Wheel, ...]:
        """The wheels of the lock for this platform."""
        tree = SubTree(self._workshop.tree, self._plan.folder)
        step = self._step
        return resolve_wheels(
            self._workshop.store,
            self._uv,
            step,
            self._target,
            lock=tree.digest(step.lock),
            project=tree.digest(step.project),
        )

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {f"{self._step.lock}: {wheel.name}": f"{wheel.version} {wheel.digest}" for wheel in self.wheels}
        named["environment"] = f"{self._step.venv} {self._step.interpreter}"
        named["python"] = self._target.minor
        named["bytecode"] = f"{self._bytecode.identity} {INSTALL_VERSION}"
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        packer = self._packer()
        known = {wheel.digest: packer.known(wheel.digest) for wheel in self.wheels}
        missing = [wheel for wheel in self.wheels if known[wheel.digest] is None]
        packed = self._install(packer, missing) if missing else {}
        segments = [packed.get(wheel.digest) or _there(known[wheel.digest]) for wheel in self.wheels]
        return Made([packer.environment(self._step.interpreter), *segments], len(missing))

    def _install(self, packer: WheelPacker, missing: Sequence[Wheel]) -> dict[Digest, Segment]:
        """Install and pack in a few batches, so that one is packed while uv fetches the next."""
        workshop = self._workshop
        uv = self._uv()
        platform = self._target.platform
        packing = Counter(workshop, self.title, platform, doing="pack", total=len(missing), unit="packages")
        with workshop.store.scratch() as folder:

            def install(numbered: tuple[int, list[Wheel]]) -> dict[Digest, Segment]:
                number, batch = numbered
                installed = self._lay_out(uv, batch, folder / str(number))

                def pack(wheel: Wheel) -> Segment:
                    if wheel.name not in installed:
                        raise StepFailed(f"uv did not install {wheel.name} {wheel.version}", where=self._step.lock)
                    segment = packer.pack(installed[wheel.name], wheel.digest)
                    packing.add()
                    return segment

                order = sorted(batch, key=lambda wheel: -wheel.size)
                return dict(zip((wheel.digest for wheel in order), workshop.pool.map(pack, order), strict=True))

            batches = split(missing, 2)
            with threads(len(batches), "lading-install") as pool:
                made: dict[Digest, Segment] = {}
                for part in pool.map(install, enumerate(batches)):
                    made |= part
        return made

    def _lay_out(self, uv: Uv, batch: Sequence[Wheel], folder: Path) -> dict[str, Installed]:
        """Install a batch below `folder`. Wheels that bring the same file are installed again, each by itself: in one
        folder the file would be that of whichever came last, which is not the same every time."""
        installed = _install_into(uv, batch, self._target, folder / "prefix")
        twins = sharing(installed)
        for wheel in batch:
            if wheel.name in twins:
                installed |= _install_into(uv, [wheel], self._target, folder / wheel.name / "prefix")
        return installed

    def _uv(self) -> Uv:
        return self._workshop.sources.uv(_project_folder(self._workshop, self._plan), self._pins)

    def _packer(self) -> WheelPacker:
        return WheelPacker(
            self._workshop.store,
            venv=self._step.venv,
            target=self._target,
            compression=self._plan.compression,
            mtime=self._workshop.mtime,
            compiler=self._bytecode.compiler,
            bytecode=self._bytecode.identity,
        )


class ApplicationStep:
    """The application layer: copied source, and the project's wheel where it is a package."""

    title = "application"

    def __init__(
        self,
        workshop: Workshop,
        plan: Plan,
        *,
        copies: Sequence[CopyTree],
        projects: Sequence[PythonProject],
        pins: Pins,
        target: Target | None,
        bytecode: Bytecode,
        platform: str,
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._pins = pins
        self._target = target
        self._bytecode = bytecode
        self._platform = platform
        self._tree = SubTree(workshop.tree, plan.folder)
        self._selections = [SourceSelection(self._tree, copy) for copy in copies]
        self._projects = [
            ProjectWheel(workshop, plan, step=project, pins=pins, tree=self._tree, bytecode=bytecode.identity)
            for project in projects
        ]

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {"bytecode": self._bytecode.identity}
        for selection in self._selections:
            named[f"plan: copy {selection.step.source}"] = f"{selection.step.destination} {selection.step.python}"
            for group in selection.groups:
                named |= selection.inputs(group)
        for project in self._projects:
            named |= project.inputs()
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        store, plan = self._workshop.store, self._plan
        packer = SourcePacker(
            store,
            compression=plan.compression,
            mtime=self._workshop.mtime,
            compiler=self._bytecode.compiler,
            bytecode=self._bytecode.identity,
        )
        segments: list[Segment] = []
        packed = 0
        for selection in self._selections:
            for group in sorted(selection.groups):
                key = packer.key(selection, selection.inputs(group))
                segment = packer.known(key)
                if segment is None:
                    memory = f"{plan.image}-{selection.step.destination}-{group}"
                    segment = packer.pack(selection, group, key, memory)
                    packed += 1
                segments.append(segment)
        for project in self._projects:
            if self._target is None:
                raise AssertionError("a Python project has a Python target")
            segment, fresh = project.segment(self._target, self._bytecode.compiler)
            segments.append(segment)
            packed += fresh
        return Made(segments, packed)


def layer_key(step: LayerStep, inputs: dict[str, str], workshop: Workshop, plan: Plan) -> Digest:
    """The key of a finished layer."""
    fixed = {"\0compression": NAMES[plan.compression], "\0time": str(workshop.mtime)}
    return key_of(f"layer {step.title}", {**inputs, **fixed})


def target_of(packages: Sequence[DebianPin], python: str, platform: str, python_of_image: str = "") -> Target:
    """What wheels are chosen for: from the base's pinned packages, or what an image base says of its Python."""
    versions = {pin.name: pin.version for pin in packages}
    full = _leading_numbers(versions.get(f"python{python}-minimal", python_of_image)) or f"{python}.0"
    glibc = _leading_numbers(versions.get("libc6", "")).split(".")
    return Target(platform=platform, python=full, glibc=int(glibc[1]) if len(glibc) > 1 else ASSUMED_GLIBC)


def split(wheels: Sequence[Wheel], parts: int) -> list[list[Wheel]]:
    """At most `parts` batches of about the same size in bytes, the same for the same wheels."""
    batches: list[list[Wheel]] = [[] for _ in range(max(1, min(parts, len(wheels) // 4)))]
    sizes = [0] * len(batches)
    for wheel in sorted(wheels, key=lambda wheel: (-wheel.size, wheel.name)):
        smallest = sizes.index(min(sizes))
        batches[smallest].append(wheel)
        sizes[smallest] += wheel.size + 1  # an index need not tell sizes; then they are dealt out evenly
    return batches


def _install_into(uv: Uv, wheels: Sequence[Wheel], target: Target, prefix: Path) -> dict[str, Installed]:
    prefix.mkdir(parents=True)
    uv.install(wheels, target, prefix)
    return installed_below(prefix)


def _leading_numbers(version: str) -> str:
    """The upstream numbers of a Debian version: `3.13.5-2+deb13u1` → `3.13.5`."""
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    return found[1] if found else ""


def _project_folder(workshop: Workshop, plan: Plan) -> Path:
    return workshop.folder / plan.folder


def _there(value: T | None) -> T:
    if value is None:
        raise AssertionError("known or just packed")
    return value
