"""Images in a folder: the OCI image layout.

https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md. An entry of `index.json` carries its name
twice: `org.opencontainers.image.ref.name` holds the tag alone (what `skopeo copy oci:FOLDER:TAG` and BuildKit's
`oci-layout://FOLDER:TAG` look for), `io.containerd.image.name` the whole name (what Docker and Podman go by when they
load: https://github.com/moby/moby/issues/45416, https://github.com/containers/common/pull/853).
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lading.digest import CHUNK, Digest, hex_of, parse_digest
from lading.errors import LadingError, StepFailed, UsageError, VerificationFailed
from lading.oci.content import Source, checked, is_index, open_content
from lading.oci.documents import DOCUMENT_LIMIT, IndexDocument, Manifest, decode_manifest
from lading.oci.model import OCI_INDEX, Descriptor, Image, Index, Platform
from lading.oci.partial import Part, images_of, manifest_descriptor, parts_of, platform_of
from lading.oci.references import Reference, parse_reference
from lading.whole import write_whole

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
MARKER = b'{"imageLayoutVersion":"1.0.0"}'
"""The content of the file `oci-layout`."""


class Layout:
    """The images and indexes of a layout, by name."""

    def __init__(self, source: Source, entries: Sequence[Descriptor]) -> None:
        self.source = source
        self.entries = tuple(entries)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each entry, else its digest."""
        return tuple(_name_of(entry) for entry in self.entries)

    def open(self, name: str = "") -> Image | Index:
        """The entry of that tag, name or digest; without a name, the only one. `UsageError` lists what there is."""
        found = [entry for entry in self.entries if not name or name in _names_for(entry)]
        distinct = {entry.digest: entry for entry in found}
        if len(distinct) == 1:
            return open_content(self.source, next(iter(distinct.values())))
        what = f"{self.source.where} holds no image {name!r}" if name else f"{self.source.where} holds several images"
        if len(found) > 1 and name:
            what = f"{self.source.where} holds several images {name!r}"
        elif not self.entries:
            what = f"{self.source.where} holds no image"
        raise UsageError(what, fix=f"name one of: {', '.join(self.names)}" if self.entries else "build one into it")


class FolderSource:
    """The blobs of a layout's folder."""

    origin: Reference | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)

    def document(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.document`."""
        return self.blob(descriptor)

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.blob`."""
        path = blob_path(self.folder, descriptor.digest)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise VerificationFailed("a blob is not a file", where=str(path))
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except FileNotFoundError:
            raise VerificationFailed(
                f"the image's {descriptor.digest} is missing", where=self.where, fix="build or copy it again"
            ) from None
        except OSError as error:
            raise StepFailed(f"cannot read a blob: {error.strerror}", where=str(path)) from error


def blob_path(folder: Path, digest: Digest) -> Path:
    """Where a layout keeps a blob."""
    return folder / "blobs" / "sha256" / hex_of(digest)


def read_layout(folder: Path) -> Layout:
    """Open a layout. `UsageError` when the folder is none, `VerificationFailed` when its index is damaged."""
    try:
        marker = (folder / "oci-layout").read_bytes()[:1024]
        with (folder / "index.json").open("rb") as file:
            index = file.read(DOCUMENT_LIMIT + 1)
    except OSError as error:
        raise UsageError(
            f"not an OCI image layout ({error.strerror})", where=str(folder), fix="name a folder with an index.json"
        ) from error
    return layout_of(FolderSource(folder), marker, index)


def layout_of(source: Source, marker: bytes, index: bytes) -> Layout:
    """A layout from the content of its two files."""
    try:
        version = msgspec.json.decode(marker, type=dict[str, str]).get("imageLayoutVersion")
    except (msgspec.DecodeError, UnicodeDecodeError):
        version = None
    if version != "1.0.0":
        raise VerificationFailed("not an OCI image layout of version 1.0.0", where=source.where)
    if len(index) > DOCUMENT_LIMIT:
        raise VerificationFailed(f"index.json is longer than {DOCUMENT_LIMIT} bytes", where=source.where)
    document = decode_manifest(index, where=f"{source.where}/index.json")
    if isinstance(document, Manifest):
        raise VerificationFailed("index.json is no index", where=source.where)
    return Layout(source, document.manifests)


def write_layout(folder: Path, images: Mapping[str, Image | Index]) -> None:
    """Write images under their names (`team/app:1.2`) into a layout.

    A new layout appears whole or not at all. Into one that is there, blobs are added first and `index.json` is replaced
    last; an entry of the same name is replaced, and blobs that only it used are removed. Every blob's digest is checked
    while it is written. `UsageError` when the folder holds something else, `StepFailed` when the disk says no.
    """
    with writing(folder):
        if not _is_new(folder):
            read_layout(folder)
            with _locked(folder):
                _add(folder, images)
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f".{folder.name}.{os.urandom(6).hex()}")
        try:
            _add(temporary, images)
            try:
                temporary.rename(folder)
            except OSError:
                if _is_new(folder):
                    raise
                with _locked(folder):  # another build made it meanwhile
                    _add(folder, images)
        finally:
            _remove_tree(temporary)


def entries_of(images: Mapping[str, Image | Index], others: Iterable[Descriptor] = ()) -> tuple[Descriptor, ...]:
    """What `index.json` lists: `others`, then these images by name, each with both annotations.

    Two images of one tag in one layout could not be told apart by it: the later ones get `name:tag`.
    """
    entries = list(others)
    for name, content in sorted(images.items()):
        whole = whole_name(name)
        taken = {entry.annotations.get(REF_NAME) for entry in entries}
        tag = whole.rpartition(":")[2]
        short = whole.partition("/")[2].removeprefix("library/")
        entries.append(
            msgspec.structs.replace(
                manifest_descriptor(content),
                annotations={
                    CONTAINERD_NAME: whole,
                    REF_NAME: tag if tag not in taken else short,
                },
                platform=_platform(content),
            )
        )
    return tuple(entries)


def whole_name(name: str) -> str:
    """The name with registry and tag: `app` → `docker.io/library/app:latest`. `UsageError` when it is none."""
    reference = parse_reference(name)
    return f"{reference.name}:{reference.tag or 'latest'}"


def index_bytes(entries: Sequence[Descriptor]) -> bytes:
    """The content of `index.json`."""
    document = IndexDocument(schema_version=2, media_type=OCI_INDEX, manifests=tuple(entries))
    return msgspec.json.encode(document)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a full or forbidden disk into one clear error."""
    try:
        yield
    except LadingError:
        raise
    except OSError as error:
        raise StepFailed(
            f"cannot write the image: {error.strerror or error}",
            where=str(path),
            fix="free space there, or choose another place with --output",
        ) from error


def _add(folder: Path, images: Mapping[str, Image | Index]) -> None:
    (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    old = _entries(folder)
    names = {whole_name(name) for name in images}
    kept = [entry for entry in old if entry.annotations.get(CONTAINERD_NAME) not in names]
    for part in parts_of(images.values()):
        _write_blob(folder, part)
    write_whole(folder / "oci-layout", (MARKER,))
    write_whole(folder / "index.json", (index_bytes(entries_of(images, kept)),))
    _drop(folder, [entry for entry in old if entry not in kept])


def _drop(folder: Path, replaced: Sequence[Descriptor]) -> None:
    """Remove the blobs that replaced entries used and no entry that is there uses."""
    if not replaced:
        return
    source = FolderSource(folder)
    in_use = {digest for entry in _entries(folder) for digest in _reachable(source, entry)}
    for entry in replaced:
        for digest in _reachable(source, entry) - in_use:
            blob_path(folder, digest).unlink(missing_ok=True)


def _reachable(source: FolderSource, descriptor: Descriptor) -> set[Digest]:
    """The digests below an entry. What is missing, or of a kind that Lading does not know, has nothing below it."""
    found = {parse_digest(descriptor.digest)}
    if descriptor.size > DOCUMENT_LIMIT:
        return found
    try:
        document = decode_manifest(b"".join(checked(source.blob(descriptor), descriptor, where=source.where)))
    except LadingError:
        return found
    if isinstance(document, Manifest):
        return found | {document.config.digest} | {layer.digest for layer in document.layers}
    for child in document.manifests:
        found |= _reachable(source, child)
    return found


def _entries(folder: Path) -> tuple[Descriptor, ...]:
    return read_layout(folder).entries if (folder / "index.json").exists() else ()


def _write_blob(folder: Path, part: Part) -> None:
    path = blob_path(folder, part.descriptor.digest)
    try:
        if path.stat().st_size == part.descriptor.size:
            return
    except FileNotFoundError:
        pass
    write_whole(path, checked(part.chunks(), part.descriptor, where="the image"))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time: each reads `index.json`, adds to it and replaces it. The kernel lets go of the lock."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_new(folder: Path) -> bool:
    """Whether nothing is there. Asked once: another build may make the folder at any moment."""
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        raise UsageError(
            "a layout is a folder, and this is none", where=str(folder), fix="choose another --output"
        ) from None


def _remove_tree(folder: Path) -> None:
    if folder.exists():
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _platform(content: Image | Index) -> Platform | None:
    return None if is_index(content) else platform_of(images_of(content)[0][1])


def _name_of(entry: Descriptor) -> str:
    return entry.annotations.get(CONTAINERD_NAME) or entry.annotations.get(REF_NAME) or entry.digest


def _names_for(entry: Descriptor) -> set[str]:
    """All that may be said for an entry: tag, digest, whole name, and shorter spellings of it."""
    names = {entry.digest, *(entry.annotations.get(key, "") for key in (CONTAINERD_NAME, REF_NAME))}
    try:
        whole = parse_reference(entry.annotations.get(CONTAINERD_NAME, ""))
    except UsageError:
        return names
    for short in (str(whole), str(whole).removeprefix("docker.io/"), str(whole).removeprefix("docker.io/library/")):
        names |= {short, short.removesuffix(":latest")}
    return names
