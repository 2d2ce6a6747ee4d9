"""Where an image's bytes are: its layers, and the packages that its files belong to.

Bytes on disk are the sum over all layers, as Docker and registries count them: what a later layer hides is still there.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from lading.archive import TarEntry
from lading.digest import Digest, digest_of
from lading.oci.model import Image, Layer
from lading.oci.partial import config_of, platform_of
from lading.prove.content import entries
from lading.prove.history import titles
from lading.prove.overlay import Overlay
from lading.prove.packages import Owners

Kind = Literal["debian", "python", "node", "application", "other", "hidden"]


class LayerSize(msgspec.Struct, frozen=True, kw_only=True):
    """One layer: what its history says of it, and its sizes in bytes, compressed and as files."""

    title: str
    digest: Digest
    size: int
    unpacked: int
    files: int


class PackageSize(msgspec.Struct, frozen=True, kw_only=True):
    """What one package takes on disk, in bytes.

    `application` is what lies in the working folder and belongs to no package, `other` what is left, `hidden` what a
    later layer replaces or removes.
    """

    kind: Kind
    name: str
    version: str
    size: int
    files: int


class ImageSize(msgspec.Struct, frozen=True, kw_only=True):
    """A whole image: `size` is compressed, `unpacked` on disk, both in bytes; the packages come largest first."""

    manifest: Digest
    platform: str
    size: int
    unpacked: int
    layers: tuple[LayerSize, ...]
    packages: tuple[PackageSize, ...]


def measure(image: Image) -> ImageSize:
    """Read every layer once, as a stream, and tell where the bytes are.

    Raises `VerificationFailed` for layers that are unsafe or not what the manifest says.
    """
    config = config_of(image)
    scales = Scales()
    for layer, title in zip(image.layers, titles(config.history or (), len(image.layers)), strict=True):
        scales.begin_layer()
        for entry in entries(layer):
            scales.add(entry, entry.chunks())
        scales.end_layer(layer, title)
    return scales.result(image)


class Scales:
    """Weighs an image while somebody reads its layers: `begin_layer`, each entry, `end_layer`; then the `result`."""

    def __init__(self) -> None:
        self._overlay: Overlay[int] = Overlay(self._hide)
        self.owners = Owners()
        self._layers: list[LayerSize] = []
        self._unpacked = self._files = 0
        self._hidden = [0, 0]

    def begin_layer(self) -> None:
        """What follows is of the next layer."""
        self._overlay.begin_layer()
        self._unpacked = self._files = 0

    def add(self, entry: TarEntry, content: Iterable[bytes]) -> None:
        """An entry of the layer. Its content is read only where it is a package's list."""
        if entry.kind == "folder" or not self._overlay.apply(entry, entry.size):
            return
        self._unpacked += entry.size
        self._files += 1
        self.owners.read(entry.path, entry.size, content)

    def end_layer(self, layer: Layer, title: str) -> None:
        """That was all of it."""
        self._overlay.end_layer()
        self._layers.append(
            LayerSize(
                title=title,
                digest=layer.descriptor.digest,
                size=layer.descriptor.size,
                unpacked=self._unpacked,
                files=self._files,
            )
        )

    def result(self, image: Image) -> ImageSize:
        """The sizes, once all layers have been read."""
        config = config_of(image)
        return ImageSize(
            manifest=digest_of(image.manifest),
            platform=str(platform_of(image)),
            size=sum(layer.size for layer in self._layers),
            unpacked=sum(layer.unpacked for layer in self._layers),
            layers=tuple(self._layers),
            packages=self._packages(config.config.working_dir.strip("/") if config.config else ""),
        )

    def _hide(self, _: str, size: int) -> None:
        self._hidden[0] += size
        self._hidden[1] += 1

    def _packages(self, workdir: str) -> tuple[PackageSize, ...]:
        """The packages of all files, largest first."""
        found: dict[tuple[Kind, str, str], list[int]] = {}
        for path, size in self._overlay.paths.items():
            key = self._key(path, workdir)
            total = found.setdefault(key, [0, 0])
            total[0] += size
            total[1] += 1
        if self._hidden[1]:
            found["hidden", "hidden by later layers", ""] = self._hidden
        packages = [
            PackageSize(kind=kind, name=name, version=version, size=size, files=files)
            for (kind, name, version), (size, files) in found.items()
        ]
        return tuple(sorted(packages, key=lambda package: (-package.size, package.kind, package.name)))

    def _key(self, path: str, workdir: str) -> tuple[Kind, str, str]:
        owner = self.owners.of(path)
        if owner:
            return owner.kind, owner.name, owner.version
        if workdir and path.startswith(f"{workdir}/"):
            return "application", "the application", ""
        return "other", "no package", ""
