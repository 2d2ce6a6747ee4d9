"""Images and indexes that live somewhere: a layout, an archive, a registry. Each place is a `Source` of bytes.

Everything that comes out of a source is checked against the descriptor that asked for it: size and digest. A document
is read when it is first needed, a layer's bytes only when somebody asks for them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol, TypeGuard

from lading.digest import parse_digest
from lading.errors import UsageError, VerificationFailed
from lading.oci.documents import (
    CONFIG_TYPES,
    DOCUMENT_LIMIT,
    INDEX_TYPES,
    LAYER_TYPES,
    Manifest,
    decode_config,
    decode_manifest,
)
from lading.oci.model import Descriptor, Image, Index, Layer, Platform
from lading.oci.references import Reference


class Source(Protocol):
    """A place that gives bytes by descriptor. It need not check them; `where` names it in errors."""

    @property
    def where(self) -> str:
        """A folder, a file, `registry.example/team/app`."""

    @property
    def origin(self) -> Reference | None:
        """The repository that this is, when it is one: blobs can be mounted from there."""

    def document(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The bytes of a manifest or an index."""

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The bytes of a configuration or a layer."""


class SourceLayer:
    """A layer in a source. Made from what is known of it; opened by `chunks`, which checks what it gives."""

    def __init__(self, source: Source, descriptor: Descriptor, diff_id: str) -> None:
        self.source = source
        self.descriptor = descriptor
        self.diff_id = parse_digest(diff_id, where=source.where)

    @property
    def origin(self) -> Reference | None:
        """The repository that it can be mounted from."""
        return self.source.origin

    def chunks(self) -> Iterator[bytes]:
        """See `Layer.chunks`; `VerificationFailed` at the end when the bytes are not the promised ones."""
        return checked(self.source.blob(self.descriptor), self.descriptor, where=self.source.where)


class SourceImage:
    """An image in a source, known by its descriptor until more is asked."""

    def __init__(self, source: Source, descriptor: Descriptor) -> None:
        self.source = source
        self.descriptor = descriptor

    @cached_property
    def manifest(self) -> bytes:
        """See `Image.manifest`."""
        return read_document(self.source, self.descriptor)

    @cached_property
    def config(self) -> bytes:
        """See `Image.config`."""
        descriptor = self.document.config
        check_size(descriptor, self.source.where)
        return b"".join(checked(self.source.blob(descriptor), descriptor, where=self.source.where))

    @cached_property
    def document(self) -> Manifest:
        """The manifest, decoded. `VerificationFailed` for an index, an artifact, or layers of an unknown kind."""
        where = f"{self.source.where}@{self.descriptor.digest}"
        document = decode_manifest(self.manifest, where=where)
        if not isinstance(document, Manifest):
            raise VerificationFailed("an index where an image was expected", where=where)
        return document

    @cached_property
    def layers(self) -> Sequence[Layer]:
        """See `Image.layers`."""
        document = self.document
        where = f"{self.source.where}@{self.descriptor.digest}"
        if document.config.media_type not in CONFIG_TYPES:
            raise VerificationFailed(
                f"this is no container image but an artifact ({document.config.media_type[:120]})", where=where
            )
        diff_ids = decode_config(self.config, where=where).rootfs.diff_ids
        if len(diff_ids) != len(document.layers):
            raise VerificationFailed(
                f"the manifest lists {len(document.layers)} layers, the configuration {len(diff_ids)}", where=where
            )
        return tuple(
            SourceLayer(self.source, descriptor, diff_id)
            for descriptor, diff_id in zip(document.layers, diff_ids, strict=True)
        )


class SourceIndex:
    """An index in a source."""

    def __init__(self, source: Source, descriptor: Descriptor) -> None:
        self.source = source
        self.descriptor = descriptor

    @cached_property
    def manifest(self) -> bytes:
        """See `Index.manifest`."""
        return read_document(self.source, self.descriptor)

    @cached_property
    def images(self) -> Sequence[tuple[Descriptor, Image]]:
        """See `Index.images`. Nothing of an image is read until it is asked for more."""
        where = f"{self.source.where}@{self.descriptor.digest}"
        document = decode_manifest(self.manifest, where=where)
        if isinstance(document, Manifest):
            raise VerificationFailed("an image where an index was expected", where=where)
        nested = [child for child in document.manifests if child.media_type in INDEX_TYPES]
        if nested:
            raise VerificationFailed("an index of indexes", where=where, fix="name one of the inner indexes by digest")
        return tuple((child, SourceImage(self.source, child)) for child in document.manifests)


def open_content(source: Source, descriptor: Descriptor) -> Image | Index:
    """What a descriptor points to. When its media type does not tell, the document itself is asked."""
    if descriptor.media_type in INDEX_TYPES:
        return SourceIndex(source, descriptor)
    image = SourceImage(source, descriptor)
    if isinstance(decode_manifest(image.manifest, where=source.where), Manifest):
        return image
    return SourceIndex(source, descriptor)


def read_document(source: Source, descriptor: Descriptor) -> bytes:
    """A manifest or an index whole, checked. `VerificationFailed` when it is over `DOCUMENT_LIMIT`."""
    check_size(descriptor, source.where)
    return b"".join(checked(source.document(descriptor), descriptor, where=source.where))


def check_size(descriptor: Descriptor, where: str) -> None:
    """Refuse a document that is too large to be one before any of it is read."""
    if descriptor.size > DOCUMENT_LIMIT:
        raise VerificationFailed(
            f"a document of {descriptor.size} bytes (the limit is {DOCUMENT_LIMIT})",
            where=f"{where}@{descriptor.digest}",
        )


def checked(chunks: Iterable[bytes], descriptor: Descriptor, *, where: str) -> Iterator[bytes]:
    """The same chunks; `VerificationFailed` as soon as there are too many bytes, or at the end when they are not
    those that the descriptor promises. The last chunk is only given once the digest is known to be right."""
    state = hashlib.sha256()
    total = 0
    held = b""
    for chunk in chunks:
        total += len(chunk)
        if total > descriptor.size:
            raise _broken(f"more than the {descriptor.size} bytes that were promised", descriptor, where)
        state.update(chunk)
        if held:
            yield held
        held = chunk
    if total != descriptor.size:
        raise _broken(f"{total} bytes, where {descriptor.size} were promised", descriptor, where)
    if f"sha256:{state.hexdigest()}" != descriptor.digest:
        raise _broken(f"its digest is sha256:{state.hexdigest()}", descriptor, where)
    if held:
        yield held


def is_index(content: Image | Index) -> TypeGuard[Index]:
    """Whether it is an index. Looks at the class, so that nothing is read to find out."""
    return hasattr(type(content), "images") or "images" in getattr(content, "__dict__", {})


def select(index: Index, platform: Platform, *, where: str) -> Image:
    """The image for a platform. `UsageError` lists what there is when there is none."""
    offered = [(child.platform, image) for child, image in index.images if child.platform]
    for wanted in _acceptable(platform):
        for offer, image in offered:
            if (offer.os, offer.architecture, _variant(offer)) == (wanted.os, wanted.architecture, _variant(wanted)):
                return image
    # BuildKit's attestations are entries for the platform unknown/unknown:
    # https://github.com/moby/buildkit/blob/v0.20.0/docs/attestations/attestation-storage.md
    known = sorted({str(offer) for offer, _ in offered if offer.os != "unknown"})
    raise UsageError(
        f"there is no image for {platform}",
        where=where,
        fix=f"choose one of its platforms: {', '.join(known) or 'none'}",
    )


def _variant(platform: Platform) -> str:
    """arm64 is always v8 and arm is v7 unless they say otherwise.

    https://github.com/containerd/platforms/blob/v1.0.0/database.go (`normalizeArch`)
    """
    return platform.variant or {"arm64": "v8", "arm": "v7"}.get(platform.architecture, "")


def _acceptable(platform: Platform) -> Iterator[Platform]:
    """The platform, then what it runs too: a v7 processor runs v6 and v5 programs."""
    yield platform
    if platform.architecture == "arm":
        older = {"v8": ("v7", "v6", "v5"), "v7": ("v6", "v5"), "v6": ("v5",)}.get(_variant(platform), ())
        for variant in older:
            yield Platform(os=platform.os, architecture="arm", variant=variant)


def _broken(what: str, descriptor: Descriptor, where: str) -> VerificationFailed:
    return VerificationFailed(
        f"the content is not what was promised: {what}",
        where=f"{where}@{descriptor.digest}",
        fix="do not use it; fetch or build it again",
    )


def layer_type(media_type: str, *, where: str) -> str:
    """The OCI media type of a layer's; `VerificationFailed` for what is no file system layer."""
    try:
        return LAYER_TYPES[media_type]
    except KeyError:
        raise VerificationFailed(f"a layer of an unknown kind ({media_type[:120]})", where=where) from None
