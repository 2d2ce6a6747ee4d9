"""What plans need pinned: pure, and the same for the same plans."""

from collections.abc import Iterable, Iterator, Sequence
from posixpath import join, normpath

import msgspec

from lading.errors import UsageError
from lading.lock.fields import is_project, is_requirement
from lading.lock.model import BuildSet, LibraryPin, Pins
from lading.plan.model import (
    GO_ARCHITECTURES,
    BaseFiles,
    CopyTree,
    DebianBase,
    DebugShell,
    GoBinaries,
    ImageBase,
    NodeBuild,
    NodeModules,
    NodeProgram,
    OwnProgram,
    Plan,
    PythonDependencies,
    PythonProject,
    Stage,
)

_HASHING = {"bookworm": "libssl3", "trixie": "libssl3t64"}
"""The library of each Debian release that Python needs for hashing alone, not for compiling."""


class BaseRequest(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A Debian base on one architecture; `roots` and `without` are sorted, and so is `also`: what installed packages
    need beside."""

    suite: str
    architecture: str
    roots: tuple[str, ...]
    without: tuple[str, ...]
    also: tuple[str, ...] = ()


class ImageRequest(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An image of a registry on one platform."""

    reference: str
    platform: str


class LockRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All that a lock must pin, each tuple sorted and without duplicates. `tools` are names; `libraries` say why bases
    have further packages."""

    bases: tuple[BaseRequest, ...] = ()
    images: tuple[ImageRequest, ...] = ()
    tools: tuple[str, ...] = ()
    builds: tuple[BuildSet, ...] = ()
    libraries: tuple[LibraryPin, ...] = ()


def request_of(plans: Sequence[Plan]) -> LockRequest:
    """What these plans need, all stages of them.

    An image base with a Python in it also asks for a Debian base of the same Python where there is one
    (`compiler_base`): bytecode is compiled without opening the image. Raises `UsageError` for a platform that Debian
    bases are not assembled for, and for a build requirement that is an address.
    """
    bases: set[BaseRequest] = set()
    images: set[ImageRequest] = set()
    builds: set[BuildSet] = set()
    for plan in plans:
        for stage in plan.stages:
            for platform in plan.platforms:
                if isinstance(stage.base, ImageBase):
                    images.add(ImageRequest(reference=stage.base.reference, platform=platform))
                bases |= {base_request(debian, platform, plan.service) for debian in _debian_bases(plan, stage)}
            for step in stage.steps:
                if isinstance(step, PythonProject) and step.build_requires:
                    builds.add(build_set(plan, step))
    return LockRequest(
        bases=tuple(sorted(bases)),
        images=tuple(sorted(images)),
        tools=tuple(sorted({tool for plan in plans for tool in tools_of(plan)})),
        builds=tuple(sorted(builds, key=_project)),
    )


_SOURCES = (".tar.gz", ".tgz", ".tar.bz2", ".zip")
"""How the names of source distributions end (PEP 625, and what was uploaded before it)."""


def is_source(build: BuildSet, python: str) -> bool:
    """Whether it is a source distribution, and no project of the repository, that is built for this Python."""
    return build.project.endswith(_SOURCES) and build.python == python


def tools_of(plan: Plan) -> frozenset[str]:
    """The names of the tools that make what a plan ships."""
    found: set[str] = set()
    for stage in plan.stages:
        for step in stage.steps:
            match step:
                case PythonDependencies() | PythonProject():
                    found.add("uv")
                case GoBinaries() | OwnProgram():
                    found.add("go")
                case NodeModules() | NodeBuild() | NodeProgram():
                    from lading.toolchain.node import tool_of

                    found.add(tool_of(step.node))
                case _:
                    pass  # whatever it needs comes with the base or the source
    return frozenset(found)


def is_linked(plan: Plan) -> bool:
    """Whether an image has what may be linked with libraries of its base: packages of Python, programs with parts in
    C."""
    steps = (step for stage in plan.stages for step in stage.steps)
    return any(
        isinstance(step, PythonDependencies) or (isinstance(step, GoBinaries) and step.builder) for step in steps
    )


def build_set(plan: Plan, step: PythonProject) -> BuildSet:
    """What building a project's wheel asks for, as a lock names it. Raises `UsageError` for what it cannot name."""
    project = normpath(join(plan.context, step.project))
    if not is_project(project):
        raise UsageError("the path of a project cannot be written into a lock", where=repr(project))
    requires = tuple(sorted({" ".join(requirement.split()) for requirement in step.build_requires}))
    for requirement in requires:
        if not is_requirement(requirement):
            raise UsageError(
                f"a build requirement that is no name and version cannot be pinned: {requirement[:120]!r}",
                where=f"{project} › build-system.requires",
                fix="publish it to your package index and require it by name",
            )
    return BuildSet(project=project, python=step.python, requires=requires)


def compiler_base(python: str) -> DebianBase | None:
    """The smallest Debian base whose Python is `python` (`major.minor`), or nothing where Debian has none.

    It compiles bytecode for image bases of the same Python, without their image being opened; nothing ships it.
    """
    from lading.plan.bases import SUITES

    suite = SUITES.get(python)
    if suite is None:
        return None
    return DebianBase(
        name="distroless",
        suite=suite,
        roots=(f"libpython{python}-minimal", f"python{python}-minimal"),
        without=(_HASHING[suite],),
        interpreter=f"/usr/bin/python{python}",
    )


def has_debug_shell(pins: Pins, plan: Plan) -> bool:
    """Whether a lock has the package of a plan's debug variant on some platform: whoever locks next keeps it."""
    known = {(one.suite, one.roots) for one in pins.sets}
    steps = (step for stage in plan.stages for step in stage.steps if isinstance(step, DebugShell))
    return any((step.suite, step.base.roots) in known for step in steps)


def request_of_pins(pins: Pins) -> LockRequest:
    """What a lock was made for."""
    return LockRequest(
        bases=tuple(
            BaseRequest(
                suite=known.suite,
                architecture=known.architecture,
                roots=known.roots,
                without=known.without,
                also=known.also,
            )
            for known in pins.sets
        ),
        images=tuple(ImageRequest(reference=pin.reference, platform=pin.platform) for pin in pins.bases),
        tools=tuple(sorted({pin.name for pin in pins.tools})),
        builds=pins.build_sets,
        libraries=pins.libraries,
    )


def on_known_platforms(request: LockRequest, pins: Pins) -> LockRequest:
    """The request on every platform that a lock has as well: a Debian release on each of its architectures, an image on
    each of its platforms.

    So a lock that somebody made for a further platform (`lading lock --platform`) keeps it, whoever locks next.
    """
    architectures = {(known.suite, known.architecture) for known in pins.sets}
    return joined([
        request,
        LockRequest(
            bases=tuple(
                msgspec.structs.replace(base, architecture=architecture)
                for base in request.bases
                for suite, architecture in architectures
                if suite == base.suite
            ),
            images=tuple(
                ImageRequest(reference=pin.reference, platform=pin.platform)
                for pin in pins.bases
                if any(image.reference == pin.reference for image in request.images)
            ),
        ),
    ])  # fmt: skip


def joined(requests: Iterable[LockRequest]) -> LockRequest:
    """All that several requests ask for. Where they differ in how one project is built, the last one counts."""
    every = tuple(requests)
    builds = {_project(build): build for request in every for build in request.builds}
    return LockRequest(
        bases=_merged(base for request in every for base in request.bases),
        images=tuple(sorted({image for request in every for image in request.images})),
        tools=tuple(sorted({tool for request in every for tool in request.tools})),
        builds=tuple(builds[key] for key in sorted(builds)),
        libraries=tuple(sorted({one for request in every for one in request.libraries})),
    )


def _merged(bases: Iterable[BaseRequest]) -> tuple[BaseRequest, ...]:
    """Every base once, with all that installed packages need of it."""
    found: dict[BaseRequest, set[str]] = {}
    for base in bases:
        found.setdefault(msgspec.structs.replace(base, also=()), set()).update(base.also)
    return tuple(sorted(msgspec.structs.replace(base, also=tuple(sorted(also))) for base, also in found.items()))


def _debian_bases(plan: Plan, stage: Stage) -> Iterator[DebianBase]:
    """The Debian bases that a stage takes anything from."""
    if isinstance(stage.base, DebianBase):
        yield stage.base
    elif isinstance(stage.base, ImageBase) and (compiler := _compiler_of(plan, stage.base)):
        yield compiler
    yield from (step.base for step in stage.steps if isinstance(step, BaseFiles | DebugShell))
    yield from (step.builder for step in stage.steps if isinstance(step, GoBinaries) and step.builder)


def _compiler_of(plan: Plan, base: ImageBase) -> DebianBase | None:
    if not base.interpreter:
        return None
    pythons = (
        step.python
        for stage in plan.stages
        for step in stage.steps
        if isinstance(step, CopyTree | PythonDependencies | PythonProject) and step.python
    )
    return compiler_base(next(pythons, ""))


def base_request(base: DebianBase, platform: str, service: str) -> BaseRequest:
    """A base on a platform, as a lock names it. `UsageError` where none is assembled for it."""
    architecture = GO_ARCHITECTURES.get(platform)
    if architecture is None:
        raise UsageError(
            f"the base {base.name} cannot be assembled for {platform}",
            where=f"services.{service}.platforms",
            fix=f"choose of {', '.join(GO_ARCHITECTURES)}, or take an image base",
        )
    return BaseRequest(
        suite=base.suite,
        architecture=architecture,
        roots=tuple(sorted(set(base.roots))),
        without=tuple(sorted(set(base.without))),
    )


def _project(build: BuildSet) -> tuple[str, str]:
    return build.project, build.python
