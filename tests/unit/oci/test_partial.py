import json

import msgspec
import pytest
from tests.support.images import AMD64, ARM64, MemoryLayer, layer_of, make_image, make_index

from lading.digest import Digest, digest_of
from lading.errors import UsageError, VerificationFailed
from lading.oci.documents import Manifest
from lading.oci.model import (
    DOCKER_LAYER,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER_GZIP,
    OCI_MANIFEST,
    Platform,
)
from lading.oci.partial import (
    config_of,
    image_of,
    images_of,
    index_of,
    manifest_descriptor,
    parts_of,
    platform_of,
)
from lading.oci.references import parse_reference

ONE = layer_of({"a": b"1"})
TWO = layer_of({"b": b"2"})


def test_a_manifest_in_the_order_of_the_specification() -> None:
    image = image_of({"architecture": "amd64", "os": "linux"}, [ONE, TWO], {"z": "1", "a": "2"})
    manifest = json.loads(image.manifest)
    assert list(manifest) == ["schemaVersion", "mediaType", "config", "layers", "annotations"]
    assert list(manifest["annotations"]) == ["a", "z"]
    assert manifest["mediaType"] == OCI_MANIFEST
    assert manifest["config"] == {"mediaType": OCI_CONFIG, "digest": digest_of(image.config), "size": len(image.config)}
    assert [layer["digest"] for layer in manifest["layers"]] == [ONE.descriptor.digest, TWO.descriptor.digest]
    assert json.loads(image.config)["rootfs"] == {"type": "layers", "diff_ids": [ONE.diff_id, TWO.diff_id]}


def test_the_same_input_gives_the_same_bytes() -> None:
    one, two = (make_image([ONE], Cmd=["x"]) for _ in range(2))
    assert (one.manifest, one.config) == (two.manifest, two.config)


def test_configuration_bytes_are_kept_as_they_are() -> None:
    data = b' { "os":"linux", "architecture":"arm64", "x": 1, "rootfs":{"type":"layers","diff_ids":["%s"]}}'
    data = data.replace(b"%s", ONE.diff_id.encode())
    assert image_of(data, [ONE]).config == data


def test_a_configuration_of_other_layers_is_refused() -> None:
    data = make_image([ONE]).config
    with pytest.raises(VerificationFailed, match="does not list"):
        image_of(data, [TWO])


def test_layers_named_by_docker_get_oci_names_and_keep_everything_else() -> None:
    docker = MemoryLayer(ONE.data, ONE.diff_id, DOCKER_LAYER)
    docker.origin = parse_reference("registry.example/base")  # type: ignore[attr-defined]
    image = make_image([docker, TWO])
    first = image.layers[0]
    assert first.descriptor.media_type == OCI_LAYER_GZIP
    assert (first.descriptor.digest, first.diff_id) == (docker.descriptor.digest, docker.diff_id)
    assert b"".join(first.chunks()) == docker.data
    assert getattr(first, "origin", None) == parse_reference("registry.example/base")
    assert b"docker" not in image.manifest


def test_a_layer_that_is_no_file_system_is_refused() -> None:
    with pytest.raises(VerificationFailed, match="unknown kind"):
        make_image([MemoryLayer(b"x", digest_of(b"x"), "application/vnd.in-toto+json")])


def test_more_layers_than_engines_take() -> None:
    make_image([ONE] * 127)
    with pytest.raises(UsageError, match="128 layers"):
        make_image([ONE] * 128)


def test_an_index_carries_platforms() -> None:
    index = make_index([ONE], AMD64, ARM64, Platform(os="linux", architecture="arm", variant="v7"))
    document = json.loads(index.manifest)
    assert document["mediaType"] == OCI_INDEX
    assert [entry["platform"] for entry in document["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux"},
        {"architecture": "arm", "os": "linux", "variant": "v7"},
    ]
    for descriptor, image in index.images:
        assert descriptor.digest == digest_of(image.manifest)


def test_two_images_for_one_platform() -> None:
    image = make_image([ONE])
    with pytest.raises(UsageError, match="linux/amd64"):
        index_of([(AMD64, image), (AMD64, image)])


def test_what_follows_from_an_image() -> None:
    image = make_image([ONE, TWO], platform=ARM64, User="1")
    descriptor = manifest_descriptor(image)
    assert (descriptor.digest, descriptor.size) == (digest_of(image.manifest), len(image.manifest))
    assert descriptor.media_type == OCI_MANIFEST
    assert platform_of(image) == ARM64
    config = config_of(image).config
    assert config is not None
    assert config.user == "1"
    assert [found for _, found in images_of(image)] == [image]


def test_an_old_manifest_without_media_type_counts_as_oci() -> None:
    image = make_image([ONE])
    bare = msgspec.json.encode(
        msgspec.structs.replace(msgspec.json.decode(image.manifest, type=Manifest), media_type="")
    )
    assert manifest_descriptor(msgspec.structs.replace(image, manifest=bare)).media_type == OCI_MANIFEST


def test_parts_come_once_and_after_what_they_point_to() -> None:
    index = make_index([ONE, TWO])
    parts = parts_of([index, make_image([ONE])])
    digests = [part.descriptor.digest for part in parts]
    assert len(digests) == len(set(digests)) == 2 + 3 * 2 + 1
    seen: set[Digest] = set()
    for part in parts:
        data = b"".join(part.chunks())
        assert digest_of(data) == part.descriptor.digest
        pointed = {digest for digest in digests if digest.encode() in data}
        assert pointed <= seen
        seen.add(part.descriptor.digest)


def test_nothing_is_opened_to_describe_an_image() -> None:
    layer = layer_of({"a": b"1"})
    image = make_image([layer])
    manifest_descriptor(image)
    parts_of([image])
    assert layer.opened == 0
