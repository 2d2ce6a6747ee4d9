import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.images import ARM64, MemoryLayer, layer_of, make_image, make_index, random_layer

from lading.digest import digest_of, hex_of
from lading.errors import UsageError, VerificationFailed
from lading.oci.archive import archive_chunks, read_archive, write_archive
from lading.oci.content import is_index
from lading.oci.layout import CONTAINERD_NAME, REF_NAME
from lading.oci.model import Descriptor, Image
from lading.oci.partial import images_of

BASE = layer_of({"base": b"1"})
APP = layer_of({"app": b"2"})


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {member.name: getattr(archive.extractfile(member), "read", bytes)() for member in archive}


def test_an_archive_is_a_layout_and_what_docker_saves(tmp_path: Path) -> None:
    image = make_image([BASE, APP])
    write_archive(tmp_path / "a.tar", {"team/app:1.2": image})
    found = members(tmp_path / "a.tar")
    blob = "blobs/sha256/"
    names = [blob + hex_of(digest_of(data)) for data in (image.config, image.manifest, BASE.data, APP.data)]
    assert list(found) == ["blobs", "blobs/sha256", *sorted(names), "index.json", "manifest.json", "oci-layout"]
    assert json.loads(found["manifest.json"]) == [
        {
            "Config": blob + hex_of(digest_of(image.config)),
            "RepoTags": ["docker.io/team/app:1.2"],
            "Layers": [blob + hex_of(layer.descriptor.digest) for layer in (BASE, APP)],
        }
    ]
    (entry,) = json.loads(found["index.json"])["manifests"]
    assert entry["annotations"] == {CONTAINERD_NAME: "docker.io/team/app:1.2", REF_NAME: "1.2"}


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    image = make_image([BASE, APP])
    one = b"".join(archive_chunks({"a:1": image, "b:1": make_image([BASE])}))
    two = b"".join(archive_chunks({"b:1": make_image([BASE]), "a:1": image}))
    assert one == two
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        for member in archive:
            assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    both = make_index([BASE, APP])
    write_archive(tmp_path / "a.tar", {"app:1": both})
    layout = read_archive(tmp_path / "a.tar")
    read = layout.open("app:1")
    assert is_index(read)
    assert read.manifest == both.manifest
    for _, image in images_of(read):
        assert [b"".join(layer.chunks()) for layer in image.layers] == [BASE.data, APP.data]


def test_the_older_format_gets_one_platform_of_an_index(tmp_path: Path) -> None:
    both = make_index([BASE])
    write_archive(tmp_path / "a.tar", {"app:1": both})
    (entry,) = json.loads(members(tmp_path / "a.tar")["manifest.json"])
    assert entry["Config"].endswith(hex_of(digest_of(both.images[0][1].config)))
    arm = make_index([BASE], ARM64)
    write_archive(tmp_path / "b.tar", {"app:1": arm})
    (entry,) = json.loads(members(tmp_path / "b.tar")["manifest.json"])
    assert entry["Config"].endswith(hex_of(digest_of(arm.images[0][1].config)))


def test_layers_stream_through(tmp_path: Path) -> None:
    layer = random_layer(3_000_000)
    largest = max(len(chunk) for chunk in archive_chunks({"a:1": make_image([layer])}))
    assert largest <= 1 << 16
    assert layer.opened == 1


class LyingLayer(MemoryLayer):
    def chunks(self) -> Iterator[bytes]:
        yield self.data[:-1]


def test_a_layer_that_lies_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("what was there")
    with pytest.raises(VerificationFailed):
        write_archive(tmp_path / "a.tar", {"a:1": make_image([LyingLayer(APP.data, APP.diff_id)])})
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]
    assert (tmp_path / "a.tar").read_text() == "what was there"


class HugeLayer:
    """Nine gibibytes of nothing, described but never opened."""

    descriptor = Descriptor(media_type=BASE.descriptor.media_type, digest=digest_of(b"huge"), size=9 << 30)
    diff_id = digest_of(b"huge too")

    def chunks(self) -> Iterator[bytes]:
        raise NotImplementedError


def test_a_layer_over_eight_gibibytes_is_announced_by_a_pax_header() -> None:
    chunks = archive_chunks({"a:1": make_image([HugeLayer()])})
    assert any(b"size=9663676416" in chunk for chunk in chunks)


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this is a folder"):
        write_archive(tmp_path, {"a:1": make_image([BASE])})


def tar(path: Path, files: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def written(tmp_path: Path) -> tuple[Image, dict[str, bytes]]:
    image = make_image([BASE])
    write_archive(tmp_path / "good.tar", {"a:1": image})
    return image, {name: data for name, data in members(tmp_path / "good.tar").items() if data}


def test_names_with_a_leading_dot_are_found(tmp_path: Path) -> None:
    image, found = written(tmp_path)
    path = tar(tmp_path / "a.tar", [(f"./{name}", data) for name, data in found.items()])
    assert read_archive(path).open("a:1").manifest == image.manifest


def test_a_changed_blob_is_refused(tmp_path: Path) -> None:
    _, found = written(tmp_path)
    name = "blobs/sha256/" + hex_of(BASE.descriptor.digest)
    found[name] = found[name][:-1] + b"!"
    layout = read_archive(tar(tmp_path / "a.tar", list(found.items())))
    ((_, image),) = images_of(layout.open())
    with pytest.raises(VerificationFailed, match="not what was promised"):
        list(image.layers[0].chunks())


def test_a_missing_blob_is_named(tmp_path: Path) -> None:
    _, found = written(tmp_path)
    name = "blobs/sha256/" + hex_of(BASE.descriptor.digest)
    del found[name]
    ((_, image),) = images_of(read_archive(tar(tmp_path / "a.tar", list(found.items()))).open())
    with pytest.raises(VerificationFailed, match=name):
        list(image.layers[0].chunks())


def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    _, found = written(tmp_path)
    path = tar(tmp_path / "a.tar", [*found.items(), ("index.json", b"{}")])
    with pytest.raises(VerificationFailed, match=r"index.json twice"):
        read_archive(path)


def test_an_archive_cut_short(tmp_path: Path) -> None:
    written(tmp_path)
    data = (tmp_path / "good.tar").read_bytes()
    for size in (0, 100, 512, 2000, len(data) // 2):
        (tmp_path / "cut.tar").write_bytes(data[:size])
        with pytest.raises((UsageError, VerificationFailed)):
            read_archive(tmp_path / "cut.tar").open()


def test_what_is_no_archive_of_a_layout(tmp_path: Path) -> None:
    old = tar(tmp_path / "old.tar", [("manifest.json", b"[]")])
    with pytest.raises(UsageError, match="not an archive of"):
        read_archive(tar(tmp_path / "other.tar", [("x", b"")]))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(old.read_bytes()))
    with pytest.raises(UsageError, match="not a tar archive"):
        read_archive(tmp_path / "a.tar.gz")
    with pytest.raises(UsageError, match="cannot read"):
        read_archive(tmp_path / "absent.tar")
