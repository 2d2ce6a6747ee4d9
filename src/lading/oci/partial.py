"""Everything that follows from an image or an index, worked out once, by free functions.

The model is `pkg/v1/partial` of google/go-containerregistry: whoever makes images provides three or four methods.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

import msgspec

from lading.digest import Digest, digest_of
from lading.errors import UsageError, VerificationFailed
from lading.oci.content import is_index, layer_type
from lading.oci.documents import ImageConfig, IndexDocument, Manifest, decode_config, decode_manifest
from lading.oci.model import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, Image, Index, Layer, Platform
from lading.oci.references import Reference

MOST_LAYERS = 127
"""What Docker's overlay file systems can stack; an image of more can be built, but not run.

https://github.com/docker/docs/issues/8230, https://github.com/moby/buildkit/issues/3067
"""


class BuiltImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image whose documents are in memory."""

    manifest: bytes
    config: bytes
    layers: tuple[Layer, ...]


class BuiltIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index whose document is in memory."""

    manifest: bytes
    images: tuple[tuple[Descriptor, Image], ...]


class Retyped:
    """The same layer under another media type."""

    def __init__(self, layer: Layer, media_type: str) -> None:
        self._layer = layer
        self.descriptor = msgspec.structs.replace(layer.descriptor, media_type=media_type)
        self.diff_id = layer.diff_id
        self.origin = getattr(layer, "origin", None)
        self.chunks = layer.chunks


def image_of(
    config: bytes | Mapping[str, object] | ImageConfig,
    layers: Sequence[Layer],
    annotations: Mapping[str, str] | None = None,
) -> BuiltImage:
    """An OCI image of these layers, the base's first.

    `config` is the configuration's bytes, used as they are, or its fields, serialised in their order; where a mapping
    has no `rootfs`, the layers' is written. Layers of a base that Docker's media types name get the OCI names of the
    same bytes: one manifest never mixes both. `UsageError` for more than 127 layers, `VerificationFailed` when the
    configuration lists other layers.
    """
    if len(layers) > MOST_LAYERS:
        raise UsageError(
            f"an image of {len(layers)} layers: no engine takes more than {MOST_LAYERS}",
            fix="use a base image with fewer layers",
        )
    diff_ids = tuple(layer.diff_id for layer in layers)
    if isinstance(config, Mapping) and "rootfs" not in config:
        config = {**config, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    data = config if isinstance(config, bytes) else msgspec.json.encode(config)
    if decode_config(data, where="the image's configuration").rootfs.diff_ids != diff_ids:
        raise VerificationFailed("the configuration does not list the image's layers")
    own = tuple(_as_oci(layer) for layer in layers)
    manifest = Manifest(
        schema_version=2,
        media_type=OCI_MANIFEST,
        config=Descriptor(media_type=OCI_CONFIG, digest=digest_of(data), size=len(data)),
        layers=tuple(layer.descriptor for layer in own),
        annotations=_sorted(annotations),
    )
    return BuiltImage(manifest=msgspec.json.encode(manifest), config=data, layers=own)


def index_of(images: Sequence[tuple[Platform, Image]], annotations: Mapping[str, str] | None = None) -> BuiltIndex:
    """An OCI index of these images, in their order. `UsageError` when two are for one platform."""
    platforms = [str(platform) for platform, _ in images]
    twice = sorted({platform for platform in platforms if platforms.count(platform) > 1})
    if twice:
        raise UsageError(f"two images for one platform ({', '.join(twice)})")
    children = tuple(
        (msgspec.structs.replace(manifest_descriptor(image), platform=platform), image) for platform, image in images
    )
    document = IndexDocument(
        schema_version=2,
        media_type=OCI_INDEX,
        manifests=tuple(descriptor for descriptor, _ in children),
        annotations=_sorted(annotations),
    )
    return BuiltIndex(manifest=msgspec.json.encode(document), images=children)


def manifest_descriptor(content: Image | Index) -> Descriptor:
    """What points to an image or an index: media type, digest and size of its manifest."""
    data = content.manifest
    media_type = decode_manifest(data).media_type or (OCI_INDEX if is_index(content) else OCI_MANIFEST)
    return Descriptor(media_type=media_type, digest=digest_of(data), size=len(data))


def config_of(image: Image) -> ImageConfig:
    """The configuration, decoded."""
    return decode_config(image.config, where=f"image {digest_of(image.manifest)}")


def config_descriptor(image: Image) -> Descriptor:
    """What the manifest says of the configuration."""
    return manifest_of(image).config


def manifest_of(image: Image) -> Manifest:
    """The manifest, decoded."""
    document = decode_manifest(image.manifest)
    if not isinstance(document, Manifest):
        raise VerificationFailed("an index where an image was expected", where=digest_of(image.manifest))
    return document


def platform_of(image: Image) -> Platform:
    """The platform that the configuration names."""
    config = config_of(image)
    return Platform(os=config.os, architecture=config.architecture, variant=config.variant)


def images_of(content: Image | Index) -> Sequence[tuple[Descriptor, Image]]:
    """The images of an index; an image is its own only one."""
    if is_index(content):
        return content.images
    image = cast("Image", content)  # what is no index is an image; a type guard cannot say so before Python 3.13
    return [(manifest_descriptor(image), image)]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One blob of an image or index: what points to it, a way to its bytes, and the repository that it comes from."""

    descriptor: Descriptor
    chunks: Callable[[], Iterator[bytes]]
    origin: Reference | None = None


def parts_of(contents: Iterable[Image | Index]) -> tuple[Part, ...]:
    """Every blob of these images and indexes, once each: layers, configurations, manifests, indexes.

    A blob always comes after those that it points to.
    """
    parts: dict[Digest, Part] = {}
    for content in contents:
        for _, image in images_of(content):
            for layer in image.layers:
                origin = getattr(layer, "origin", None)
                part = Part(descriptor=layer.descriptor, chunks=layer.chunks, origin=origin)
                parts.setdefault(layer.descriptor.digest, part)
            config = config_descriptor(image)
            parts.setdefault(config.digest, _part(config, image.config))
            manifest = manifest_descriptor(image)
            parts.setdefault(manifest.digest, _part(manifest, image.manifest))
        top = manifest_descriptor(content)
        parts.setdefault(top.digest, _part(top, content.manifest))
    return tuple(parts.values())


def _part(descriptor: Descriptor, data: bytes) -> Part:
    return Part(descriptor=descriptor, chunks=lambda: iter((data,)))


def _as_oci(layer: Layer) -> Layer:
    media_type = layer_type(layer.descriptor.media_type, where=f"layer {layer.descriptor.digest}")
    return layer if media_type == layer.descriptor.media_type else Retyped(layer, media_type)


def _sorted(annotations: Mapping[str, str] | None) -> Mapping[str, str] | None:
    return dict(sorted(annotations.items())) if annotations else None
