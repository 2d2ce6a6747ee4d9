"""What a lock must pin so that packages without wheels can be built: found by looking into their sources."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.python.sdist import sdist_project
from lading.assemble.python.wheels import Sdist, Wheel
from lading.assemble.work import Work
from lading.assemble.workshop import Workshop
from lading.errors import LadingError, StepFailed, UsageError
from lading.lock.fields import is_requirement
from lading.lock.model import BuildSet, Pins
from lading.lock.request import LockRequest, base_request, joined
from lading.plan.bases import builder_base
from lading.plan.model import Plan, PythonDependencies

LARGEST_PROJECT = 1 << 20
"""Bytes of a pyproject.toml."""
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
"""What reading an archive raises that is none, that ends too early, or that is packed in a way that nobody uses."""
DEFAULT = ("setuptools>=40.8.0",)
"""What builds a project that does not say (PEP 518, "build-system table", as pip has it)."""


def source_request(workshop: Workshop, plans: Sequence[Plan], pins: Pins) -> LockRequest:
    """What the locked packages without wheels need: a builder on each platform, and what each of them is built by.

    `pins` has the bases of the plans. What it has of builds already is not looked up again.
    """
    return joined(_of_plan(workshop, plan, pins, platform) for plan in plans for platform in _platforms(plan))


def _platforms(plan: Plan) -> tuple[str, ...]:
    steps = (step for stage in plan.stages for step in stage.steps)
    return plan.platforms if any(isinstance(step, PythonDependencies) for step in steps) else ()


def _of_plan(workshop: Workshop, plan: Plan, pins: Pins, platform: str) -> LockRequest:
    found: list[LockRequest] = []
    for layer in Work(workshop, plan, pins, platform).steps:
        if isinstance(layer, DependenciesStep):
            base = builder_base(layer.python, layer.step.build_packages)
            sdists = _sdists(layer)
            if base and (sdists or layer.step.build_packages):
                builds = tuple(_build_set(workshop, plan, pins, layer, one) for one in sdists)
                found.append(LockRequest(bases=(base_request(base, platform, plan.service),), builds=builds))
    return joined(found)


def _sdists(layer: DependenciesStep) -> list[Sdist]:
    """The packages without wheels. A list of packages that cannot be used is for a build to tell, not for a lock of
    bases and tools."""
    try:
        return [one for one in layer.choices if isinstance(one, Sdist)]
    except LadingError:
        return []


def _build_set(workshop: Workshop, plan: Plan, pins: Pins, layer: DependenciesStep, sdist: Sdist) -> BuildSet:
    project = sdist_project(plan, sdist)
    known = pins.build_set(project, layer.python)
    if known:
        return known
    with workshop.store.scratch() as scratch:
        path = workshop.sources.wheel(Wheel(**msgspec.structs.asdict(sdist)), layer.folder, scratch)
        if path is None:
            raise StepFailed(
                f"the source distribution {sdist.filename} cannot be fetched, or is not the one that was locked",
                where=f"{layer.step.lock} › {sdist.name} {sdist.version}",
                fix="check the network; from an index that asks who comes, publish a wheel",
            )
        requires = build_requires(path, sdist.filename)
    return BuildSet(project=project, python=layer.python, requires=requires)


def build_requires(archive: Path, name: str) -> tuple[str, ...]:
    """What a source distribution says that builds it (`build-system.requires`), sorted. `name` is its file's.

    Raises `UsageError` for one that cannot be read, and for a requirement that no lock can name.
    """
    import tomli

    try:
        text = _project_file(archive, name)
        system: Any = tomli.loads(text.decode()).get("build-system", {})
        wanted = [str(one) for one in system.get("requires", DEFAULT)]
    except (*_DAMAGED, tomli.TOMLDecodeError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise UsageError(f"the source distribution cannot be read: {error}", where=name) from error
    requires = tuple(sorted({" ".join(one.split()) for one in wanted}))
    for one in requires:
        if not is_requirement(one):
            raise UsageError(
                f"a build requirement that is no name and version cannot be pinned: {one[:120]!r}", where=name
            )
    return requires


def _project_file(archive: Path, name: str) -> bytes:
    """Its pyproject.toml, or nothing."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            inside = [
                one for one in packed.infolist() if _is_project(one.filename) and one.file_size <= LARGEST_PROJECT
            ]
            return packed.read(inside[0]) if inside else b""
    with tarfile.open(archive) as opened:
        for member in _plain(opened):
            if _is_project(member.name) and member.size <= LARGEST_PROJECT:
                file = opened.extractfile(member)
                return file.read() if file else b""
    return b""


def _plain(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (member for member in archive if member.isreg())


def _is_project(path: str) -> bool:
    top, _, rest = path.removeprefix("./").partition("/")
    return bool(top) and rest == "pyproject.toml"
