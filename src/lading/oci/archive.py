"""Images in one file: an OCI image layout as a tar archive, which `docker load` and `podman load` take too.

Beside the layout's own files it holds a `manifest.json`, by which engines that know no OCI layouts find the image
(https://github.com/moby/docker-image-spec/blob/v1.3.1/v1.2.md#combined-image-json--filesystem-changeset-format).
The same images give the same bytes: sorted, no times, no owners.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from lading.digest import CHUNK, Digest, hex_of
from lading.errors import UsageError, VerificationFailed
from lading.oci.content import checked
from lading.oci.docker_archive import read_docker_archive, small
from lading.oci.layout import MARKER, Layout, entries_of, index_bytes, layout_of, whole_name, writing
from lading.oci.model import Descriptor, Image, Index
from lading.oci.partial import config_descriptor, images_of, parts_of
from lading.oci.references import Reference
from lading.whole import write_whole

BLOCK = 512
MOST_MEMBERS = 100_000
"""Members of an archive that is read: a thousand images of a hundred layers. More is no image."""


def write_archive(path: Path, images: Mapping[str, Image | Index]) -> None:
    """Write images under their names (`team/app:1.2`) into a new archive, which appears whole or not at all.

    Every blob's digest is checked while it is written. `StepFailed` when the disk says no.
    """
    with writing(path):
        if path.is_dir():
            raise UsageError(
                "an archive is a file, and this is a folder", where=str(path), fix="choose another --output"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, archive_chunks(images))


def archive_chunks(images: Mapping[str, Image | Index]) -> Iterator[bytes]:
    """The archive's bytes as a stream, for a file or for a program's standard input."""
    entries = entries_of(images)
    for folder in ("blobs", "blobs/sha256"):
        yield _header(f"{folder}/", 0)
    for part in sorted(parts_of(images.values()), key=lambda part: part.descriptor.digest):
        yield _header(f"blobs/sha256/{hex_of(part.descriptor.digest)}", part.descriptor.size)
        yield from checked(part.chunks(), part.descriptor, where="the image")
        yield bytes(-part.descriptor.size % BLOCK)
    documents = {
        "index.json": index_bytes(entries),
        "manifest.json": msgspec.json.encode([_legacy(name, images[name]) for name in sorted(images)]),
        "oci-layout": MARKER,
    }
    for name, data in sorted(documents.items()):
        yield _header(name, len(data)) + data + bytes(-len(data) % BLOCK)
    yield bytes(2 * BLOCK)


class ArchiveSource:
    """The blobs of an archive, found by where they lie in the file."""

    origin: Reference | None = None

    def __init__(self, path: Path, members: Mapping[str, tuple[int, int]]) -> None:
        self.path = path
        self.where = str(path)
        self._members = members

    def document(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.document`."""
        return self.blob(descriptor)

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.blob`."""
        return self.member(blob_name(descriptor.digest))

    def size(self, name: str) -> int:
        """The bytes of a member; `VerificationFailed` when there is none of that name."""
        return self._place(name)[1]

    def member(self, name: str) -> Iterator[bytes]:
        """The bytes of a member; `VerificationFailed` when there is none of that name."""
        offset, left = self._place(name)
        with self.path.open("rb") as file:
            file.seek(offset)
            while left:
                chunk = file.read(min(left, CHUNK))
                if not chunk:
                    raise VerificationFailed("the archive ends early", where=self.where)
                left -= len(chunk)
                yield chunk

    def _place(self, name: str) -> tuple[int, int]:
        if name not in self._members:
            raise VerificationFailed(f"the archive has no {name}", where=self.where, fix="build or save it again")
        return self._members[name]


def blob_name(digest: Digest) -> str:
    """The path of a blob in a layout."""
    return f"blobs/sha256/{hex_of(digest)}"


def read_archive(path: Path) -> Layout:
    """Open an archive of an OCI layout, or one in Docker's older format.

    `UsageError` when it is neither, `VerificationFailed` when it is damaged.
    """
    members, links = _members(path)
    source = ArchiveSource(path, members)
    if "index.json" in members and "oci-layout" in members:
        marker, index = (small(source, name) for name in ("oci-layout", "index.json"))
        return layout_of(source, marker, index)
    if "manifest.json" in members:
        return read_docker_archive(source, links)
    raise UsageError(
        "not an archive of an OCI image layout, nor one that docker or podman saved",
        where=str(path),
        fix="name one that `lading build` wrote",
    )


def _members(path: Path) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Offset and size of each regular file, and where each symbolic link leads."""
    import tarfile

    members: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for count, member in enumerate(archive):
                if count >= MOST_MEMBERS:
                    raise VerificationFailed(f"the archive holds more than {MOST_MEMBERS} members", where=str(path))
                name = member.name.removeprefix("./")
                if member.isfile() and name in members:
                    raise VerificationFailed(f"the archive holds {name} twice", where=str(path))
                if member.isfile():
                    members[name] = (member.offset_data, member.size)
                elif member.issym():
                    links[name] = member.linkname
    except tarfile.TarError as error:
        raise UsageError(
            f"not a tar archive, or a damaged or compressed one ({error})", where=str(path), fix="unpack it with gunzip"
        ) from error
    except OSError as error:
        raise UsageError(f"cannot read the archive: {error.strerror or error}", where=str(path)) from error
    return members, links


def _legacy(name: str, content: Image | Index) -> Mapping[str, object]:
    """The entry of `manifest.json`: it knows one platform only, so of an index it gets linux/amd64 or the first."""
    offers = images_of(content)
    image = next((image for descriptor, image in offers if str(descriptor.platform) == "linux/amd64"), offers[0][1])
    return {
        "Config": blob_name(config_descriptor(image).digest),
        "RepoTags": [whole_name(name)],
        "Layers": [blob_name(layer.descriptor.digest) for layer in image.layers],
    }


def _header(name: str, size: int) -> bytes:
    import tarfile

    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o755 if name.endswith("/") else 0o644
    member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
    return member.tobuf(tarfile.PAX_FORMAT)  # what ustar cannot say (over 8 GiB) goes into a pax header
