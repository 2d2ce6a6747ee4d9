import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.support.httpd import Answer, Request, serve
from tests.support.images import MemoryLayer, as_index, layer_of, make_image, make_index, random_layer
from tests.support.registry import Manners, registry
from tests.support.registry import Registry as There

from lading.digest import digest_of
from lading.errors import LadingError, RemoteFailed, UsageError, VerificationFailed
from lading.http import Http
from lading.oci.endpoint import Refused
from lading.oci.model import Image, Index
from lading.oci.partial import manifest_descriptor, parts_of
from lading.oci.push import Pushed
from lading.oci.registry import Registry
from lading.oci.upload import SMALL
from lading.proc import Runner

BASE = layer_of({"base": b"1"})
APP = layer_of({"app": b"2"})
BIG = random_layer(300_000)


@pytest.fixture
def client(http: Http) -> Registry:
    return Registry(http, {}, Runner())


def holds(there: There, repository: str, content: Image | Index, tag: str) -> None:
    """Assert that the repository has all of it, byte by byte, under the tag."""
    for part in parts_of([content]):
        digest, data = part.descriptor.digest, b"".join(part.chunks())
        if digest in there.manifests[repository]:
            assert there.manifests[repository][digest] == (part.descriptor.media_type, data)
        else:
            assert there.repository(repository)[digest] == data
    assert there.manifests[repository][tag][1] == content.manifest


def weight(*parts: bytes) -> int:
    return sum(len(part) for part in parts)


def test_an_image_is_pushed(client: Registry) -> None:
    image = make_image([BASE, APP])
    moved: list[int] = []
    with registry() as there:
        report = client.push(f"{there.host}/team/app:1", image, moved=moved.append)
        holds(there, "team/app", image, "1")
        assert there.count("PATCH") == 0  # small blobs go along with their PUT
        assert there.asked[-1] == "PUT /v2/team/app/manifests/1"
    sent = weight(BASE.data, APP.data, image.config)
    assert (report.blobs_sent, report.blobs_present, report.blobs_mounted) == (3, 0, 0)
    assert report.bytes_sent == sent + len(image.manifest)
    assert sum(moved) == sent
    assert report.digest == digest_of(image.manifest)
    assert str(report.reference) == f"{there.host}/team/app:1"


def test_the_tag_comes_last_and_an_index_after_its_images(client: Registry) -> None:
    index = make_index([BASE, APP])
    with registry() as there:
        report = client.push(f"{there.host}/app:1", index)
        holds(there, "app", index, "1")
        puts = [line for line in there.asked if line.startswith("PUT") and "/manifests/" in line]
        children = [f"PUT /v2/app/manifests/{child.digest}" for child, _ in index.images]
        assert puts == [*children, "PUT /v2/app/manifests/1"]
        last_blob = max(n for n, line in enumerate(there.asked) if "/blobs/" in line)
        assert last_blob < there.asked.index(puts[0])
    assert report.blobs_sent == 2 + 2


def test_a_second_push_sends_nothing(client: Registry) -> None:
    image = make_image([BASE, APP])
    with registry() as there:
        client.push(f"{there.host}/app:1", image)
        there.mark()
        report = client.push(f"{there.host}/app:1", image)
        assert there.asked == [
            f"HEAD /v2/app/manifests/{digest_of(image.manifest)}",
            "HEAD /v2/app/manifests/1",
        ]
    assert (report.bytes_sent, report.blobs_sent, report.blobs_present) == (0, 0, 3)


def test_another_tag_costs_a_manifest(client: Registry) -> None:
    index = make_index([BASE])
    with registry() as there:
        client.push(f"{there.host}/app:1", index)
        there.mark()
        report = client.push(f"{there.host}/app:2", index)
        holds(there, "app", index, "2")
        assert there.received == 0
        assert there.count("HEAD", "/blobs/") == 0
    assert report.bytes_sent <= weight(index.manifest, *(image.manifest for _, image in index.images))


def test_only_what_is_new_is_sent(client: Registry) -> None:
    with registry() as there:
        client.push(f"{there.host}/app:1", make_image([BASE]))
        there.mark()
        image = make_image([BASE, APP])
        report = client.push(f"{there.host}/app:1", image)
        assert there.received == weight(APP.data, image.config)
    assert (report.blobs_sent, report.blobs_present) == (2, 1)


def test_by_digest(client: Registry) -> None:
    image = make_image([BASE])
    with registry() as there:
        client.push(f"{there.host}/app@{digest_of(image.manifest)}", image)
        holds(there, "app", image, digest_of(image.manifest))
        with pytest.raises(UsageError, match="another digest"):
            client.push(f"{there.host}/app@{digest_of(b'')}", image)


class TestKnown:
    """What an earlier push left saves questions, and is never believed against the registry."""

    def test_a_changed_image_asks_only_for_what_is_new(self, client: Registry) -> None:
        with registry() as there:
            first = client.push(f"{there.host}/app:1", make_image([BASE]))
            there.mark()
            image = make_image([BASE, APP])
            report = client.push(f"{there.host}/app:1", image, known=[first.pushed])
            holds(there, "app", image, "1")
            assert there.count("HEAD") == 1  # whether the earlier image is there still
            assert len(there.asked) == 1 + 2 * 2 + 1
        assert (report.blobs_sent, report.blobs_present) == (2, 1)

    def test_the_same_image_asks_twice(self, client: Registry) -> None:
        image = make_image([BASE])
        with registry() as there:
            first = client.push(f"{there.host}/app:1", image)
            there.mark()
            client.push(f"{there.host}/app:1", image, known=[first.pushed])
            assert len(there.asked) == 2

    def test_an_emptied_registry_gets_everything(self, client: Registry) -> None:
        with registry(manners=Manners(checks=False)) as there:  # one that would take a broken image without a word
            first = client.push(f"{there.host}/app:1", make_image([BASE]))
            there.forget()
            image = make_image([BASE, APP])
            report = client.push(f"{there.host}/app:1", image, known=[first.pushed])
            holds(there, "app", image, "1")
        assert report.blobs_sent == 3

    def test_a_registry_that_lost_a_layer_gets_it_again(self, client: Registry) -> None:
        with registry() as there:
            first = client.push(f"{there.host}/app:1", make_image([BASE]))
            del there.repository("app")[BASE.descriptor.digest]
            image = make_image([BASE, APP])
            report = client.push(f"{there.host}/app:1", image, known=[first.pushed])
            holds(there, "app", image, "1")
        assert (report.blobs_sent, report.blobs_present) == (3, 0)

    def test_a_whole_image_that_lost_a_layer_is_mended_under_another_tag(self, client: Registry) -> None:
        image = make_image([BASE])
        with registry() as there:
            client.push(f"{there.host}/app:1", image)
            del there.repository("app")[BASE.descriptor.digest]
            client.push(f"{there.host}/app:2", image)
            holds(there, "app", image, "2")

    def test_a_sibling_s_layers_are_mounted(self, client: Registry) -> None:
        with registry() as there:
            first = client.push(f"{there.host}/one:1", make_image([BASE, APP]))
            there.mark()
            image = make_image([BASE], User="2")
            report = client.push(f"{there.host}/two:1", image, known=[first.pushed])
            holds(there, "two", image, "1")
            assert there.received == len(image.config)
        assert (report.blobs_sent, report.blobs_mounted) == (1, 1)

    def test_it_can_be_kept(self) -> None:
        pushed = Pushed(repository="r.example/a", manifest=digest_of(b"m"), digests=frozenset([digest_of(b"d")]))
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(pushed), type=Pushed) == pushed


class TestMounts:
    def push_on_base(self, client: Registry, there: There) -> tuple[Image, dict[str, int]]:
        """Push a base image, then an image on it to another repository of the same registry."""
        client.push(f"{there.host}/base:1", make_image([BIG]))
        base = client.pull(f"{there.host}/base:1")
        there.mark()
        image = make_image([*base.layers, APP])
        report = client.push(f"{there.host}/team/app:1", image)
        holds(there, "team/app", make_image([BIG, APP]), "1")
        return image, {"sent": report.blobs_sent, "mounted": report.blobs_mounted}

    def test_a_base_layer_is_neither_downloaded_nor_uploaded(self, client: Registry) -> None:
        with registry() as there:
            image, counts = self.push_on_base(client, there)
            assert there.given == 0
            assert there.received == weight(APP.data, image.config)
            (mount,) = (line for line in there.asked if "mount=" in line)
            assert f"?mount={BIG.descriptor.digest}&from=base" in mount
        assert counts == {"sent": 2, "mounted": 1}

    @pytest.mark.parametrize("status", [202, 400, 401, 403, 404, 405, 500])
    def test_a_refused_mount_is_an_upload(self, client: Registry, status: int) -> None:
        with registry(manners=Manners(mount=status)) as there:
            _, counts = self.push_on_base(client, there)
            assert there.received > len(BIG.data)
            uploads_opened = there.count("POST")
            assert uploads_opened == (3 if status == 202 else 4) + (4 if status == 500 else 0)
        assert counts == {"sent": 3, "mounted": 0}

    def test_a_mount_of_what_is_gone_is_an_upload(self, client: Registry) -> None:
        with registry() as there:
            client.push(f"{there.host}/base:1", make_image([APP]))
            first = Pushed(
                repository=f"{there.host}/base", manifest=digest_of(b"x"), digests=frozenset([BASE.descriptor.digest])
            )
            image = make_image([BASE])
            report = client.push(f"{there.host}/app:1", image, known=[first])
            holds(there, "app", image, "1")
        assert report.blobs_mounted == 0

    def test_nothing_is_mounted_from_another_registry(self, client: Registry) -> None:
        with registry() as far, registry() as near:
            client.push(f"{far.host}/base:1", make_image([BIG]))
            base = client.pull(f"{far.host}/base:1")
            image = make_image([*base.layers, APP])
            far.mark()
            client.push(f"{near.host}/app:1", image)
            holds(near, "app", make_image([BIG, APP]), "1")
            assert near.count("POST", "mount=") == 0
            assert far.given == len(BIG.data)

    def test_a_base_in_the_same_repository_is_there(self, client: Registry) -> None:
        with registry() as there:
            client.push(f"{there.host}/app:base", make_image([BIG]))
            base = client.pull(f"{there.host}/app:base")
            there.mark()
            client.push(f"{there.host}/app:1", make_image([*base.layers, APP]))
            assert there.count("POST", "mount=") == 0
            assert there.received < len(BIG.data)


Fault = tuple[str, str, int, int | None]
"""Method, part of the path, status (0: a reset), and after how many bytes of the body."""


class TestTrouble:
    """Whatever goes wrong in passing, the image arrives whole."""

    @pytest.mark.parametrize(
        "trouble",
        [
            [("HEAD", "/manifests/", 503, None)],
            [("HEAD", "/blobs/", 500, None), ("HEAD", "/blobs/", 502, None)],
            [("POST", "", 429, None)],
            [("POST", "", 503, None), ("POST", "", 503, None)],
            [("PATCH", "", 429, None)],
            [("PATCH", "", 500, None), ("PATCH", "", 502, None)],
            [("PATCH", "", 404, None)],
            [("PATCH", "", 0, 0)],
            [("PATCH", "", 0, 100)],
            [("PATCH", "", 0, 150_000)],
            [("PATCH", "", 0, 150_000), ("PATCH", "", 0, 100_000), ("PATCH", "", 0, 1)],
            [("PATCH", "", 0, 150_000), ("GET", "/uploads/", 404, None)],
            [("PATCH", "", 0, 150_000), ("GET", "/uploads/", 500, None)],
            [("PUT", "/uploads/", 503, None)],
            [("PUT", "/uploads/", 404, None)],
            [("PUT", "/uploads/", 400, None)],
            [("PUT", "/manifests/", 429, None), ("PUT", "/manifests/", 504, None)],
        ],
        ids=str,
    )
    def test_it_passes(self, client: Registry, trouble: list[Fault]) -> None:
        image = make_image([BIG, APP])
        assert len(BIG.data) > SMALL > len(APP.data)
        moved: list[int] = []
        with registry() as there:
            for method, path, status, cut in trouble:
                there.fail(method, path, status=status, cut=cut, Retry_After="0")
            client.push(f"{there.host}/app:1", image, moved=moved.append)
            holds(there, "app", image, "1")
        assert sum(moved) == weight(BIG.data, APP.data, image.config)
        assert min(moved) > 0

    def test_a_broken_upload_goes_on_where_it_broke(self, client: Registry) -> None:
        with registry() as there:
            there.fail("PATCH", cut=150_000)
            image = make_image([BIG])
            report = client.push(f"{there.host}/app:1", image)
            holds(there, "app", image, "1")
            assert there.received == weight(BIG.data, image.config)
        assert report.bytes_sent < there.received + len(image.manifest) + 150_001 + (1 << 20)

    def test_a_registry_that_does_not_say_how_far_it_got_gets_it_anew(self, client: Registry) -> None:
        with registry(manners=Manners(status=False)) as there:
            there.fail("PATCH", cut=150_000)
            image = make_image([BIG])
            client.push(f"{there.host}/app:1", image)
            holds(there, "app", image, "1")
            assert there.received == weight(BIG.data, image.config) + 150_000

    def test_retry_after_is_honoured_in_an_upload(self, client: Registry, naps: list[float]) -> None:
        with registry() as there:
            there.fail("PATCH", status=429, Retry_After="7")
            there.fail("PUT", "/uploads/", status=503, Retry_After="8")
            client.push(f"{there.host}/app:1", make_image([BIG]))
        assert {7.0, 8.0} <= set(naps)

    def test_a_registry_that_asks_for_an_hour_is_told_so(self, client: Registry, naps: list[float]) -> None:
        with registry() as there:
            there.fail("PATCH", status=429, Retry_After="3600", times=100)
            with pytest.raises(RemoteFailed, match="429") as caught:
                client.push(f"{there.host}/app:1", make_image([BIG]))
        assert max(naps, default=0) < 60
        assert "docker login" in caught.value.fix

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "", 403),
            ("POST", "", 404),
            ("PATCH", "", 403),
            ("PATCH", "", 500),
            ("PUT", "/uploads/", 403),
            ("PUT", "/uploads/", 400),
            ("PUT", "/manifests/", 400),
            ("PUT", "/manifests/", 413),
        ],
    )
    def test_what_is_refused_for_good_is_told(self, client: Registry, method: str, path: str, status: int) -> None:
        with registry() as there:
            there.fail(method, path, status=status, times=10_000)
            with pytest.raises(Refused) as caught:
                client.push(f"{there.host}/team/app:1", make_image([BIG]))
            assert caught.value.where == f"{there.host}/team/app:1"
            assert caught.value.status == status
            assert "team/app" not in there.manifests or "1" not in there.manifests["team/app"]

    def test_it_ends_when_the_connection_always_breaks(self, client: Registry) -> None:
        with registry() as there:
            there.fail("PATCH", cut=10, times=10_000)
            with pytest.raises(RemoteFailed, match="no answer"):
                client.push(f"{there.host}/app:1", make_image([BIG]))

    def test_no_registry_at_all(self, client: Registry) -> None:
        with registry() as there:
            host = there.host
        with pytest.raises(RemoteFailed, match="no answer"):
            client.push(f"{host}/app:1", make_image([BASE]))


class TestManners:
    @pytest.mark.parametrize(
        "manners",
        [
            Manners(absolute_location=True),
            Manners(head_manifest=403),
            Manners(head_manifest=405),
            Manners(head_bare=True),
            Manners(checks=False),
        ],
        ids=str,
    )
    def test_they_do_not_matter(self, client: Registry, manners: Manners) -> None:
        index = make_index([BIG, APP])
        with registry(manners=manners) as there:
            for _ in range(2):
                client.push(f"{there.host}/team/app:1", index)
                holds(there, "team/app", index, "1")

    @pytest.mark.parametrize("status", [400, 405, 411, 413, 501])
    def test_a_registry_that_wants_pieces_gets_pieces(self, client: Registry, status: int) -> None:
        image = make_image([BIG, APP])
        with registry(manners=Manners(whole=status)) as there:
            client.push(f"{there.host}/app:1", image)
            holds(there, "app", image, "1")

    @pytest.mark.parametrize("status", [400, 405, 411, 413, 501])
    def test_a_registry_that_takes_nothing_with_a_put_gets_it_before(self, client: Registry, status: int) -> None:
        image = make_image([BIG, APP])
        with registry(manners=Manners(together=status)) as there:
            client.push(f"{there.host}/app:1", image)
            holds(there, "app", image, "1")

    def test_a_proxy_s_limit_makes_the_pieces_smaller(self, client: Registry) -> None:
        huge = random_layer(3_000_000)
        image = make_image([huge])
        with registry(manners=Manners(largest=1 << 20)) as there:
            client.push(f"{there.host}/app:1", image)
            holds(there, "app", image, "1")
            lengths = [int(headers["Content-Length"]) for method, _, headers in there.headers if method == "PATCH"]
            assert max(lengths[-4:]) <= 1 << 20

    def test_a_limit_that_no_layer_passes_is_told(self, client: Registry) -> None:
        with registry(manners=Manners(largest=1000)) as there, pytest.raises(Refused, match="413"):
            client.push(f"{there.host}/app:1", make_image([BIG]))

    def test_an_upload_at_another_host_gets_no_login(self, http: Http, tmp_path: Path) -> None:
        seen: list[Request] = []
        with registry(bearer={"me": "secret"}) as there:

            def elsewhere(request: Request) -> Answer:
                seen.append(request)
                return there._serve(request, None)

            with serve(elsewhere) as storage:
                there.manners = Manners(location_host=storage.base)
                config = f'{{"auths": {{"{there.host}": {{"auth": "bWU6c2VjcmV0"}}}}}}'
                (tmp_path / "config.json").write_text(config)
                client = Registry(http, {"DOCKER_CONFIG": str(tmp_path)}, Runner())
                image = make_image([BIG])
                client.push(f"{there.host}/app:1", image)
                holds(there, "app", image, "1")
        assert {request.method for request in seen} == {"PATCH", "PUT"}
        assert all("Authorization" not in request.headers for request in seen)


class LyingLayer(MemoryLayer):
    def chunks(self) -> Iterator[bytes]:
        yield self.data[:-1] + b"!"


def test_a_layer_that_is_not_what_it_says_never_gets_a_name(client: Registry) -> None:
    with registry() as there:
        with pytest.raises(VerificationFailed):
            client.push(f"{there.host}/app:1", make_image([LyingLayer(BIG.data, BIG.diff_id), APP]))
        assert BIG.descriptor.digest not in there.repository("app")
        assert there.manifests.get("app", {}) == {}


def test_the_first_failure_ends_the_others(client: Registry) -> None:
    layers = [
        LyingLayer(APP.data, APP.diff_id),
        *(random_layer(2000, str(n)) for n in range(30)),
    ]
    with registry() as there:
        with pytest.raises(LadingError):
            client.push(f"{there.host}/app:1", make_image(layers))
        assert there.manifests.get("app", {}) == {}


def test_sixteen_pushes_at_once_agree(http: Http) -> None:
    index = make_index([BASE, APP, BIG])
    errors: list[BaseException] = []
    with registry() as there:

        def push() -> None:
            try:
                Registry(http, {}, Runner()).push(f"{there.host}/app:1", index)
            except BaseException as error:  # noqa: BLE001  # told by the main thread
                errors.append(error)

        threads = [threading.Thread(target=push) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        holds(there, "app", index, "1")
    assert errors == []


def test_what_was_pushed_is_pulled(client: Registry) -> None:
    index = make_index([BASE, BIG])
    with registry() as there:
        client.push(f"{there.host}/app:1", index)
        assert client.resolve(f"{there.host}/app:1") == manifest_descriptor(index)
        pulled = as_index(client.open(f"{there.host}/app:1"))
        for (_, mine), (_, theirs) in zip(index.images, pulled.images, strict=True):
            assert [b"".join(layer.chunks()) for layer in theirs.layers] == [BASE.data, BIG.data]
            assert mine.config == theirs.config
