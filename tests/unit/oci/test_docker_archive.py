import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.prove.samples import tar_of

from lading.digest import digest_of
from lading.errors import LadingError, UsageError, VerificationFailed
from lading.oci.archive import read_archive
from lading.oci.layout import Layout
from lading.oci.model import Image
from lading.oci.partial import images_of
from lading.oci.validate import validate

LAYER = tar_of({"etc/": "", "etc/motd": b"hello"})
OTHER = tar_of({"app": b"1"})


def config(*layers: bytes) -> bytes:
    return json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
        }
    ).encode()


def saved(path: Path, images: list[dict[str, object]] | bytes, files: Mapping[str, bytes | str]) -> Path:
    """An archive with such a manifest.json; a text is a link."""
    manifest = images if isinstance(images, bytes) else json.dumps(images).encode()
    with tarfile.open(path, "w") as archive:
        for name, content in {**files, "manifest.json": manifest}.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content if isinstance(content, bytes) else b""))
    return path


def one(layout: Layout, name: str = "") -> Image:
    ((_, image),) = images_of(layout.open(name))
    return image


def test_an_image_as_podman_saves_it(tmp_path: Path) -> None:
    """The names are those that `skopeo copy … docker-archive:` has written."""
    image: dict[str, object] = {
        "Config": "c.json",
        "RepoTags": ["docker.io/team/app:1"],
        "Layers": ["a.tar", "b/layer.tar"],
    }
    files = {"c.json": config(LAYER, OTHER), "a.tar": LAYER, "b/layer.tar": OTHER}
    layout = read_archive(saved(tmp_path / "a.tar", [image], files))
    assert layout.names == ("docker.io/team/app:1",)
    found = one(layout, "team/app:1")
    assert [b"".join(layer.chunks()) for layer in found.layers] == [LAYER, OTHER]
    assert found.config == files["c.json"]
    assert validate(found, base_layers=2) == ()


def test_layers_that_images_share_are_links(tmp_path: Path) -> None:
    """As Docker 24 and older save several images."""
    images: list[dict[str, object]] = [
        {"Config": "1.json", "RepoTags": ["app:1"], "Layers": ["x/layer.tar"]},
        {"Config": "2.json", "RepoTags": None, "Layers": ["y/layer.tar", "z/layer.tar"]},
    ]
    files: dict[str, bytes | str] = {
        "1.json": config(LAYER),
        "2.json": config(LAYER, OTHER),
        "x/layer.tar": LAYER,
        "y/layer.tar": "../x/layer.tar",
        "z/layer.tar": OTHER,
    }
    layout = read_archive(saved(tmp_path / "a.tar", images, files))
    second = one(layout, layout.names[1])
    assert [b"".join(layer.chunks()) for layer in second.layers] == [LAYER, OTHER]


def test_other_bytes_than_the_configuration_names_are_refused(tmp_path: Path) -> None:
    image: dict[str, object] = {"Config": "c.json", "Layers": ["a.tar"]}
    layout = read_archive(saved(tmp_path / "a.tar", [image], {"c.json": config(LAYER), "a.tar": OTHER}))
    with pytest.raises(VerificationFailed, match="not what was promised"):
        list(one(layout).layers[0].chunks())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.tar": LAYER}, "no c.json"),
        ({"c.json": config(LAYER)}, "no a.tar"),
        ({"c.json": config(LAYER, OTHER), "a.tar": LAYER}, "1 layers, the configuration 2"),
        ({"c.json": b"{}", "a.tar": LAYER}, "not a valid image document"),
        ({"c.json": config(LAYER), "a.tar": "../../../etc/passwd"}, "no ../../../etc/passwd"),
    ],
)
def test_what_does_not_hold_is_told(tmp_path: Path, files: dict[str, bytes | str], message: str) -> None:
    image: dict[str, object] = {"Config": "c.json", "Layers": ["a.tar"]}
    with pytest.raises(VerificationFailed, match=message):
        read_archive(saved(tmp_path / "a.tar", [image], files))


def test_compressed_layers_have_another_way(tmp_path: Path) -> None:
    image: dict[str, object] = {"Config": "c.json", "Layers": ["a.tar"]}
    files = {"c.json": config(LAYER), "a.tar": gzip.compress(LAYER)}
    with pytest.raises(UsageError, match="compressed layers") as caught:
        read_archive(saved(tmp_path / "a.tar", [image], files))
    assert "skopeo copy" in caught.value.fix


@given(st.binary(max_size=200) | st.sampled_from([b"[]", b"[{}]", b'[{"Config": "", "Layers": []}]', b"{}", b"null"]))
def test_whatever_is_in_the_manifest(tmp_path_factory: pytest.TempPathFactory, manifest: bytes) -> None:
    path = tmp_path_factory.mktemp("a") / "a.tar"
    with suppress(LadingError):
        read_archive(saved(path, manifest, {})).open()
