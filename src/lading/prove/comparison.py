"""One image held against another: what each takes, and where the difference lies. Pure."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from lading.prove.size import ImageSize, Kind

PACKAGES: tuple[Kind, ...] = ("debian", "python", "node")
"""The kinds that are somebody's packages."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """The same measure of both images."""

    image: int
    other: int

    @property
    def saved(self) -> int:
        """What the image has less than the other."""
        return self.other - self.image

    @property
    def reduction(self) -> float:
        """What the image saves of the other, as a part of it (0.7 for 150 MB instead of 500 MB); negative where it is
        the larger one."""
        return self.saved / self.other if self.other else 0.0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What one package, in whatever version, takes on disk in each of them, in bytes."""

    kind: Kind
    name: str
    bytes: Pair


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two images: bytes on disk and compressed, numbers of files, packages and layers. The largest differences come
    first; what is the same in both is not told of."""

    unpacked: Pair
    size: Pair
    files: Pair
    packages: Pair
    layers: Pair
    differences: tuple[Difference, ...]


class _Package(NamedTuple):
    kind: Kind
    name: str


def compare(image: ImageSize, other: ImageSize) -> Comparison:
    """Hold an image against another one."""

    def pair(of: Callable[[ImageSize], int]) -> Pair:
        return Pair(image=of(image), other=of(other))

    return Comparison(
        unpacked=pair(lambda one: one.unpacked),
        size=pair(lambda one: one.size),
        files=pair(lambda one: sum(layer.files for layer in one.layers)),
        packages=pair(lambda one: sum(package.kind in PACKAGES for package in one.packages)),
        layers=pair(lambda one: len(one.layers)),
        differences=_differences(image, other),
    )


def _differences(image: ImageSize, other: ImageSize) -> tuple[Difference, ...]:
    ours, theirs = _bytes(image), _bytes(other)
    found = [
        Difference(kind=one.kind, name=one.name, bytes=Pair(image=ours.get(one, 0), other=theirs.get(one, 0)))
        for one in {**ours, **theirs}
    ]
    told = [one for one in found if one.bytes.saved]
    return tuple(sorted(told, key=lambda one: (-abs(one.bytes.saved), one.kind, one.name)))


def _bytes(image: ImageSize) -> dict[_Package, int]:
    """By package: an image may hold the same one in several versions."""
    found: dict[_Package, int] = {}
    for package in image.packages:
        key = _Package(package.kind, package.name)
        found[key] = found.get(key, 0) + package.size
    return found
