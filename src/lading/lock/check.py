"""What of a lock is outdated."""

from collections.abc import Iterator

from lading.debian.versions import compare
from lading.lock.changes import Change, changes, merged
from lading.lock.make import Sources
from lading.lock.model import Pins


def outdated(pins: Pins, sources: Sources) -> tuple[Change, ...]:
    """What has a newer version (`after`) than the pinned one (`before`), or is offered no more (then `after` is empty).

    Sorted: packages, then images, tools and build requirements. A package is a security update when any version newer
    than the pinned one is in the security suite, whether or not the newest is.
    """
    references = sorted({pin.reference for pin in pins.bases})
    newest = Pins(
        bases=tuple(pin for name in references for pin in sources.image(name, _platforms(pins, name), None)),
        tools=tuple(pin for name in sorted({pin.name for pin in pins.tools}) for pin in sources.tool(name)),
        build=tuple(pin for build in pins.build_sets for pin in sources.build(build)),
    )
    pinned = Pins(bases=pins.bases, tools=pins.tools, build=pins.build)
    return (*merged(_packages(pins, sources)), *changes(pinned, newest))


def _platforms(pins: Pins, reference: str) -> tuple[str, ...]:
    return tuple(pin.platform for pin in pins.bases if pin.reference == reference)


def _packages(pins: Pins, sources: Sources) -> Iterator[Change]:
    serving = {known.suite: known.architecture for known in pins.sets}
    for pin in pins.debian:
        if pin.suite not in serving:
            continue  # no base uses it: the next `lading lock` drops it
        architecture = serving[pin.suite] if pin.architecture == "all" else pin.architecture
        offered = sources.index(pin.suite, architecture).versions(pin.name)
        newer = [package for package in offered if compare(package.version, pin.version) > 0]
        if newer or not offered:
            yield Change(
                kind="package",
                name=pin.name,
                scope=pin.suite,
                before=pin.version,
                after=newer[0].version if newer else "",
                platforms=(pin.architecture,),
                security=any(package.origin == "security" for package in newer),
            )
