import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.oci.documents import ImageConfig, IndexDocument, Manifest, decode_config, decode_manifest
from lading.oci.model import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

D = digest_of(b"")
POINTER = {"mediaType": "application/x", "digest": D, "size": 0}


def encoded(**fields: object) -> bytes:
    return json.dumps({"schemaVersion": 2, **fields}).encode()


def test_an_image_and_an_index_are_told_apart_by_content() -> None:
    assert isinstance(decode_manifest(encoded(config=POINTER, layers=[POINTER])), Manifest)
    assert isinstance(decode_manifest(encoded(manifests=[POINTER])), IndexDocument)
    docker = decode_manifest(encoded(mediaType=DOCKER_MANIFEST, config=POINTER, layers=[]))
    assert docker.media_type == DOCKER_MANIFEST


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encoded(config=POINTER, layers=[], manifests=[]), "both at once"),
        (encoded(), "neither"),
        (encoded(mediaType=OCI_INDEX, config=POINTER, layers=[]), "unknown kind"),
        (encoded(mediaType=OCI_MANIFEST, manifests=[]), "unknown kind"),
        (encoded(mediaType="text/html", manifests=[]), "unknown kind"),
        (encoded(schemaVersion=1, fsLayers=[]), "schema 1"),
        (encoded(fsLayers=[], layers=[]), "schema 1"),
        (encoded(manifests=[{**POINTER, "digest": "../../etc/passwd"}]), "not a sha256 digest"),
        (encoded(manifests=[{**POINTER, "size": -1}]), "negative"),
        (encoded(manifests=[{**POINTER, "size": "1"}]), "not a valid image document"),
        (encoded(config=POINTER, layers=[{"digest": D}]), "not a valid image document"),
        (b"", "not a valid image document"),
        (b"[]", "not a valid image document"),
        (b"\xff{", "not a valid image document"),
        (b'{"a":' * 50_000, "not a valid image document"),
    ],
)
def test_what_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(VerificationFailed, match=said) as caught:
        decode_manifest(data, where="registry.example/app")
    assert caught.value.where == "registry.example/app"


def config(**fields: object) -> bytes:
    rootfs = {"type": "layers", "diff_ids": [D]}
    return json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs, **fields}).encode()


def test_docker_writes_null_where_nothing_is_set() -> None:
    null = dict.fromkeys(["Cmd", "Entrypoint", "Env", "Volumes", "Labels", "ExposedPorts", "Healthcheck", "OnBuild"])
    read = decode_config(config(config=null, history=None))
    assert isinstance(read, ImageConfig)
    assert read.config is not None
    assert read.config.cmd is None


def test_health_checks_are_in_pascal_case_and_nanoseconds() -> None:
    health = {"Test": ["CMD", "/x"], "Interval": 30_000_000_000, "StartPeriod": 5_000_000_000, "Retries": 3}
    read = decode_config(config(config={"Healthcheck": health, "User": "65532:65532"}))
    assert read.config is not None
    assert read.config.healthcheck is not None
    assert (read.config.user, read.config.healthcheck.start_period) == ("65532:65532", 5_000_000_000)


@pytest.mark.parametrize(
    "data",
    [
        config(rootfs={"type": "tar", "diff_ids": []}),
        config(rootfs={"type": "layers", "diff_ids": ["sha256:x"]}),
        config(rootfs=None),
        config(os=None),
        b"{}",
        b"null",
    ],
)
def test_a_configuration_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        decode_config(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["schemaVersion", "mediaType", "config", "layers", "manifests", "digest", "size", "rootfs"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_document_crashes_the_reader(document: object) -> None:
    data = json.dumps(document).encode()
    for decode in (decode_manifest, decode_config):
        with suppress(VerificationFailed):
            decode(data)
