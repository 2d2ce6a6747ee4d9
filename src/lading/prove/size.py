"""Where an image's bytes are: its layers, and the packages that its files belong to.

Bytes on disk are the sum over all layers, as Docker and registries count them: what a later layer hides is still there.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from lading.digest import Digest, digest_of
from lading.oci.documents import History
from lading.oci.model import Image, Layer
from lading.oci.partial import config_of, platform_of
from lading.prove.content import OPAQUE, WHITEOUT, entries
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
    files = _Files()
    layers = [
        _layer_size(layer, title, files)
        for layer, title in zip(image.layers, titles(config.history or (), len(image.layers)), strict=True)
    ]
    return ImageSize(
        manifest=digest_of(image.manifest),
        platform=str(platform_of(image)),
        size=sum(layer.size for layer in layers),
        unpacked=sum(layer.unpacked for layer in layers),
        layers=tuple(layers),
        packages=files.packages(config.config.working_dir.strip("/") if config.config else ""),
    )


def titles(history: Sequence[History], layers: int) -> list[str]:
    """A title for each layer, from the history where it has as many entries with layers, else numbers."""
    told = [event.created_by for event in history if not event.empty_layer]
    if len(told) != layers:
        return [f"layer {number}" for number in range(1, layers + 1)]
    return [" ".join(text.removeprefix("lading: ").split()) or f"layer {at}" for at, text in enumerate(told, 1)]


def _layer_size(layer: Layer, title: str, files: "_Files") -> LayerSize:
    unpacked = count = 0
    files.begin_layer()
    for entry in entries(layer):
        folder, _, name = entry.path.rpartition("/")
        if name == OPAQUE:
            files.hide_below(folder)
        elif name.startswith(WHITEOUT):
            files.hide(f"{folder}/{name.removeprefix(WHITEOUT)}".lstrip("/"))
        elif entry.kind != "folder":
            unpacked += entry.size
            count += 1
            files.add(entry.path, entry.size, entry.chunks())
    files.end_layer()
    return LayerSize(
        title=title, digest=layer.descriptor.digest, size=layer.descriptor.size, unpacked=unpacked, files=count
    )


class _Files:
    """The files of the image as a container sees them, layer upon layer, and what is known of their owners."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._lower: set[str] = set()
        self._whiteouts: set[str] = set()
        self._owners = Owners()
        self._hidden = [0, 0]

    def begin_layer(self) -> None:
        """What is there now is what whiteouts of the next layer may hide."""
        self._lower = set(self._sizes)
        self._whiteouts = set()

    def add(self, path: str, size: int, content: Iterable[bytes]) -> None:
        """A file or link of the current layer."""
        self._drop(path)
        self._sizes[path] = size
        self._owners.read(path, size, content)

    def hide(self, path: str) -> None:
        """Take away what lower layers have at a path, and below it."""
        self._whiteouts.add(path)

    def hide_below(self, folder: str) -> None:
        """Take away what lower layers have below a folder; the empty path is the root."""
        self._whiteouts.add(f"{folder}/")

    def end_layer(self) -> None:
        """Let the whiteouts of the layer take effect: all at once, since a layer may have as many as it has files."""
        if self._whiteouts:
            for path in [path for path in self._lower if self._is_hidden(path)]:
                self._drop(path)

    def _is_hidden(self, path: str) -> bool:
        if path in self._whiteouts or "/" in self._whiteouts:
            return True
        while path := path.rpartition("/")[0]:
            if path in self._whiteouts or f"{path}/" in self._whiteouts:
                return True
        return False

    def _drop(self, path: str) -> None:
        self._lower.discard(path)
        size = self._sizes.pop(path, None)
        if size is not None:
            self._hidden[0] += size
            self._hidden[1] += 1

    def packages(self, workdir: str) -> tuple[PackageSize, ...]:
        """The packages of all files, largest first."""
        found: dict[tuple[Kind, str, str], list[int]] = {}
        for path, size in self._sizes.items():
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
        owner = self._owners.of(path)
        if owner:
            return owner.kind, owner.name, owner.version
        if workdir and path.startswith(f"{workdir}/"):
            return "application", "the application", ""
        return "other", "no package", ""
