"""Which Debian packages a lock adds to a base, because what is installed is linked with libraries of theirs.

What a wheel is linked with is known once it was packed, and what is built here once it was built: a lock looks at what
this machine's store has, builds what has no wheel, and fetches no other wheel for it. Those say by their tags what they
expect of a system (PEP 600), which bases have; a build tells of those that expected more.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from lading.assemble.go.steps import BinariesStep
from lading.assemble.links import Installing, Linked, linked, needs_of
from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.python.wheels import Sdist
from lading.assemble.work import Work
from lading.assemble.workshop import Workshop
from lading.errors import LadingError
from lading.lock.model import LibraryPin, Pins
from lading.lock.request import LockRequest, base_request, is_linked, joined
from lading.plan.model import DebianBase, Plan


class Outside(Protocol):
    """What is asked of the world, and who is told."""

    def libraries(self, suite: str, architecture: str, /) -> Mapping[str, tuple[str, ...]]:
        """The packages of a release that have each shared library."""

    def note(self, text: str, /) -> None:
        """Tell a person."""


_VERSIONED = re.compile(r"(lib.+?)\.so\.(\d+)")


class _Site(NamedTuple):
    """One base that packages are installed on: the plan's, on a platform."""

    base: DebianBase
    architecture: str
    names: frozenset[str]


def library_request(
    workshop: Workshop, plans: Sequence[Plan], pins: Pins, before: Pins, *, outside: Outside
) -> LockRequest:
    """The bases of the plans with the packages that installed ones need beside, and why. `pins` has the bases; `before`
    is the lock that is replaced: what it says of packages that nothing is known of here stays."""
    return joined(
        _of_plan(workshop, plan, pins, before, platform=platform, outside=outside)
        for plan in plans
        for platform in plan.platforms
    )


def _of_plan(
    workshop: Workshop, plan: Plan, pins: Pins, before: Pins, *, platform: str, outside: Outside
) -> LockRequest:
    base = plan.runtime.base
    if not isinstance(base, DebianBase) or not is_linked(plan):
        return LockRequest()
    try:
        steps = [step for step in Work(workshop, plan, pins, platform).steps if isinstance(step, Installing)]
    except LadingError as error:
        outside.note(f"nothing of {plan.service} was looked at for the libraries that it needs: {_first(error)}")
        return LockRequest()
    if not steps:
        return LockRequest()
    architecture = platform.split("/")[1]
    packages = pins.packages(base.suite, architecture, base.roots, base.without) or ()
    site = _Site(base, architecture, frozenset(pin.name for pin in packages))
    added = tuple(_added(steps[0], site, before, outside))
    if not added:
        return LockRequest()
    asked = base_request(base, platform, plan.service)
    also = tuple(sorted({pin.package for pin in added}))
    return LockRequest(bases=(msgspec.structs.replace(asked, also=also),), libraries=tuple(sorted(added)))


def _added(step: Installing, site: _Site, before: Pins, outside: Outside) -> Iterator[LibraryPin]:
    """Why the base gets further packages."""
    match step:
        case DependenciesStep():
            locked, installed = _packages(step, outside)
        case BinariesStep():
            locked, installed = _programs(step, outside)
    known = {one.name for one in installed}
    kept = {
        pin.library: pin
        for pin in before.libraries
        if pin.suite == site.base.suite and pin.architecture == site.architecture
    }
    yield from (pin for pin in kept.values() if pin.needed_by not in known and pin.needed_by in locked)
    for library, names in needs_of(installed).items():
        if library in kept:
            yield kept[library]
        elif not _is_there(library, site):
            yield from _looked_up(library, names[0], site, outside)


def _packages(step: DependenciesStep, outside: Outside) -> tuple[frozenset[str], list[Linked]]:
    """The names of all packages, and those that something is known of. A list of packages that cannot be used, or
    built, is for a build to tell."""
    try:
        locked = frozenset(one.name for one in step.choices)
    except LadingError:
        return frozenset(), []
    sources = [one.name for one in step.choices if isinstance(one, Sdist)]
    try:
        if sources:
            outside.note(f"looking into packages without wheels: {', '.join(sources)}")
        list(step.built(build=True))
    except LadingError as error:
        outside.note(f"not every package was looked at for the libraries that it needs: {_first(error)}")
    return locked, list(linked(step))


def _programs(step: BinariesStep, outside: Outside) -> tuple[frozenset[str], list[Linked]]:
    """The names of the programs, and what is known of them: compiled for it. One that does not compile is for a build
    to tell."""
    try:
        outside.note(f"looking into programs with parts in C: {', '.join(step.names)}")
        return frozenset(step.names), list(linked(step))
    except LadingError as error:
        outside.note(f"not every program was looked at for the libraries that it needs: {_first(error)}")
        return frozenset(step.names), []


def _first(error: LadingError) -> str:
    return error.what.partition("\n")[0]


def _looked_up(library: str, needed_by: str, site: _Site, outside: Outside) -> Iterator[LibraryPin]:
    suite = site.base.suite
    packages = outside.libraries(suite, site.architecture).get(library, ())
    if site.names.intersection(packages):
        return
    if not packages:
        outside.note(f"no package of Debian {suite} has {library}, which {needed_by} needs: name what has it")
        return
    package = min(packages, key=lambda name: (name not in usual_packages(library), len(name), name))
    outside.note(f"{package} is added for {library} of {needed_by}")
    yield LibraryPin(suite=suite, architecture=site.architecture, library=library, package=package, needed_by=needed_by)


def _is_there(library: str, site: _Site) -> bool:
    return not site.names.isdisjoint(usual_packages(library))


def usual_packages(library: str) -> tuple[str, ...]:
    """What Debian calls the package of a library (policy 8.1), also since times have 64 bits.

    >>> usual_packages("libpq.so.5"), usual_packages("libbz2-1.0.so.3")
    (('libpq5', 'libpq5t64'), ('libbz2-1.0-3', 'libbz2-1.0-3t64'))
    """
    found = _VERSIONED.match(library.lower().replace("_", "-"))
    if not found:
        return ()
    name = f"{found[1]}{'-' if found[1][-1].isdigit() else ''}{found[2]}"
    return name, f"{name}t64"
