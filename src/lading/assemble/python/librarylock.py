"""Which Debian packages a lock adds to a base, because installed packages are linked with libraries of theirs.

What a wheel is linked with is known once it was packed, and what is built here once it was built: a lock looks at what
this machine's store has, builds what has no wheel, and fetches no other wheel for it. Those say by their tags what they
expect of a system (PEP 600), which bases have; a build tells of those that expected more.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from lading.assemble.links import linked, needs_of
from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.work import Work
from lading.assemble.workshop import Workshop
from lading.errors import LadingError
from lading.lock.model import LibraryPin, Pins
from lading.lock.request import LockRequest, base_request, joined
from lading.plan.model import DebianBase, Plan

Libraries = Callable[[str, str], Mapping[str, tuple[str, ...]]]
"""Suite and architecture → the packages that have each shared library."""
_VERSIONED = re.compile(r"(lib.+?)\.so\.(\d+)")


class _Site(NamedTuple):
    """One base that packages are installed on: the plan's, on a platform."""

    base: DebianBase
    architecture: str
    names: frozenset[str]


def library_request(
    workshop: Workshop, plans: Sequence[Plan], pins: Pins, before: Pins, *, libraries: Libraries
) -> LockRequest:
    """The bases of the plans with the packages that installed ones need beside, and why. `pins` has the bases; `before`
    is the lock that is replaced: what it says of packages that nothing is known of here stays."""
    return joined(
        _of_plan(workshop, plan, pins, before, platform=platform, libraries=libraries)
        for plan in plans
        for platform in plan.platforms
    )


def _of_plan(
    workshop: Workshop, plan: Plan, pins: Pins, before: Pins, *, platform: str, libraries: Libraries
) -> LockRequest:
    base = plan.runtime.base
    steps = [step for step in Work(workshop, plan, pins, platform).steps if isinstance(step, DependenciesStep)]
    if not steps or not isinstance(base, DebianBase):
        return LockRequest()
    architecture = platform.split("/")[1]
    packages = pins.packages(base.suite, architecture, base.roots, base.without) or ()
    site = _Site(base, architecture, frozenset(pin.name for pin in packages))
    added = tuple(_added(workshop, steps[0], site, before, libraries))
    if not added:
        return LockRequest()
    asked = base_request(base, platform, plan.service)
    also = tuple(sorted({pin.package for pin in added}))
    return LockRequest(bases=(msgspec.structs.replace(asked, also=also),), libraries=tuple(sorted(added)))


def _added(
    workshop: Workshop, step: DependenciesStep, site: _Site, before: Pins, libraries: Libraries
) -> Iterator[LibraryPin]:
    """Why the base gets further packages. A list of packages that cannot be used, or built, is for a build to tell."""
    try:
        locked = {one.name for one in step.choices}
    except LadingError:
        return
    try:
        list(step.built(build=True))
    except LadingError as error:
        first = error.what.partition("\n")[0]
        workshop.note(f"not every package was looked at for the libraries that it needs: {first}")
    installed = list(linked(step))
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
            yield from _looked_up(workshop, library, names[0], site, libraries)


def _looked_up(
    workshop: Workshop, library: str, needed_by: str, site: _Site, libraries: Libraries
) -> Iterator[LibraryPin]:
    suite = site.base.suite
    packages = libraries(suite, site.architecture).get(library, ())
    if site.names.intersection(packages):
        return
    if not packages:
        workshop.note(f"no package of Debian {suite} has {library}, which {needed_by} needs: name what has it")
        return
    package = min(packages, key=lambda name: (name not in usual_packages(library), len(name), name))
    workshop.note(f"{package} is added for {library} of {needed_by}")
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
