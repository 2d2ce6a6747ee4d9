"""From a request to pins, and whether pins still answer a request."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from lading.digest import Digest
from lading.lock.model import BasePin, BuildPin, BuildSet, PackageSet, Pins, ToolPin, sorted_pins
from lading.lock.request import BaseRequest, LockRequest

if TYPE_CHECKING:
    from lading.debian.resolve import Packages


class Sources(Protocol):
    """Where pins come from: the side effects of making a lock."""

    def index(self, suite: str, architecture: str) -> "Packages":
        """What Debian offers, the same for the same arguments."""

    def image(self, reference: str, platforms: tuple[str, ...], digest: Digest | None) -> tuple[BasePin, ...]:
        """The image of each platform behind a reference: what it stands for now, or stood for when it was `digest`."""

    def tool(self, name: str) -> tuple[ToolPin, ...]:
        """The wheels of the newest usable version of a tool, for every platform that has one."""

    def build(self, build: BuildSet) -> tuple[BuildPin, ...]:
        """What serves a project's build requirements."""


def make_lock(request: LockRequest, *, old: Pins | None = None, upgrade: bool = False, sources: Sources) -> Pins:
    """Pins that answer the request and hold nothing else.

    What `old` has is kept and only what it lacks is resolved, in versions that fit what is kept; with `upgrade`
    everything is resolved anew. Raises what the sources and the resolution raise.
    """
    from lading.lock.suite import pin_suite

    kept = Pins() if upgrade or old is None else old
    suites = sorted({base.suite for base in request.bases})
    pinned = [
        pin_suite([base for base in request.bases if base.suite == suite], kept, sources.index) for suite in suites
    ]
    return sorted_pins(
        Pins(
            sets=tuple(known for sets, _ in pinned for known in sets),
            debian=tuple(pin for _, debian in pinned for pin in debian),
            bases=tuple(_images(request, kept, sources)),
            tools=tuple(_tools(request, kept, sources)),
            build_sets=request.builds,
            build=tuple(_builds(request, kept, sources)),
            libraries=request.libraries,
        )
    )


def covers(pins: Pins, request: LockRequest) -> tuple[str, ...]:
    """What the request asks for and the pins lack, in words; nothing when the lock is fresh.

    What the pins have beyond it does no harm and is not told.
    """
    return (
        *(_told_base(pins, base) for base in request.bases if _set_of(pins, base) is None),
        *(
            f"the image {image.reference} is not pinned for {image.platform}"
            for image in request.images
            if pins.base(image.reference, image.platform) is None
        ),
        *(f"the tool {name} is not pinned" for name in request.tools if not any(p.name == name for p in pins.tools)),
        *(
            f"what builds {build.project} on Python {build.python} ({', '.join(build.requires)}) is not pinned"
            for build in request.builds
            if build not in pins.build_sets
        ),
    )


def _images(request: LockRequest, old: Pins, sources: Sources) -> Iterator[BasePin]:
    for reference in sorted({image.reference for image in request.images}):
        platforms = tuple(image.platform for image in request.images if image.reference == reference)
        kept = tuple(pin for platform in platforms if (pin := old.base(reference, platform)))
        if len(kept) == len(platforms):
            yield from kept
        else:
            # The tag may have moved since, and one lock never mixes two images behind one reference.
            yield from sources.image(reference, platforms, kept[0].digest if kept else None)


def _tools(request: LockRequest, old: Pins, sources: Sources) -> Iterator[ToolPin]:
    for name in request.tools:
        kept = tuple(pin for pin in old.tools if pin.name == name)
        yield from kept or sources.tool(name)


def _builds(request: LockRequest, old: Pins, sources: Sources) -> Iterator[BuildPin]:
    for build in request.builds:
        kept = old.build_requirements(build.project, build.python, build.requires)
        yield from sources.build(build) if kept is None else kept


def _set_of(pins: Pins, base: BaseRequest) -> PackageSet | None:
    wanted = (base.suite, base.architecture, base.roots, base.without)
    for known in pins.sets:
        if (known.suite, known.architecture, known.roots, known.without) == wanted:
            return known
    return None


def _told_base(pins: Pins, base: BaseRequest) -> str:
    there = [known for known in pins.sets if (known.suite, known.architecture) == (base.suite, base.architecture)]
    near = [known for known in there if not set(base.roots).isdisjoint(known.roots)]
    place = f"Debian {base.suite} on {base.architecture}"
    if not near:
        return f"{', '.join(base.roots)} of {place} is not pinned" if there else f"{place} is not pinned"
    wanted = {*base.roots, *(f"without {name}" for name in base.without)}
    least = min(
        (wanted ^ {*known.roots, *(f"without {name}" for name in known.without)} for known in near),
        key=lambda names: (len(names), sorted(names)),
    )
    changes = [f"{'+' if name in wanted else '-'} {name}" for name in sorted(least)]
    return f"the packages of {place} are not those that are pinned ({', '.join(changes)})"
