"""The public images that rendered Dockerfiles start from, in the lock: by digest, once somebody has asked for that."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from lading.cli.context import Context
from lading.errors import RemoteFailed
from lading.lock.make import make_lock
from lading.lock.model import BasePin, Pins, sorted_pins
from lading.lock.request import ImageRequest, LockRequest

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.lock.make import Sources
    from lading.plan.model import Plan


def with_public_images(
    project: "Project",
    context: Context,
    plans: "Sequence[Plan]",
    after: Pins,
    *,
    before: Pins,
    asked: bool,
    upgrade: bool = False,
) -> Pins:
    """A new lock with the public images of the plans' Dockerfiles: all of them where they are `asked` for, else those
    that the lock `before` has, which need no registry while their tags are the same. Those that are asked for are
    resolved anew with `upgrade`.

    Raises what a registry's failure raises, but only where they are asked for: a lock is made without registries.
    """
    from lading.cli.lockfile import pin_sources
    from lading.render.dockerfile import images

    known = {_repository(pin.reference) for pin in before.bases}
    there = {pin.reference for pin in after.bases}
    found = {(name, platform) for plan in plans for name in images(plan, pins=after) for platform in plan.platforms}
    wanted = sorted(
        {(name, platform) for name, platform in found if name not in there and (asked or _repository(name) in known)}
    )
    if not wanted:
        return after
    sources = pin_sources(project, context)
    old = Pins() if asked and upgrade else before
    pins = tuple(_pins(wanted, sources, context, old=old, asked=asked))
    return sorted_pins(msgspec.structs.replace(after, bases=(*after.bases, *pins)))


def _pins(
    wanted: Sequence[tuple[str, str]], sources: "Sources", context: Context, *, old: Pins, asked: bool
) -> Iterator[BasePin]:
    for name in dict.fromkeys(name for name, _ in wanted):
        requests = (ImageRequest(reference=name, platform=platform) for other, platform in wanted if other == name)
        try:
            yield from make_lock(LockRequest(images=tuple(requests)), old=old, sources=sources).bases
        except RemoteFailed as error:
            if asked:
                raise
            context.note(f"{name} is not pinned any more: {error.what}")


def _repository(reference: str) -> str:
    """The name of an image without tag and digest."""
    name = reference.partition("@")[0]
    before, _, tag = name.rpartition(":")
    return before if before and "/" not in tag else name
