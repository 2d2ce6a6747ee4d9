import socket
from collections.abc import Iterator

import pytest
from tests.support.images import MemoryLayer, as_index, layer_of, make_image, make_index, random_layer

from lading.digest import digest_of
from lading.errors import VerificationFailed
from lading.http import Http, NoAnswer
from lading.oci.partial import images_of
from lading.oci.references import parse_reference
from lading.oci.registry import Registry
from lading.oci.serve import Served, serve
from lading.proc import Runner

ONE = random_layer(100_000)
INDEX = make_index([ONE, layer_of({"a": b"1"})])


@pytest.fixture
def served() -> Iterator[Served]:
    with serve(INDEX, lambda _: None) as site:
        yield site


def url(served: Served, kind: str, digest: str) -> str:
    reference = parse_reference(served.name)
    return f"http://{reference.registry}/v2/{reference.repository}/{kind}/{digest}"


def test_what_is_served_is_what_a_client_pulls(http: Http, served: Served) -> None:
    pulled = as_index(Registry(http, {}, Runner()).open(served.name))
    assert pulled.manifest == INDEX.manifest
    for (_, mine), (_, theirs) in zip(INDEX.images, pulled.images, strict=True):
        assert theirs.config == mine.config
        assert [b"".join(layer.chunks()) for layer in theirs.layers] == [
            b"".join(layer.chunks()) for layer in mine.layers
        ]
    everything = {part.descriptor.digest for part in served.parts.values()}
    assert served.served == everything - {served.top.digest} | {digest_of(INDEX.manifest)}


def test_bytes_are_counted_as_they_go_out(http: Http) -> None:
    moved: list[int] = []
    image = make_image([ONE])
    with serve(image, moved.append) as served:
        pulled = Registry(http, {}, Runner()).pull(served.name)
        before = served.bytes_sent
        list(pulled.layers[0].chunks())
        assert served.bytes_sent - before == len(ONE.data)
        assert ONE.descriptor.digest in served.served
    assert sum(moved) == served.bytes_sent


def test_nobody_can_guess_where_the_image_is(http: Http, served: Served) -> None:
    reference = parse_reference(served.name)
    digest = served.top.digest
    assert len(reference.repository.partition("/")[2]) == 32
    for path in ("", "_catalog", f"lading/manifests/{digest}", f"lading/{'0' * 32}/manifests/{digest}", "../x"):
        with http.send("GET", f"http://{reference.registry}/v2/{path}") as response:
            assert (response.status, response.body()) == (200 if not path else 404, b"")
    with serve(INDEX, lambda _: None) as other:
        assert other.repository != served.repository


@pytest.mark.parametrize(
    ("kind", "digest"),
    [
        ("manifests", ONE.descriptor.digest),
        ("blobs", digest_of(INDEX.manifest)),
        ("blobs", digest_of(b"x")),
        ("tags", "x"),
    ],
)
def test_what_is_not_there(http: Http, served: Served, kind: str, digest: str) -> None:
    with http.send("GET", url(served, kind, digest)) as response:
        assert response.status == 404


def test_nothing_can_be_written(http: Http, served: Served) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with http.send(method, url(served, "blobs", "uploads/"), body=b"x") as response:
            assert response.status == 405


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-", 200, ONE.data),
        ("bytes=10-", 206, ONE.data[10:]),
        ("bytes=10-19", 206, ONE.data[10:20]),
        ("bytes=70000-", 206, ONE.data[70000:]),
        ("bytes=10-99999999", 206, ONE.data[10:]),
        ("bytes=20-10", 200, ONE.data),
        ("bytes=-5", 200, ONE.data),
        ("lines=1-2", 200, ONE.data),
    ],
)
def test_parts_of_a_blob(http: Http, served: Served, asked: str, status: int, expected: bytes) -> None:
    with http.send("GET", url(served, "blobs", ONE.descriptor.digest), headers={"Range": asked}) as response:
        assert (response.status, response.body()) == (status, expected)
        if status == 206:
            start = asked.partition("=")[2].partition("-")[0]
            assert (
                response.headers["Content-Range"] == f"bytes {start}-{int(start) + len(expected) - 1}/{len(ONE.data)}"
            )


def test_head_gives_the_size_and_no_bytes(http: Http, served: Served) -> None:
    with http.send("HEAD", url(served, "blobs", ONE.descriptor.digest)) as response:
        assert response.headers["Content-Length"] == str(len(ONE.data))
        assert response.headers["Docker-Content-Digest"] == ONE.descriptor.digest
    assert served.bytes_sent == 0


def test_a_client_that_tries_tls_hears_http(served: Served) -> None:
    host, port = parse_reference(served.name).registry.split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"\x16\x03\x01\x00\x05hello\n")
        assert client.recv(100).startswith(b"HTTP/1.0 400")


class LyingLayer(MemoryLayer):
    def chunks(self) -> Iterator[bytes]:
        yield self.data[:-1]


def test_a_layer_that_lies_breaks_off_and_is_remembered(http: Http) -> None:
    layer = LyingLayer(ONE.data, ONE.diff_id)
    with serve(make_image([layer]), lambda _: None) as served:
        with http.send("GET", url(served, "blobs", layer.descriptor.digest)) as response, pytest.raises(NoAnswer):
            response.body()
        assert layer.descriptor.digest not in served.served
        assert isinstance(served.errors[0], VerificationFailed)


def test_an_image_by_itself(http: Http) -> None:
    image = make_image([ONE])
    with serve(image, lambda _: None) as served:
        pulled = Registry(http, {}, Runner()).open(served.name)
        assert pulled.manifest == image.manifest
        assert [found.config for _, found in images_of(pulled)] == [image.config]
