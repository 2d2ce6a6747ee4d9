"""Is an image what it says, and one that every engine takes? Everything is read, computed again and compared.

Digests, sizes, media types and configuration by the OCI image specification (v1.1.1: manifest.md, image-index.md,
config.md); the layers by `validate_layer`. Streams: no layer is held in memory.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lading.digest import Digest, digest_of
from lading.errors import LadingError
from lading.oci.content import checked, is_index
from lading.oci.documents import (
    CONFIG_TYPES,
    INDEX_TYPES,
    LAYER_TYPES,
    MANIFEST_TYPES,
    ImageConfig,
    IndexDocument,
    Manifest,
    decode_config,
    decode_manifest,
)
from lading.oci.model import OCI_MANIFEST, Descriptor, Image, Index
from lading.oci.partial import MOST_LAYERS, images_of
from lading.oci.validate_layer import Problem, layer_problems

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PORT = re.compile(r"\d{1,5}(/(tcp|udp|sctp))?")
KIND, ATTESTATION = "vnd.docker.reference.type", "attestation-manifest"
"""How BuildKit marks an entry of an index that is no image: statements about one, each as a layer.

https://github.com/moby/buildkit/blob/v0.13.0/docs/attestations/attestation-storage.md
"""


def validate(content: Image | Index, *, base_layers: int = 0) -> tuple[Problem, ...]:
    """Everything that is wrong with an image or index; nothing when all is well.

    The first `base_layers` layers of each image came from somebody else's base image: they must be safe and what they
    say, but need not keep the rules that Lading sets itself. What cannot be read is a problem too, not an error.
    """
    seen: set[Digest] = set()
    problems: list[Problem] = []
    with _told(problems, "index"):
        if is_index(content):
            problems += _index_problems(content)
    with _told(problems, "image"):
        for descriptor, image in images_of(content):
            where = str(descriptor.platform or descriptor.digest) if is_index(content) else "image"
            with _told(problems, where):
                if descriptor.annotations.get(KIND) == ATTESTATION:
                    problems += _attestation_problems(image, where)
                    continue
                problems += _image_problems(image, where)
                for number, layer in enumerate(image.layers):
                    digest = layer.descriptor.digest
                    if digest not in seen:
                        own = number >= base_layers
                        seen.add(digest)
                        problems += layer_problems(layer, f"{where} › layer {number + 1}", own=own)
    return tuple(dict.fromkeys(problems))


@contextmanager
def _told(problems: list[Problem], where: str) -> Iterator[None]:
    """What cannot be read is one more problem."""
    try:
        yield
    except LadingError as error:
        problems.append(Problem(where=where, what=error.what))


def _index_problems(index: Index) -> Iterator[Problem]:
    document = decode_manifest(index.manifest, where="index")
    if not isinstance(document, IndexDocument):
        yield Problem(where="index", what="it is an image's manifest")
        return
    yield from _version_problems(document, "index")
    platforms = [str(entry.platform or "") for entry in document.manifests]
    for platform in sorted(set(platforms) - {"", "unknown/unknown"}):  # the latter are BuildKit's attestations
        if platforms.count(platform) > 1:
            yield Problem(where="index", what=f"it has two images for {platform}")
    if [entry.digest for entry in document.manifests] != [descriptor.digest for descriptor, _ in index.images]:
        yield Problem(where="index", what="its images are not those that it lists")
        return
    for entry, (_, image) in zip(document.manifests, index.images, strict=True):
        where = f"index › {entry.platform or entry.digest}"
        yield from _pointer_problems(entry, image.manifest, (*MANIFEST_TYPES, *INDEX_TYPES), where)
        config = decode_config(image.config, where=where)
        named = (config.os, config.architecture)
        if entry.platform and named != (entry.platform.os, entry.platform.architecture):
            yield Problem(where=where, what=f"its configuration says {'/'.join(named)}")


def _image_problems(image: Image, where: str) -> Iterator[Problem]:
    document = decode_manifest(image.manifest, where=where)
    if not isinstance(document, Manifest):
        yield Problem(where=where, what="it is an index")
        return
    yield from _version_problems(document, where)
    yield from _pointer_problems(document.config, image.config, CONFIG_TYPES, f"{where} › configuration")
    yield from _layer_list_problems(document, image, where)
    config = decode_config(image.config, where=f"{where} › configuration")
    yield from _config_problems(config, image, f"{where} › configuration")


def _attestation_problems(image: Image, where: str) -> Iterator[Problem]:
    """Statements are checked as bytes; what they state is not ours to judge."""
    document = decode_manifest(image.manifest, where=where)
    if isinstance(document, Manifest):
        yield from _version_problems(document, where)
        yield from _pointer_problems(document.config, image.config, CONFIG_TYPES, f"{where} › configuration")
    for layer in image.layers:
        for _ in checked(layer.chunks(), layer.descriptor, where=where):
            pass


def _version_problems(document: Manifest | IndexDocument, where: str) -> Iterator[Problem]:
    if document.schema_version != 2:
        yield Problem(where=where, what=f"schemaVersion is {document.schema_version}, not 2")


def _pointer_problems(pointer: Descriptor, data: bytes, types: tuple[str, ...], where: str) -> Iterator[Problem]:
    if pointer.media_type not in types:
        yield Problem(where=where, what=f"a media type that does not belong here ({pointer.media_type[:80]})")
    if pointer.digest != digest_of(data):
        yield Problem(where=where, what=f"its digest is {digest_of(data)}, not {pointer.digest}")
    if pointer.size != len(data):
        yield Problem(where=where, what=f"it has {len(data)} bytes, not {pointer.size}")


def _layer_list_problems(document: Manifest, image: Image, where: str) -> Iterator[Problem]:
    if len(document.layers) > MOST_LAYERS:
        yield Problem(where=where, what=f"{len(document.layers)} layers: engines take {MOST_LAYERS} at most")
    listed = [(layer.media_type, layer.digest, layer.size) for layer in document.layers]
    found = [(one.descriptor.media_type, one.descriptor.digest, one.descriptor.size) for one in image.layers]
    if listed != found:
        yield Problem(where=where, what="its layers are not those that it lists")
    oci = (document.media_type or OCI_MANIFEST) == OCI_MANIFEST
    for number, layer in enumerate(document.layers, 1):
        if layer.media_type not in LAYER_TYPES:
            yield Problem(where=f"{where} › layer {number}", what=f"an unknown media type ({layer.media_type[:80]})")
    types = (document.config.media_type, *(layer.media_type for layer in document.layers))
    if any(media_type.startswith("application/vnd.docker.") is oci for media_type in types):
        yield Problem(where=where, what="it mixes media types of Docker and of OCI")


def _config_problems(config: ImageConfig, image: Image, where: str) -> Iterator[Problem]:
    if not config.os or not config.architecture:
        yield Problem(where=where, what="it names no platform")
    if list(config.rootfs.diff_ids) != [layer.diff_id for layer in image.layers]:
        yield Problem(where=where, what="its diff_ids are not those of the layers")
    filled = sum(not entry.empty_layer for entry in config.history or ())
    if config.history is not None and filled != len(config.rootfs.diff_ids):
        yield Problem(where=where, what=f"its history tells of {filled} layers of {len(config.rootfs.diff_ids)}")
    times = (config.created, *(entry.created for entry in config.history or ()))
    for time in sorted({time for time in times if time and not _TIME.fullmatch(time)}):
        yield Problem(where=where, what=f"{time[:40]!r} is no RFC 3339 time")
    if config.config:
        for variable in config.config.env or ():
            if not variable.partition("=")[0] or "=" not in variable:
                yield Problem(where=where, what=f"{variable[:40]!r} is no NAME=VALUE")
        for port in config.config.exposed_ports or ():
            if not _PORT.fullmatch(port) or not 0 < int(port.partition("/")[0]) < 65536:
                yield Problem(where=where, what=f"{port[:40]!r} is no port")
