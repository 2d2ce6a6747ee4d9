import tarfile

import pytest
from tests.unit.prove.samples import MemoryLayer, a_layer, tar_of

from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.oci.model import DOCKER_LAYER, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD
from lading.prove.content import entries


@pytest.mark.parametrize("media_type", [OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, DOCKER_LAYER])
def test_entries_of_every_kind_of_layer(media_type: str) -> None:
    layer = a_layer({"etc/": "", "etc/passwd": b"root" * 1000, "bin": "-> usr/bin"}, media_type)
    found = [(entry.path, entry.kind, b"".join(entry.chunks())) for entry in entries(layer)]
    assert found == [("etc", "folder", b""), ("etc/passwd", "file", b"root" * 1000), ("bin", "link", b"")]


def test_other_bytes_than_promised_are_refused() -> None:
    good = MemoryLayer(tar_of({"a": b"1"}))
    bad = MemoryLayer(tar_of({"a": b"2"}), given=b"".join(good.chunks()))
    with pytest.raises(VerificationFailed, match="not what its manifest says") as caught:
        list(entries(bad))
    assert good.descriptor.digest in caught.value.where


def test_bytes_after_the_archive_are_counted() -> None:
    layer = MemoryLayer(tar_of({"a": b"1"}))
    longer = MemoryLayer(tar_of({"a": b"1"}), given=b"".join(layer.chunks()) + b"\0" * 1000)
    with pytest.raises(VerificationFailed):
        list(entries(longer))


def test_an_unknown_kind_of_layer_is_refused() -> None:
    layer = MemoryLayer(tar_of({"a": b"1"}), "application/vnd.example.layer")
    with pytest.raises(VerificationFailed, match="unknown kind"):
        list(entries(layer))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x"])
def test_paths_that_lead_outside_are_refused_by_name(path: str) -> None:
    with pytest.raises(VerificationFailed) as caught:
        list(entries(a_layer({path: tarfile.TarInfo(path)})))
    assert path in caught.value.where


def test_the_layer_is_named_in_errors() -> None:
    layer = MemoryLayer(b"no archive at all" * 100)
    with pytest.raises(VerificationFailed) as caught:
        list(entries(layer))
    assert digest_of(b"".join(layer.chunks())) in caught.value.where
