from collections.abc import Iterator
from typing import ClassVar

import msgspec
import pytest
from tests.support.images import AMD64, ARM64, layer_of, make_image, make_index

from lading.digest import digest_of
from lading.errors import UsageError, VerificationFailed
from lading.oci.content import SourceImage, SourceIndex, checked, is_index, open_content, select
from lading.oci.documents import DOCUMENT_LIMIT
from lading.oci.model import DOCKER_LAYER, OCI_MANIFEST, Descriptor, Image, Index, Platform
from lading.oci.partial import manifest_descriptor, parts_of
from lading.oci.references import Reference

ONE = layer_of({"a": b"1"})


class MemorySource:
    """A source of what is in memory; remembers what was read."""

    where = "memory"
    origin: ClassVar[Reference | None] = None

    def __init__(self, *contents: Image | Index) -> None:
        self.blobs = {part.descriptor.digest: b"".join(part.chunks()) for part in parts_of(contents)}
        self.read: list[str] = []

    def document(self, descriptor: Descriptor) -> Iterator[bytes]:
        return self.blob(descriptor)

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        self.read.append(descriptor.digest)
        yield self.blobs[descriptor.digest]


def test_an_index_is_read_no_further_than_asked() -> None:
    index = make_index([ONE])
    source = MemorySource(index)
    opened = open_content(source, manifest_descriptor(index))
    assert is_index(opened)
    assert source.read == []
    image = select(opened, ARM64, where="x")
    assert source.read == [digest_of(index.manifest)]
    assert image.manifest == index.images[1][1].manifest
    assert image.config == index.images[1][1].config
    assert ONE.descriptor.digest not in source.read
    assert b"".join(image.layers[0].chunks()) == ONE.data
    assert image.layers[0].diff_id == ONE.diff_id


def test_a_descriptor_of_an_unknown_type_is_opened_by_its_content() -> None:
    for content in (make_index([ONE]), make_image([ONE])):
        descriptor = msgspec.structs.replace(manifest_descriptor(content), media_type="application/json")
        assert is_index(open_content(MemorySource(content), descriptor)) is is_index(content)


def test_neither_is_taken_for_the_other() -> None:
    index, image = make_index([ONE]), make_image([ONE])
    with pytest.raises(VerificationFailed, match="an index where an image"):
        _ = SourceImage(MemorySource(index), manifest_descriptor(index)).layers
    with pytest.raises(VerificationFailed, match="an image where an index"):
        _ = SourceIndex(MemorySource(image), manifest_descriptor(image)).images


@pytest.mark.parametrize("chunks", [[b"abc"], [b"a", b"b", b"c"], [b"ab", b"", b"c"]])
def test_what_is_promised_passes(chunks: list[bytes]) -> None:
    descriptor = Descriptor(media_type="x", digest=digest_of(b"abc"), size=3)
    assert b"".join(checked(chunks, descriptor, where="x")) == b"abc"


@pytest.mark.parametrize(
    ("chunks", "said"),
    [([b"abd"], "its digest is"), ([b"ab"], "2 bytes, where 3"), ([b"abcd"], "more than"), ([], "0 bytes")],
)
def test_what_is_not_promised_is_never_given_whole(chunks: list[bytes], said: str) -> None:
    descriptor = Descriptor(media_type="x", digest=digest_of(b"abc"), size=3)
    given: list[bytes] = []
    with pytest.raises(VerificationFailed, match=said) as caught:
        given.extend(checked(chunks, descriptor, where="here"))
    assert given == []
    assert descriptor.digest in caught.value.where


def test_an_endless_stream_is_cut_at_the_promised_size() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 10

    descriptor = Descriptor(media_type="x", digest=digest_of(b""), size=25)
    with pytest.raises(VerificationFailed):
        list(checked(endless(), descriptor, where="x"))


def test_a_document_that_is_too_large_is_not_read() -> None:
    source = MemorySource()
    huge = Descriptor(media_type=OCI_MANIFEST, digest=digest_of(b""), size=DOCUMENT_LIMIT + 1)
    with pytest.raises(VerificationFailed, match="limit"):
        _ = SourceImage(source, huge).manifest
    assert source.read == []


def arm(variant: str) -> Platform:
    return Platform(os="linux", architecture="arm", variant=variant)


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        ([AMD64, ARM64], ARM64, 1),
        ([AMD64, Platform(os="linux", architecture="arm64", variant="v8")], ARM64, 1),
        ([arm("v5"), arm("v7"), arm("v6")], arm("v7"), 1),
        ([arm("v5"), arm("v6")], arm("v7"), 1),
        ([arm("v6"), arm("")], arm("v7"), 1),
        ([Platform(os="windows", architecture="amd64"), AMD64], AMD64, 1),
        ([Platform(os="unknown", architecture="unknown"), AMD64], AMD64, 1),
    ],
)
def test_the_image_for_a_platform(offered: list[Platform], wanted: Platform, chosen: int) -> None:
    index = make_index([ONE], *offered)
    assert select(index, wanted, where="x") is index.images[chosen][1]


def test_no_image_for_a_platform() -> None:
    index = make_index([ONE], AMD64, Platform(os="unknown", architecture="unknown"), arm("v7"))
    with pytest.raises(UsageError, match="no image for linux/arm64") as caught:
        select(index, ARM64, where="registry.example/app:1")
    assert caught.value.fix.endswith("linux/amd64, linux/arm/v7")
    with pytest.raises(UsageError):
        select(index, arm("v6"), where="x")


def altered(**fields: object) -> SourceImage:
    image = make_image([ONE])
    manifest = {**msgspec.json.decode(image.manifest), **fields}
    changed = msgspec.structs.replace(image, manifest=msgspec.json.encode(manifest))
    source = MemorySource(image)
    source.blobs[digest_of(changed.manifest)] = changed.manifest
    return SourceImage(source, manifest_descriptor(changed))


def test_an_artifact_is_no_image() -> None:
    config = msgspec.json.decode(make_image([ONE]).manifest)["config"]
    with pytest.raises(VerificationFailed, match="artifact"):
        _ = altered(config={**config, "mediaType": "application/vnd.example.chart"}).layers


def test_layers_and_configuration_must_agree() -> None:
    layer = msgspec.to_builtins(ONE.descriptor)
    with pytest.raises(VerificationFailed, match="lists 2 layers, the configuration 1"):
        _ = altered(layers=[layer, layer]).layers


def test_docker_layers_are_read_as_they_are() -> None:
    layer = {**msgspec.to_builtins(ONE.descriptor), "mediaType": DOCKER_LAYER}
    assert altered(layers=[layer]).layers[0].descriptor.media_type == DOCKER_LAYER
