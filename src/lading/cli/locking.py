"""Making a lock of a project: what its plans say that they need, and what only looking into packages tells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.lock.make import covers, make_lock
from lading.lock.model import Pins
from lading.lock.request import LockRequest, is_linked, joined

if TYPE_CHECKING:
    from lading.assemble.workshop import Workshop
    from lading.cli.project import Project
    from lading.lock.sources import PinSources
    from lading.plan.model import Plan


def complete_lock(
    project: "Project",
    context: Context,
    request: LockRequest,
    plans: "Sequence[Plan]",
    *,
    before: Pins | None,
    upgrade: bool,
) -> Pins:
    """Pins for what was asked for, for building those Python packages that have no wheel, and for the libraries that
    installed ones are linked with. `before` is the lock that is replaced."""
    from lading.cli.lockfile import pin_sources

    sources = pin_sources(project, context)
    if not any(is_linked(plan) for plan in plans):
        return make_lock(request, old=before, upgrade=upgrade, sources=sources)
    asked = joined([request, _linked(before or Pins(), request)])
    if before and not upgrade and not covers(before, request):
        pins = before
    else:
        pins = make_lock(asked, old=before, upgrade=upgrade, sources=sources)
    with _workshop(project, context) as workshop:
        return _looked_into(workshop, request, asked, plans, pins=pins, before=before or Pins(), sources=sources)


def _looked_into(
    workshop: "Workshop",
    request: LockRequest,
    asked: LockRequest,
    plans: "Sequence[Plan]",
    *,
    pins: Pins,
    before: Pins,
    sources: "PinSources",
) -> Pins:
    from lading.assemble.python.librarylock import library_request
    from lading.assemble.python.sourcelock import source_request

    builds = source_request(workshop, plans, pins)
    pins = make_lock(joined([asked, builds]), old=pins, sources=sources)
    needed = library_request(workshop, plans, pins, before, outside=sources)
    return make_lock(joined([request, builds, needed]), old=pins, sources=sources)


def _linked(before: Pins, request: LockRequest) -> LockRequest:
    """What a lock has for installed packages in the bases that are asked for."""
    kept = (base for base in request.bases if before.also(base.suite, base.architecture, base.roots, base.without))
    return LockRequest(
        bases=tuple(
            type(base)(
                suite=base.suite,
                architecture=base.architecture,
                roots=base.roots,
                without=base.without,
                also=before.also(base.suite, base.architecture, base.roots, base.without),
            )
            for base in kept
        ),
        libraries=before.libraries,
    )


def _workshop(project: "Project", context: Context) -> "Workshop":
    from lading.assemble.workshop import Workshop
    from lading.cli.outside import outside_sources

    return Workshop(
        store=context.store,
        sources=outside_sources(context, project),
        tree=project.tree,
        folder=project.root,
        listener=lambda _: None,
    )
