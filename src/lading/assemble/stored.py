"""Images that the store holds: opened by digest, their layers by what the store knows of them."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from lading.assemble.layers import LayerRecord, StoredLayer, record_key
from lading.digest import Digest, digest_of
from lading.errors import StepFailed
from lading.oci.model import OCI_INDEX, Descriptor, Image, Index, Layer
from lading.store import Store

RemoteOpener = Callable[["RemoteRecord"], Layer]
"""Gives a base image's layer, which is opened from its registry only when somebody asks for its bytes."""


class RemoteRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A layer that stays in its registry: of which image, and what its manifest and configuration say of it."""

    reference: str
    descriptor: Descriptor
    diff_id: Digest


class _Manifest(msgspec.Struct, frozen=True, rename="camel"):
    media_type: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()


class _Rootfs(msgspec.Struct, frozen=True):
    diff_ids: tuple[Digest, ...] = ()


class _Config(msgspec.Struct, frozen=True):
    rootfs: _Rootfs = _Rootfs()


class BlobLayer:
    """A layer that lies in the store as one blob."""

    def __init__(self, store: Store, descriptor: Descriptor, diff_id: Digest) -> None:
        self._store = store
        self.descriptor = descriptor
        self.diff_id = diff_id

    def chunks(self) -> Iterator[bytes]:
        """See `Layer.chunks`."""
        yield from self._store.chunks(self.descriptor.digest)


class StoredImage:
    """An `Image` of the store. Its manifest and configuration are in memory, its layers are opened on demand."""

    def __init__(self, store: Store, manifest: bytes, remote: RemoteOpener | None) -> None:
        parsed = msgspec.json.decode(manifest, type=_Manifest)
        if parsed.config is None:
            raise StepFailed("a manifest of the store has no configuration", where=str(store.root), fix="build again")
        self.manifest = manifest
        self.config = store.read(parsed.config.digest)
        self._store = store
        self._remote = remote
        self._descriptors = parsed.layers

    @property
    def layers(self) -> Sequence[Layer]:
        """See `Image.layers`."""
        diff_ids = msgspec.json.decode(self.config, type=_Config).rootfs.diff_ids
        return [self._layer(*pair) for pair in zip(self._descriptors, diff_ids, strict=True)]

    def _layer(self, descriptor: Descriptor, diff_id: Digest) -> Layer:
        record = self._store.get_action(record_key(descriptor.digest), LayerRecord)
        if record:
            return StoredLayer(self._store, record)
        kept = self._store.get_action(remote_key(descriptor.digest), RemoteRecord)
        if kept and self._remote and not self._store.has(descriptor.digest):
            return self._remote(kept)
        return BlobLayer(self._store, descriptor, diff_id)


class StoredIndex:
    """An `Index` of the store."""

    def __init__(self, store: Store, manifest: bytes, remote: RemoteOpener | None) -> None:
        self.manifest = manifest
        self._store = store
        self._remote = remote

    @property
    def images(self) -> Sequence[tuple[Descriptor, Image]]:
        """See `Index.images`."""
        parsed = msgspec.json.decode(self.manifest, type=_Manifest)
        return [
            (descriptor, StoredImage(self._store, self._store.read(descriptor.digest), self._remote))
            for descriptor in parsed.manifests
        ]


def open_stored(store: Store, digest: Digest, remote: RemoteOpener | None = None) -> Image | Index:
    """The image or index whose manifest has that digest. `StepFailed` when the store has lost a part of it."""
    manifest = store.read(digest)
    if msgspec.json.decode(manifest, type=_Manifest).media_type == OCI_INDEX:
        return StoredIndex(store, manifest, remote)
    return StoredImage(store, manifest, remote)


def remote_key(digest: Digest) -> Digest:
    """Where the record of a layer that stays in its registry is kept, by the layer's own digest."""
    return digest_of(b"remote\0" + digest.encode())


def blobs_of(store: Store, digest: Digest) -> set[Digest]:
    """Every blob and action that an image or index of the store is made of: what `prune` must keep while it has a name.

    Actions are given by their keys, which are digests too. What is lost already is left out.
    """
    if not store.has(digest):
        return set()
    parsed = msgspec.json.decode(store.read(digest), type=_Manifest)
    found = {digest}
    for child in parsed.manifests:
        found |= blobs_of(store, child.digest)
    if parsed.config:
        found.add(parsed.config.digest)
    for descriptor in parsed.layers:
        found |= {descriptor.digest, record_key(descriptor.digest), remote_key(descriptor.digest)}
        record = store.get_action(record_key(descriptor.digest), LayerRecord)
        if record:
            found.update(piece for piece, _ in record.pieces)
    return found
