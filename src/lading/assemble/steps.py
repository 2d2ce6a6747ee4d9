"""The layers of an image, each a step with named inputs and a way to make its segments."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from lading.assemble.actions import key_of
from lading.assemble.application import COPY_VERSION, SourcePacker, SourceSelection
from lading.assemble.base import PackagePacker, PackageSegment, pack_root_files
from lading.assemble.compress import NAMES
from lading.assemble.debian_files import FILTER_VERSION
from lading.assemble.python.bytecode import Compiler
from lading.assemble.python.project import ProjectWheel
from lading.assemble.python.wheel_packer import INSTALL_VERSION
from lading.assemble.python.wheels import Target
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.smallfiles import SmallFiles
from lading.assemble.workshop import Counter, Workshop
from lading.digest import Digest
from lading.lock.model import DebianPin, Pins
from lading.plan.model import CopyTree, DebianBase, Plan, PythonProject
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
    """One layer to be. `shares`: it is made of segments that other services want as well, so that services make such
    layers one after the other; it uses all cores by itself."""

    title: str
    shares: bool

    def inputs(self) -> dict[str, str]:
        """What the layer depends on, in words."""

    def make(self) -> Made:
        """The layer's segments; only those that the store lacks are packed."""


class Bytecode:
    """The compiler for one image: who it is (for keys) without starting it, itself when a module comes, and which
    packages its interpreter is made of."""

    def __init__(self, identity: str, compiler: Compiler | None, packages: Sequence[DebianPin] = ()) -> None:
        self.identity = identity
        self.compiler = compiler
        self.packages = frozenset(packages)


class BaseStep:
    """The base layer of a Debian base."""

    title = "base"
    shares = True

    def __init__(
        self,
        workshop: Workshop,
        plan: Plan,
        *,
        base: DebianBase,
        packages: Sequence[DebianPin],
        files: SmallFiles,
        bytecode: Bytecode,
        platform: str,
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._base = base
        self._packages = packages
        self._files = files
        self._bytecode = bytecode
        self._platform = platform

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {f"lading.lock: {pin.name}": f"{pin.version} {pin.digest}" for pin in self._packages}
        named |= self._files.inputs()
        named["base"] = f"{self._base.name} {FILTER_VERSION}"
        named["bytecode"] = self._bytecode.identity
        return named

    def entries(self) -> Iterator[str]:
        """The paths of the packages' files, as far as they were packed."""
        packer = self._packer()
        for pin in self._packages:
            known = packer.known(pin)
            yield from known.segment.entries if known else ()

    def _packer(self) -> PackagePacker:
        return PackagePacker(
            self._workshop.store,
            self._base,
            compression=self._plan.compression,
            mtime=self._workshop.mtime,
            compiler=self._bytecode.compiler,
            bytecode=self._bytecode.identity,
        )

    def make(self) -> Made:
        """See `LayerStep.make`."""
        workshop, compression = self._workshop, self._plan.compression
        packer = self._packer()
        known = {pin.digest: packer.known(pin) for pin in self._packages}
        missing = [pin for pin in self._packages if known[pin.digest] is None]
        counter = Counter(workshop, self.title, self._platform, doing="pack", total=len(missing), unit="packages")

        def pack(pin: DebianPin) -> PackageSegment:
            packed = packer.pack(pin, workshop.packages)
            counter.add()
            return packed

        # Last those that the interpreter is made of, which is unpacking them now, and those with modules, which wait
        # for it; among the others the largest first: the last to start should not be the longest.
        interpreter = self._bytecode.packages
        order = sorted(missing, key=lambda pin: ("python3" in pin.name, pin in interpreter, -pin.size))
        packed = dict(zip((pin.digest for pin in order), workshop.pool.map(pack, order), strict=True))
        segments = [packed.get(pin.digest) or there(known[pin.digest]) for pin in self._packages]
        rest = pack_root_files(
            workshop.store, self._base, segments, self._files, compression=compression, mtime=workshop.mtime
        )
        return Made([*(package.segment for package in segments), rest], len(missing))


class FilesStep:
    """Small files on top of an image base."""

    title = "files"
    shares = False

    def __init__(self, workshop: Workshop, plan: Plan, files: SmallFiles) -> None:
        self._workshop = workshop
        self._plan = plan
        self._files = files

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        return self._files.inputs()

    def make(self) -> Made:
        """See `LayerStep.make`."""
        with SegmentWriter(self._workshop.store, self._plan.compression, self._workshop.mtime) as writer:
            self._files.write(writer)
            return Made([writer.finish()], 1)


class ApplicationStep:
    """The application layer: copied source, and the project's wheel where it is a package."""

    title = "application"
    shares = False

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
        self._tree = SubTree(workshop.tree, plan.context)
        self._selections = [SourceSelection(self._tree, copy) for copy in copies]
        self._projects = [
            ProjectWheel(workshop, plan, step=project, pins=pins, tree=self._tree, bytecode=bytecode.identity)
            for project in projects
        ]

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {"bytecode": f"{self._bytecode.identity} {COPY_VERSION} {INSTALL_VERSION}"}
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


def _leading_numbers(version: str) -> str:
    """The upstream numbers of a Debian version: `3.13.5-2+deb13u1` → `3.13.5`."""
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    return found[1] if found else ""


def project_folder(workshop: Workshop, plan: Plan) -> Path:
    """The folder that the plan's source paths are relative to."""
    return workshop.folder / plan.context


def there(value: T | None) -> T:
    """What must be there by now."""
    if value is None:
        raise AssertionError("known or just packed")
    return value
