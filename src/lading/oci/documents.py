"""The JSON documents of an image as typed values: manifest, index and configuration, decoded with all due suspicion.

https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md, image-index.md and config.md. Docker's older
documents (schema 2) have the same fields under other media types.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from lading.digest import Digest, parse_digest
from lading.errors import VerificationFailed
from lading.oci.model import (
    DOCKER_CONFIG,
    DOCKER_INDEX,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_LAYER_GZIP,
    OCI_LAYER_ZSTD,
    OCI_MANIFEST,
    Descriptor,
)

T = TypeVar("T")

DOCUMENT_LIMIT = 4 << 20
"""Bytes of a manifest, index or configuration: what registries must take at least, and in practice at most.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
"""
MANIFEST_TYPES = (OCI_MANIFEST, DOCKER_MANIFEST)
INDEX_TYPES = (OCI_INDEX, DOCKER_INDEX)
CONFIG_TYPES = (OCI_CONFIG, DOCKER_CONFIG)
LAYER_TYPES: Mapping[str, str] = {
    OCI_LAYER_GZIP: OCI_LAYER_GZIP,
    OCI_LAYER_ZSTD: OCI_LAYER_ZSTD,
    OCI_LAYER: OCI_LAYER,
    DOCKER_LAYER: OCI_LAYER_GZIP,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": OCI_LAYER_ZSTD,
    "application/vnd.docker.image.rootfs.diff.tar": OCI_LAYER,
}
"""Media types of layers that Lading reads, and what the OCI specification calls the same bytes."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One image: its configuration and layers."""

    schema_version: int
    media_type: str = ""
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] | None = None


class IndexDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Several images, one a platform."""

    schema_version: int
    media_type: str = ""
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] | None = None


class Health(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """Docker's health check. Times are in nanoseconds; an extension that the OCI specification does not have.

    https://github.com/moby/docker-image-spec/blob/v1.3.1/specs-go/v1/image.go
    """

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class RunConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """How a container of the image runs. Docker writes `null` where nothing is set."""

    user: str = ""
    exposed_ports: Mapping[str, object] | None = None
    env: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    healthcheck: Health | None = None
    volumes: Mapping[str, object] | None = None
    working_dir: str = ""
    labels: Mapping[str, str] | None = None
    stop_signal: str = ""
    shell: tuple[str, ...] | None = None
    on_build: tuple[str, ...] | None = None


class RootFs(msgspec.Struct, frozen=True, kw_only=True):
    """The layers' identities, the base's first."""

    type: str
    diff_ids: tuple[Digest, ...]


class History(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one layer (or, when `empty_layer`, none) came about."""

    created: str = ""
    author: str = ""
    created_by: str = ""
    comment: str = ""
    empty_layer: bool = False


class ImageConfig(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The configuration. `created` is an RFC 3339 time."""

    created: str = ""
    author: str = ""
    architecture: str
    os: str
    os_version: str = msgspec.field(name="os.version", default="")
    variant: str = ""
    config: RunConfig | None = None
    rootfs: RootFs
    history: tuple[History, ...] | None = None


def decode_manifest(data: bytes, *, where: str = "") -> Manifest | IndexDocument:
    """A manifest or an index, told apart by what it holds; `VerificationFailed` when it is neither, or both.

    A document that could be read as both is refused (CVE-2021-41190: two readers, two images).
    """
    shape = _decode(data, _Shape, where)
    if bytes(shape.fsLayers) or shape.schemaVersion == 1:
        raise VerificationFailed(
            "an image in Docker's first format (schema 1), which nothing has written since 2017",
            where=where,
            fix="pull and push it with a current tool, or use another tag",
        )
    is_index = bool(bytes(shape.manifests))
    is_image = bool(bytes(shape.layers) or bytes(shape.config))
    if is_index == is_image:
        raise VerificationFailed("neither an image manifest nor an index (or both at once)", where=where)
    document: Manifest | IndexDocument
    document = _decode(data, IndexDocument, where) if is_index else _decode(data, Manifest, where)
    expected = INDEX_TYPES if is_index else MANIFEST_TYPES
    if document.media_type and document.media_type not in expected:
        raise VerificationFailed(f"a document of an unknown kind ({document.media_type[:120]})", where=where)
    for descriptor in _descriptors(document):
        parse_digest(descriptor.digest, where=where)
        if descriptor.size < 0:
            raise VerificationFailed(f"a size is negative ({descriptor.size})", where=where)
    return document


def decode_config(data: bytes, *, where: str = "") -> ImageConfig:
    """A configuration; `VerificationFailed` when it is not one."""
    config = _decode(data, ImageConfig, where)
    if config.rootfs.type != "layers":
        raise VerificationFailed(f"a root file system of an unknown kind ({config.rootfs.type[:80]!r})", where=where)
    for diff_id in config.rootfs.diff_ids:
        parse_digest(diff_id, where=where)
    return config


class _Shape(msgspec.Struct):
    schemaVersion: int = 0  # noqa: N815  # the document's own spelling
    manifests: msgspec.Raw = msgspec.Raw()
    layers: msgspec.Raw = msgspec.Raw()
    config: msgspec.Raw = msgspec.Raw()
    fsLayers: msgspec.Raw = msgspec.Raw()  # noqa: N815


def _decode(data: bytes, kind: type[T], where: str) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationFailed(f"not a valid image document: {error}", where=where) from error


def _descriptors(document: Manifest | IndexDocument) -> tuple[Descriptor, ...]:
    if isinstance(document, IndexDocument):
        return document.manifests
    return (document.config, *document.layers)
