"""Archives in Docker's own older format, as `podman save` and `docker save` before version 25 write them.

`manifest.json` names a configuration and the layers of each image, which are tar archives without compression
(https://github.com/moby/docker-image-spec/blob/v1.3.1/v1.2.md#combined-image-json--filesystem-changeset-format). So a
layer's digest is its identity in the configuration, and a manifest can be written that names both: the image is the
same as any other from there on, and every byte of it is checked.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from lading.digest import Digest, digest_of
from lading.errors import UsageError, VerificationFailed
from lading.oci.documents import DOCUMENT_LIMIT, Manifest, decode_config
from lading.oci.layout import CONTAINERD_NAME, REF_NAME, Layout, whole_name
from lading.oci.model import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Descriptor
from lading.oci.references import Reference

_GZIP = b"\x1f\x8b"


class Members(Protocol):
    """The files of an archive, by name."""

    @property
    def where(self) -> str:
        """The archive, for errors."""

    def size(self, name: str) -> int:
        """Bytes of a file; `VerificationFailed` when there is none of that name."""

    def member(self, name: str) -> Iterator[bytes]:
        """Its bytes."""


class _Saved(msgspec.Struct, rename="pascal"):
    """One image of `manifest.json`."""

    config: str
    layers: tuple[str, ...]
    repo_tags: tuple[str, ...] | None = None


class DockerArchiveSource:
    """The blobs of such an archive, by digest: those of layers lie in it, manifests are made."""

    origin: Reference | None = None

    def __init__(self, members: Members, links: Mapping[str, str]) -> None:
        self.where = members.where
        self._members = members
        self._links = links
        self._documents: dict[Digest, bytes] = {}
        self._names: dict[Digest, str] = {}

    def document(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.document`."""
        return self.blob(descriptor)

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.blob`."""
        if descriptor.digest in self._documents:
            return iter((self._documents[descriptor.digest],))
        if descriptor.digest not in self._names:
            raise VerificationFailed(f"the archive has no {descriptor.digest}", where=self.where)
        return self._members.member(self._names[descriptor.digest])

    def add(self, saved: _Saved) -> Descriptor:
        """Take in an image; what points to the manifest that is made of it."""
        config = small(self._members, saved.config)
        diff_ids = decode_config(config, where=f"{self.where}: {saved.config}").rootfs.diff_ids
        if len(diff_ids) != len(saved.layers):
            raise VerificationFailed(
                f"manifest.json lists {len(saved.layers)} layers, the configuration {len(diff_ids)}", where=self.where
            )
        manifest = Manifest(
            schema_version=2,
            media_type=OCI_MANIFEST,
            config=Descriptor(media_type=OCI_CONFIG, digest=self._keep(config), size=len(config)),
            layers=tuple(map(self._layer, diff_ids, saved.layers)),
        )
        data = msgspec.json.encode(manifest)
        return Descriptor(media_type=OCI_MANIFEST, digest=self._keep(data), size=len(data))

    def _layer(self, diff_id: Digest, name: str) -> Descriptor:
        name = self._followed(name)
        if next(self._members.member(name), b"").startswith(_GZIP):
            raise UsageError(
                "an archive in Docker's older format with compressed layers",
                where=f"{self.where}: {name}",
                fix=f"skopeo copy docker-archive:{self.where} oci-archive:NEW.tar",
            )
        self._names[diff_id] = name
        return Descriptor(media_type=OCI_LAYER, digest=diff_id, size=self._members.size(name))

    def _followed(self, name: str) -> str:
        """A layer that several images share is a link in all but one of them (`../ID/layer.tar`)."""
        target = self._links.get(name)
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name

    def _keep(self, data: bytes) -> Digest:
        digest = digest_of(data)
        self._documents[digest] = data
        return digest


def read_docker_archive(members: Members, links: Mapping[str, str]) -> Layout:
    """The images of an archive; `links` are its symbolic links. `VerificationFailed` when it is damaged."""
    try:
        images = msgspec.json.decode(small(members, "manifest.json"), type=list[_Saved])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationFailed(f"manifest.json is not valid: {error}", where=members.where) from error
    source = DockerArchiveSource(members, links)
    entries = [entry for saved in images for entry in _named(source.add(saved), saved.repo_tags or ())]
    return Layout(source, entries)


def small(members: Members, name: str) -> bytes:
    """A document of an archive whole; `VerificationFailed` when it is too long to be one."""
    if members.size(name) > DOCUMENT_LIMIT:
        raise VerificationFailed(f"{name} is longer than {DOCUMENT_LIMIT} bytes", where=members.where)
    return b"".join(members.member(name))


def _named(entry: Descriptor, names: Sequence[str]) -> Iterator[Descriptor]:
    """The entry once under each of its names."""
    for name in names:
        try:
            whole = whole_name(name)
        except UsageError:
            continue  # a name is for people here: the digest finds the image, too
        annotations = {CONTAINERD_NAME: whole, REF_NAME: whole.rpartition(":")[2]}
        yield msgspec.structs.replace(entry, annotations=annotations)
    if not names:
        yield entry
