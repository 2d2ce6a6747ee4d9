"""Descriptor, Layer, Image and Index: the nouns of the OCI image specification (v1.1), three or four methods each.

What can be derived from them is derived by functions of this package, once. A manifest is serialised once; those bytes
are hashed and those bytes are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from lading.digest import Digest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class Platform(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operating system and architecture in Go's words; `str()` gives `linux/arm64` or `linux/arm/v7`."""

    architecture: str
    os: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What points to content: its media type, digest and size in bytes."""

    media_type: str
    digest: Digest
    size: int
    urls: tuple[str, ...] = ()
    annotations: Mapping[str, str] = {}
    platform: Platform | None = None
    artifact_type: str = ""


class Layer(Protocol):
    """A layer is an opener, not bytes: one known by its descriptor is never opened unless somebody asks for bytes."""

    @property
    def descriptor(self) -> Descriptor:
        """Media type, digest and size of the compressed layer."""

    @property
    def diff_id(self) -> Digest:
        """The digest of the uncompressed tar: the layer's identity."""

    def chunks(self) -> Iterator[bytes]:
        """The compressed bytes, from the start, each time it is called."""


class Image(Protocol):
    """One image for one platform."""

    @property
    def manifest(self) -> bytes:
        """The manifest, exactly as it is stored and hashed."""

    @property
    def config(self) -> bytes:
        """The configuration, exactly as it is stored and hashed."""

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers, the base's first."""


class Index(Protocol):
    """The same image for several platforms."""

    @property
    def manifest(self) -> bytes:
        """The index document, exactly as it is stored and hashed."""

    @property
    def images(self) -> Sequence[tuple[Descriptor, Image]]:
        """Each image with the descriptor that the index has for it."""
