import gzip
import io
import json
import tarfile
from collections.abc import Callable, Sequence

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from tests.support.images import AMD64, ARM64, MemoryLayer, gzipped, layer_of, make_image, make_index, tar_of

from lading.digest import Digest, digest_of
from lading.oci.documents import Manifest
from lading.oci.model import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_LAYER,
    OCI_LAYER_GZIP,
    OCI_LAYER_ZSTD,
    OCI_MANIFEST,
    Descriptor,
    Image,
    Layer,
    Platform,
)
from lading.oci.partial import BuiltImage, BuiltIndex, index_of
from lading.oci.validate import validate

GOOD = layer_of({"app": None, "app/main.py": b"print()", "app/data": b"x" * 100_000})


def told(*layers: Layer, base_layers: int = 0) -> list[str]:
    return [str(problem) for problem in validate(make_image(layers), base_layers=base_layers)]


def tar_with(*members: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return out.getvalue()


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, *, mode: int = 0o644, target: str = "", size: int = 0
) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.linkname, member.size = kind, mode, target, size
    return member


def layer_with(*members: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> MemoryLayer:  # noqa: A002
    tar = tar_with(*members, format=format)
    return MemoryLayer(gzipped(tar), digest_of(tar))


def test_a_good_image_has_no_problems() -> None:
    assert told(GOOD, layer_of({"x": b"y"})) == []
    assert validate(make_index([GOOD])) == ()
    assert told() == []


@pytest.mark.parametrize(
    ("media_type", "pack"),
    [
        (OCI_LAYER, bytes),
        (OCI_LAYER_GZIP, gzipped),
        (OCI_LAYER_GZIP, lambda tar: gzipped(tar[:1000]) + gzipped(tar[1000:])),
        (OCI_LAYER_ZSTD, zstandard.ZstdCompressor().compress),
        (OCI_LAYER_ZSTD, lambda tar: zstandard.compress(tar[:1000]) + zstandard.compress(tar[1000:])),
    ],
)
def test_every_compression_in_one_piece_or_several(media_type: str, pack: Callable[[bytes], bytes]) -> None:
    tar = tar_of({"a": b"x" * 10_000})
    assert told(MemoryLayer(pack(tar), digest_of(tar), media_type)) == []


class TestLayers:
    def test_a_digest_that_does_not_fit(self) -> None:
        layer = MemoryLayer(GOOD.data, GOOD.diff_id)
        layer.data = gzipped(tar_of({"other": b""}))
        found = told(layer)
        assert any("its digest is" in line for line in found)
        assert any("bytes, not" in line for line in found)
        assert any("its diffID is" in line for line in found)
        assert all(line.startswith("image › layer 1") for line in found)

    def test_a_diff_id_that_does_not_fit(self) -> None:
        assert told(MemoryLayer(GOOD.data, digest_of(b"other"))) == [
            f"image › layer 1: its diffID is {GOOD.diff_id}, not {digest_of(b'other')}"
        ]

    def test_data_that_is_cut_off(self) -> None:
        assert any("damaged" in line for line in told(MemoryLayer(GOOD.data[:-20], GOOD.diff_id)))

    def test_data_that_is_not_compressed_as_it_says(self) -> None:
        tar = tar_of({"a": b""})
        assert any("not compressed by gzip" in line for line in told(MemoryLayer(tar, digest_of(tar))))
        assert any("not compressed by zstd" in line for line in told(MemoryLayer(tar, digest_of(tar), OCI_LAYER_ZSTD)))

    @pytest.mark.parametrize("named", [gzip.compress(tar_of({"a": b""}), mtime=7), None])
    def test_a_gzip_header_that_knows_too_much(self, named: bytes | None) -> None:
        tar = tar_of({"a": b""})
        if named is None:
            out = io.BytesIO()
            with gzip.GzipFile("layer.tar", "wb", fileobj=out, mtime=0) as file:
                file.write(tar)
            named = out.getvalue()
        assert told(MemoryLayer(named, digest_of(tar))) == [
            "image › layer 1: its gzip header holds a time, a name or a comment"
        ]
        assert told(MemoryLayer(named, digest_of(tar)), base_layers=1) == []

    @pytest.mark.parametrize(
        ("members", "what"),
        [
            ([entry("a/b")], "image › layer 1 › a/b: its folder does not come before it"),
            ([entry("a/b"), entry("a", tarfile.DIRTYPE)], "image › layer 1 › a/b: its folder does not come before it"),
            ([entry("a", tarfile.SYMTYPE, target="b")], "image › layer 1 › a: a symbolic link of mode 0644, not 0777"),
            ([entry(".wh.a")], "image › layer 1 › .wh.a: a whiteout"),
            ([entry("a", tarfile.DIRTYPE), entry("a/.wh..wh..opq")], "image › layer 1 › a/.wh..wh..opq: a whiteout"),
        ],
    )
    def test_rules_for_layers_of_our_own(self, members: list[tarfile.TarInfo], what: str) -> None:
        layer = layer_with(*members)
        assert told(layer) == [what]
        assert told(layer, base_layers=1) == []

    def test_gnu_archives_are_for_base_images(self) -> None:
        layer = layer_with(entry("a"), format=tarfile.GNU_FORMAT)
        assert told(layer) == ["image › layer 1: its tar is neither ustar nor pax"]
        assert told(layer, base_layers=1) == []

    @pytest.mark.parametrize(
        "members",
        [
            [entry("/etc/passwd")],
            [entry("../x")],
            [entry("a/../../x")],
            [entry("dev", tarfile.CHRTYPE)],
            [entry("pipe", tarfile.FIFOTYPE)],
            [entry("a"), entry("a")],
            [entry("a", tarfile.LNKTYPE, target="b"), entry("b")],
            [entry("a", tarfile.LNKTYPE, target="../../etc/passwd")],
            [entry("a", tarfile.SYMTYPE, mode=0o777, target="/etc"), entry("a/passwd")],
        ],
        ids=lambda members: members[-1].name,
    )
    def test_what_is_unsafe_is_a_problem_of_any_layer(self, members: list[tarfile.TarInfo]) -> None:
        layer = layer_with(*members)
        for base_layers in (0, 1):
            assert any("unsafe or damaged archive" in line for line in told(layer, base_layers=base_layers))

    def test_a_layer_with_a_thousand_faults_is_told_briefly(self) -> None:
        assert len(told(layer_with(*(entry(f"missing/{n}") for n in range(1000))))) == 20

    def test_a_layer_that_both_images_have_is_read_once(self) -> None:
        layer = MemoryLayer(GOOD.data, GOOD.diff_id)
        assert validate(make_index([layer])) == ()
        assert layer.opened == 1


def changed(image: BuiltImage, **fields: object) -> BuiltImage:
    manifest = {**msgspec.json.decode(image.manifest), **fields}
    return msgspec.structs.replace(image, manifest=json.dumps(manifest).encode())


def with_config(image: BuiltImage, **fields: object) -> BuiltImage:
    """The image with another configuration, which its manifest points to."""
    config = json.dumps({**msgspec.json.decode(image.config), **fields}).encode()
    pointer = {**msgspec.json.decode(image.manifest)["config"], "digest": digest_of(config), "size": len(config)}
    return msgspec.structs.replace(changed(image, config=pointer), config=config)


def problems(content: Image) -> list[str]:
    return [str(problem) for problem in validate(content)]


class TestDocuments:
    IMAGE = make_image([GOOD], Env=["A=b"], ExposedPorts={"80/tcp": {}, "53/udp": {}, "9": {}})
    POINTER = json.loads(IMAGE.manifest)["config"]

    def test_the_good_one(self) -> None:
        assert problems(self.IMAGE) == []

    @pytest.mark.parametrize(
        ("broken", "what"),
        [
            (changed(IMAGE, schemaVersion=3), "schemaVersion is 3"),
            (changed(IMAGE, layers=[]), "its layers are not those that it lists"),
            (changed(IMAGE, config={**POINTER, "size": 1}), "bytes, not 1"),
            (
                changed(IMAGE, config={**POINTER, "digest": digest_of(b"")}),
                "its digest is",
            ),
            (changed(IMAGE, config={**POINTER, "mediaType": "x"}), "does not belong here"),
            (changed(IMAGE, config={**POINTER, "mediaType": DOCKER_CONFIG}), "mixes"),
            (changed(IMAGE, mediaType=DOCKER_MANIFEST), "mixes media types"),
            (changed(IMAGE, mediaType="text/plain"), "unknown kind"),
            (msgspec.structs.replace(IMAGE, manifest=b"{"), "not a valid image document"),
            (with_config(IMAGE, rootfs={"type": "layers", "diff_ids": []}), "its diff_ids are not those"),
            (with_config(IMAGE, os=""), "names no platform"),
            (with_config(IMAGE, created="yesterday"), "'yesterday' is no RFC 3339 time"),
            (with_config(IMAGE, history=[]), "its history tells of 0 layers of 1"),
            (with_config(IMAGE, history=[{"empty_layer": True}]), "its history tells of 0 layers of 1"),
            (with_config(IMAGE, config={"Env": ["A"]}), "'A' is no NAME=VALUE"),
            (with_config(IMAGE, config={"Env": ["=b"]}), "'=b' is no NAME=VALUE"),
            (with_config(IMAGE, config={"ExposedPorts": {"http": {}}}), "'http' is no port"),
            (with_config(IMAGE, config={"ExposedPorts": {"70000/tcp": {}}}), "'70000/tcp' is no port"),
            (with_config(IMAGE, rootfs=7), "not a valid image document"),
        ],
    )
    def test_the_broken_ones(self, broken: BuiltImage, what: str) -> None:
        assert any(what in line for line in problems(broken)), problems(broken)

    def test_docker_s_own_media_types_by_themselves_are_well(self) -> None:
        layer = MemoryLayer(GOOD.data, GOOD.diff_id, DOCKER_LAYER)
        pointer = {**self.POINTER, "mediaType": DOCKER_CONFIG}
        listed = [msgspec.to_builtins(layer.descriptor)]
        image = changed(self.IMAGE, mediaType=DOCKER_MANIFEST, config=pointer, layers=listed)
        assert problems(msgspec.structs.replace(image, layers=(layer,))) == []

    def test_history_counts_the_layers(self) -> None:
        assert problems(with_config(self.IMAGE, history=[{"created_by": "x"}, {"empty_layer": True}])) == []

    def test_every_problem_is_told_at_once(self) -> None:
        found = problems(with_config(self.IMAGE, os="", created="x", config={"Env": ["A"]}))
        assert len(found) == 3


class TestIndexes:
    def index(self, *entries: tuple[Descriptor, Image]) -> BuiltIndex:
        document = {"schemaVersion": 2, "manifests": [msgspec.to_builtins(descriptor) for descriptor, _ in entries]}
        return BuiltIndex(manifest=json.dumps(document).encode(), images=entries)

    def entries(self) -> Sequence[tuple[Descriptor, Image]]:
        return make_index([GOOD]).images

    def told(self, *entries: tuple[Descriptor, Image]) -> list[str]:
        return [str(problem) for problem in validate(self.index(*entries))]

    def test_a_platform_that_its_image_does_not_have(self) -> None:
        image = make_image([GOOD], platform=AMD64)
        index = index_of([(ARM64, image)])
        assert [str(problem) for problem in validate(index)] == [
            "index › linux/arm64: its configuration says linux/amd64"
        ]

    def test_two_images_for_one_platform(self) -> None:
        (one, image), _ = self.entries()
        assert self.told((one, image), (one, image)) == ["index: it has two images for linux/amd64"]

    @pytest.mark.parametrize(
        ("fields", "what"),
        [
            ({"size": 1}, "bytes, not 1"),
            ({"media_type": "text/plain"}, "does not belong here"),
            ({"digest": digest_of(b"")}, "its digest is"),
        ],
    )
    def test_an_entry_that_does_not_fit(self, fields: dict[str, object], what: str) -> None:
        (one, image), _ = self.entries()
        changed_entry = msgspec.structs.replace(one, **fields)
        assert any(what in line for line in self.told((changed_entry, image)))

    def test_other_images_than_it_lists(self) -> None:
        first, second = self.entries()
        index = msgspec.structs.replace(self.index(first, second), images=(second, first))
        assert "index: its images are not those that it lists" in [str(problem) for problem in validate(index)]

    def test_statements_of_a_builder_are_checked_as_bytes(self) -> None:
        (one, image), _ = self.entries()
        data = b'{"predicateType":"https://slsa.dev/provenance/v0.2"}'
        statement = MemoryLayer(data, digest_of(data), "application/vnd.in-toto+json")
        config = {"architecture": "unknown", "os": "unknown", "config": {}}
        rootfs = {"type": "layers", "diff_ids": [statement.diff_id]}
        document = json.dumps({**config, "rootfs": rootfs}).encode()
        pointer = Descriptor(media_type=OCI_CONFIG, digest=digest_of(document), size=len(document))
        manifest = msgspec.json.encode(
            Manifest(schema_version=2, media_type=OCI_MANIFEST, config=pointer, layers=(statement.descriptor,))
        )
        attestation = BuiltImage(manifest=manifest, config=document, layers=(statement,))
        entry = Descriptor(
            media_type=OCI_MANIFEST,
            digest=digest_of(manifest),
            size=len(manifest),
            platform=Platform(os="unknown", architecture="unknown"),
            annotations={"vnd.docker.reference.type": "attestation-manifest"},
        )
        assert self.told((one, image), (entry, attestation)) == []
        statement.data = data.replace(b"0.2", b"0.1")
        assert any("not what was promised" in line for line in self.told((one, image), (entry, attestation)))

    def test_an_index_that_cannot_be_read(self) -> None:
        broken = msgspec.structs.replace(self.index(), manifest=b"[")
        assert [problem.where for problem in validate(broken)] == ["index"]


@given(st.binary(max_size=2000), st.sampled_from([OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD]))
def test_no_bytes_crash_the_validator(data: bytes, media_type: str) -> None:
    for content in (data, gzipped(data), zstandard.compress(data)):
        validate(make_image([MemoryLayer(content, Digest(digest_of(data)), media_type)]))


@given(st.data())
def test_no_changed_byte_goes_unseen(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(GOOD.data) - 1))
    flipped = bytearray(GOOD.data)
    flipped[position] ^= data.draw(st.integers(1, 255))
    layer = MemoryLayer(GOOD.data, GOOD.diff_id)
    layer.data = bytes(flipped)
    assert told(layer)
