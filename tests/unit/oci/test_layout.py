import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.images import MemoryLayer, layer_of, make_image, make_index, random_layer

from lading.digest import digest_of, hex_of
from lading.errors import StepFailed, UsageError, VerificationFailed
from lading.oci.content import is_index
from lading.oci.layout import CONTAINERD_NAME, REF_NAME, blob_path, read_layout, write_layout
from lading.oci.model import Image
from lading.oci.partial import images_of

BASE = layer_of({"base": b"1"})
APP = layer_of({"app": b"2"})


def blobs(folder: Path) -> set[str]:
    return {path.name for path in (folder / "blobs" / "sha256").iterdir()}


def index(folder: Path) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = json.loads((folder / "index.json").read_bytes())["manifests"]
    return entries


def one(content: object) -> Image:
    assert not is_index(content)  # type: ignore[arg-type]
    return content  # type: ignore[return-value]


def test_a_layout_as_the_specification_has_it(tmp_path: Path) -> None:
    image = make_image([BASE, APP])
    write_layout(tmp_path / "out", {"team/app:1.2": image})
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["blobs", "index.json", "oci-layout"]
    assert json.loads((tmp_path / "out" / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    for path in (tmp_path / "out" / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    (entry,) = index(tmp_path / "out")
    assert entry["annotations"] == {CONTAINERD_NAME: "docker.io/team/app:1.2", REF_NAME: "1.2"}
    assert entry["platform"] == {"architecture": "amd64", "os": "linux"}
    assert entry["digest"] == digest_of(image.manifest)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    both = make_index([BASE, APP])
    write_layout(tmp_path / "out", {"app:1": both})
    read = read_layout(tmp_path / "out").open("1")
    assert is_index(read)
    assert read.manifest == both.manifest
    for (_, mine), (_, theirs) in zip(both.images, read.images, strict=True):
        assert (mine.manifest, mine.config) == (theirs.manifest, theirs.config)
        assert [b"".join(layer.chunks()) for layer in theirs.layers] == [BASE.data, APP.data]
        assert [layer.diff_id for layer in theirs.layers] == [BASE.diff_id, APP.diff_id]


@pytest.mark.parametrize("name", ["", "1.2", "team/app:1.2", "docker.io/team/app:1.2"])
def test_an_image_is_found_by_any_of_its_names(tmp_path: Path, name: str) -> None:
    image = make_image([APP])
    write_layout(tmp_path / "out", {"team/app:1.2": image})
    layout = read_layout(tmp_path / "out")
    assert layout.open(name).manifest == image.manifest
    assert layout.open(digest_of(image.manifest)).manifest == image.manifest
    assert layout.names == ("docker.io/team/app:1.2",)


def test_latest_may_be_left_out(tmp_path: Path) -> None:
    write_layout(tmp_path / "out", {"app": make_image([APP])})
    layout = read_layout(tmp_path / "out")
    assert layout.open("app").manifest == layout.open("app:latest").manifest == layout.open("latest").manifest


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    write_layout(tmp_path / "out", {"a:1": make_image([APP]), "b:2": make_image([BASE])})
    layout = read_layout(tmp_path / "out")
    with pytest.raises(UsageError, match="no image 'c'") as caught:
        layout.open("c")
    assert "docker.io/library/a:1, docker.io/library/b:2" in caught.value.fix
    with pytest.raises(UsageError, match="several images"):
        layout.open()


def test_images_of_one_tag_can_be_told_apart(tmp_path: Path) -> None:
    one, two = make_image([APP]), make_image([BASE])
    write_layout(tmp_path / "out", {"a:1": one, "b:1": two})
    assert [entry["annotations"][REF_NAME] for entry in index(tmp_path / "out")] == ["1", "b:1"]  # type: ignore[index]
    layout = read_layout(tmp_path / "out")
    assert (layout.open("a:1").manifest, layout.open("b:1").manifest) == (one.manifest, two.manifest)


def test_another_image_is_added(tmp_path: Path) -> None:
    write_layout(tmp_path / "out", {"a:1": make_image([BASE])})
    write_layout(tmp_path / "out", {"b:2": make_image([BASE, APP])})
    assert len(index(tmp_path / "out")) == 2
    assert len(blobs(tmp_path / "out")) == 2 + 2 * 2


def test_the_same_name_is_replaced_and_its_blobs_go(tmp_path: Path) -> None:
    old, new = layer_of({"old": b"x"}), layer_of({"new": b"y"})
    write_layout(tmp_path / "out", {"a:1": make_image([BASE, old]), "kept:1": make_image([BASE, APP])})
    write_layout(tmp_path / "out", {"a:1": make_image([BASE, new])})
    assert len(index(tmp_path / "out")) == 2
    assert hex_of(old.descriptor.digest) not in blobs(tmp_path / "out")
    assert {hex_of(layer.descriptor.digest) for layer in (BASE, APP, new)} <= blobs(tmp_path / "out")
    assert len(blobs(tmp_path / "out")) == 3 + 2 * 2
    for name in ("a:1", "kept:1"):
        for _, image in images_of(read_layout(tmp_path / "out").open(name)):
            assert [list(layer.chunks()) for layer in image.layers]


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    def snapshot() -> dict[str, bytes]:
        root = tmp_path / "out"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    layer = layer_of({"a": b"x"})
    write_layout(tmp_path / "out", {"a:1": make_image([layer])})
    before, opened = snapshot(), layer.opened
    write_layout(tmp_path / "out", {"a:1": make_image([layer])})
    assert snapshot() == before
    assert layer.opened == opened  # a blob that is there is not made again


def test_entries_of_other_tools_stay(tmp_path: Path) -> None:
    write_layout(tmp_path / "out", {"a:1": make_image([BASE])})
    foreign = {"mediaType": "application/x", "digest": digest_of(b"x"), "size": 1, "annotations": {REF_NAME: "other"}}
    document = json.loads((tmp_path / "out" / "index.json").read_bytes())
    document["manifests"].append(foreign)
    (tmp_path / "out" / "index.json").write_text(json.dumps(document))
    write_layout(tmp_path / "out", {"a:1": make_image([APP])})
    assert foreign in index(tmp_path / "out")


def test_an_empty_folder_becomes_a_layout(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_layout(tmp_path / "out", {"a:1": make_image([BASE])})
    assert len(read_layout(tmp_path / "out").names) == 1


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(UsageError, match="not an OCI image layout"):
        write_layout(tmp_path, {"a:1": make_image([BASE])})
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="a layout is a folder"):
        write_layout(tmp_path / "file", {"a:1": make_image([BASE])})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "precious"]


class LyingLayer(MemoryLayer):
    def chunks(self) -> Iterator[bytes]:
        yield self.data[:-1] + b"!"


def test_a_layer_that_lies_leaves_no_trace(tmp_path: Path) -> None:
    bad = LyingLayer(APP.data, APP.diff_id)
    with pytest.raises(VerificationFailed, match="not what was promised"):
        write_layout(tmp_path / "out", {"a:1": make_image([BASE, bad])})
    assert list(tmp_path.iterdir()) == []
    write_layout(tmp_path / "out", {"a:1": make_image([BASE])})
    with pytest.raises(VerificationFailed):
        write_layout(tmp_path / "out", {"a:1": make_image([BASE, bad])})
    assert read_layout(tmp_path / "out").open("a:1").manifest == make_image([BASE]).manifest
    assert hex_of(APP.descriptor.digest) not in blobs(tmp_path / "out")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write to")
def test_a_disk_that_says_no_is_told() -> None:
    with pytest.raises(StepFailed, match="cannot write the image") as caught:
        write_layout(Path("/proc/self/out"), {"a:1": make_image([BASE])})
    assert "--output" in caught.value.fix


def test_builds_at_once_all_leave_their_image(tmp_path: Path) -> None:
    images = {f"app{number}:1": make_image([BASE, random_layer(2000, str(number))]) for number in range(8)}
    threads = [
        threading.Thread(target=write_layout, args=(tmp_path / "out", {name: image})) for name, image in images.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    layout = read_layout(tmp_path / "out")
    for name, image in images.items():
        assert layout.open(name).manifest == image.manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


class TestDamage:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        write_layout(tmp_path / "out", {"a:1": make_image([BASE])})
        return tmp_path / "out"

    def test_a_changed_layer(self, folder: Path) -> None:
        path = blob_path(folder, BASE.descriptor.digest)
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        image = one(read_layout(folder).open())
        with pytest.raises(VerificationFailed, match="not what was promised") as caught:
            list(image.layers[0].chunks())
        assert BASE.descriptor.digest in caught.value.where

    def test_a_changed_manifest(self, folder: Path) -> None:
        path = blob_path(folder, digest_of(make_image([BASE]).manifest))
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(VerificationFailed, match="more than"):
            read_layout(folder).open()

    def test_a_missing_blob(self, folder: Path) -> None:
        blob_path(folder, BASE.descriptor.digest).unlink()
        with pytest.raises(VerificationFailed, match="missing"):
            list(one(read_layout(folder).open()).layers[0].chunks())

    def test_a_blob_that_is_no_file(self, folder: Path) -> None:
        path = blob_path(folder, BASE.descriptor.digest)
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(VerificationFailed, match="not a file"):
            list(one(read_layout(folder).open()).layers[0].chunks())

    @pytest.mark.parametrize("marker", [b"", b"[]", b'{"imageLayoutVersion":"2.0.0"}', b"\xff"])
    def test_another_version(self, folder: Path, marker: bytes) -> None:
        (folder / "oci-layout").write_bytes(marker)
        with pytest.raises(VerificationFailed, match="version"):
            read_layout(folder)

    @pytest.mark.parametrize("text", [b"", b"{}", b'{"schemaVersion":2,"manifests":[{"digest":"../x"}]}'])
    def test_a_damaged_index(self, folder: Path, text: bytes) -> None:
        (folder / "index.json").write_bytes(text)
        with pytest.raises(VerificationFailed):
            read_layout(folder)

    def test_an_endless_index(self, folder: Path) -> None:
        (folder / "index.json").write_bytes(b" " * (5 << 20))
        with pytest.raises(VerificationFailed, match="longer"):
            read_layout(folder)


def test_a_folder_that_is_no_layout(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not an OCI image layout"):
        read_layout(tmp_path)
