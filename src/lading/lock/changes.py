"""What differs between two locks, in words of artifacts and versions. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from lading.lock.model import Pins

Kind = Literal["package", "image", "tool", "build requirement"]
_ORDER: tuple[Kind, ...] = ("package", "image", "tool", "build requirement")


class Change(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One artifact that is pinned at another version, newly (`before` is empty) or no more (`after` is empty).

    `scope` is the Debian release of a package, or the project of a build requirement; `platforms` are those that it is
    so on, sorted (Debian's architectures for packages). The version of an image is its digest. `security` says that
    what is newer comes from Debian's security suite; of other kinds nothing tells.
    """

    kind: Kind
    name: str
    scope: str
    before: str
    after: str
    platforms: tuple[str, ...]
    security: bool = False


class _Place(NamedTuple):
    kind: Kind
    name: str
    scope: str
    platform: str


class _Pinned(NamedTuple):
    version: str
    security: bool = False


def changes(before: Pins, after: Pins) -> tuple[Change, ...]:
    """What differs, sorted: packages, then images, tools and build requirements."""
    return merged(_differ(dict(_places(before)), dict(_places(after))))


def merged(found: Iterable[Change]) -> tuple[Change, ...]:
    """The changes sorted, with one for all platforms on which it is the same."""
    platforms: dict[Change, set[str]] = {}
    for change in found:
        platforms.setdefault(msgspec.structs.replace(change, platforms=()), set()).update(change.platforms)
    together = (msgspec.structs.replace(change, platforms=tuple(sorted(on))) for change, on in platforms.items())
    return tuple(sorted(together, key=lambda change: (_ORDER.index(change.kind), change)))


def _places(pins: Pins) -> Iterator[tuple[_Place, _Pinned]]:
    for deb in pins.debian:
        security = deb.archive == "debian-security"
        yield _Place("package", deb.name, deb.suite, deb.architecture), _Pinned(deb.version, security)
    for base in pins.bases:
        yield _Place("image", base.reference, "", base.platform), _Pinned(base.manifest)
    for tool in pins.tools:
        yield _Place("tool", tool.name, "", tool.platform), _Pinned(tool.version)
    for build in pins.build:
        scope = f"{build.project} (Python {build.python})"
        yield _Place("build requirement", build.name, scope, ""), _Pinned(build.version)


def _differ(before: Mapping[_Place, _Pinned], after: Mapping[_Place, _Pinned]) -> Iterator[Change]:
    for place in {**before, **after}:
        old, new = before.get(place, _Pinned("")), after.get(place, _Pinned(""))
        if old.version != new.version:
            yield Change(
                kind=place.kind,
                name=place.name,
                scope=place.scope,
                before=old.version,
                after=new.version,
                platforms=(place.platform,) if place.platform else (),
                security=new.security and bool(old.version),
            )
