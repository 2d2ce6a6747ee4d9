from pathlib import Path

import pytest
from tests.support.images import AMD64, ARM64, as_index, layer_of, make_image, make_index, random_layer
from tests.support.registry import Manners, registry
from tests.support.registry import Registry as There
from tests.support.tls import make_authority

from lading.digest import digest_of
from lading.errors import RemoteFailed, UsageError, VerificationFailed
from lading.http import Http, NoAnswer
from lading.oci.content import is_index
from lading.oci.endpoint import Refused
from lading.oci.model import OCI_INDEX, OCI_MANIFEST, Image, Index, Platform
from lading.oci.partial import manifest_descriptor, parts_of
from lading.oci.references import parse_reference
from lading.oci.registry import Registry
from lading.proc import Runner

ONE = layer_of({"a": b"1"})


@pytest.fixture
def client(http: Http) -> Registry:
    return Registry(http, {}, Runner())


def put(there: There, repository: str, tag: str, content: Image | Index) -> None:
    """Let a registry hold an image, as if somebody had pushed it."""
    there.manifests.setdefault(repository, {})
    for part in parts_of([content]):
        data = b"".join(part.chunks())
        if "manifest" in part.descriptor.media_type or "index" in part.descriptor.media_type:
            there.manifests[repository][part.descriptor.digest] = (part.descriptor.media_type, data)
        else:
            there.repository(repository)[part.descriptor.digest] = data
    there.manifests[repository][tag] = there.manifests[repository][manifest_descriptor(content).digest]


def test_a_tag_is_resolved_by_head_alone(client: Registry) -> None:
    index = make_index([ONE])
    with registry() as there:
        put(there, "team/app", "1", index)
        assert client.resolve(f"{there.host}/team/app:1") == manifest_descriptor(index)
        assert there.asked == ["HEAD /v2/team/app/manifests/1"]


@pytest.mark.parametrize(
    "manners", [Manners(head_manifest=403), Manners(head_manifest=405), Manners(head_bare=True)], ids=str
)
def test_where_head_does_not_serve_get_does(client: Registry, manners: Manners) -> None:
    image = make_image([ONE])
    with registry(manners=manners) as there:
        put(there, "app", "1", image)
        assert client.resolve(f"{there.host}/app:1") == manifest_descriptor(image)
        assert client.pull(f"{there.host}/app:1").manifest == image.manifest
        assert there.count("GET", "/manifests/") == 2


def test_an_image_is_pulled_without_its_layers(client: Registry) -> None:
    image = make_image([ONE], User="1")
    with registry() as there:
        put(there, "team/app", "1", image)
        pulled = client.pull(f"{there.host}/team/app:1")
        assert (pulled.manifest, pulled.config) == (image.manifest, image.config)
        assert [layer.diff_id for layer in pulled.layers] == [ONE.diff_id]
        assert there.given == len(image.config)
        assert b"".join(pulled.layers[0].chunks()) == ONE.data
        assert there.given == len(image.config) + len(ONE.data)


def test_the_image_for_a_platform_is_pulled(client: Registry) -> None:
    index = make_index([ONE])
    with registry() as there:
        put(there, "app", "1", index)
        assert client.pull(f"{there.host}/app:1", ARM64).manifest == index.images[1][1].manifest
        with pytest.raises(UsageError, match="no image for linux/s390x") as caught:
            client.pull(f"{there.host}/app:1", Platform(os="linux", architecture="s390x"))
        assert "linux/amd64, linux/arm64" in caught.value.fix
        with pytest.raises(UsageError, match="several images"):
            client.pull(f"{there.host}/app:1")


def test_an_image_of_another_platform_is_not_taken(client: Registry) -> None:
    with registry() as there:
        put(there, "app", "1", make_image([ONE], platform=AMD64))
        assert client.pull(f"{there.host}/app:1", AMD64).layers
        with pytest.raises(UsageError, match="no image for linux/arm64") as caught:
            client.pull(f"{there.host}/app:1", ARM64)
        assert "linux/amd64" in caught.value.fix


def test_an_index_lists_its_platforms_without_reading_its_images(client: Registry) -> None:
    index = make_index([ONE])
    with registry() as there:
        put(there, "app", "1", index)
        pulled = as_index(client.open(f"{there.host}/app:1"))
        assert [str(child.platform) for child, _ in pulled.images] == ["linux/amd64", "linux/arm64"]
        assert pulled.manifest == index.manifest
        assert there.count("GET") == 1


def test_by_digest(client: Registry) -> None:
    image = make_image([ONE])
    with registry() as there:
        put(there, "app", "1", image)
        digest = digest_of(image.manifest)
        assert client.pull(f"{there.host}/app@{digest}").manifest == image.manifest
        assert not is_index(client.open(f"{there.host}/app:9@{digest}"))  # the digest weighs more than the tag


def test_a_layer_knows_where_it_can_be_mounted_from(client: Registry) -> None:
    with registry() as there:
        put(there, "team/base", "1", make_image([ONE]))
        layer = client.pull(f"{there.host}/team/base:1").layers[0]
        assert getattr(layer, "origin", None) == parse_reference(f"{there.host}/team/base").tagged("")


def test_a_layer_that_is_known_already_costs_nothing_until_it_is_read(client: Registry) -> None:
    with registry() as there:
        put(there, "base", "1", make_image([ONE]))
        layer = client.layer(f"{there.host}/base:1", ONE.descriptor, ONE.diff_id)
        assert there.asked == []
        assert b"".join(layer.chunks()) == ONE.data


def test_what_is_not_there(client: Registry) -> None:
    with registry() as there, pytest.raises(Refused, match="does not give the tag 1") as caught:
        client.pull(f"{there.host}/team/app:1")
    assert caught.value.status == 404
    assert caught.value.exit_code == 4
    assert "MANIFEST_UNKNOWN" in caught.value.what
    assert caught.value.where == f"{there.host}/team/app"


class TestLies:
    def test_another_manifest_than_was_asked_for(self, client: Registry) -> None:
        asked, given = make_image([ONE]), make_image([])
        with registry() as there:
            put(there, "app", "1", given)
            digest = digest_of(asked.manifest)
            there.manifests["app"][digest] = (OCI_MANIFEST, given.manifest)
            with pytest.raises(VerificationFailed):
                client.pull(f"{there.host}/app@{digest}")

    def test_a_digest_that_is_none(self, client: Registry) -> None:
        with registry() as there:
            there.fail("HEAD", status=200, Docker_Content_Digest="sha256:../../x", Content_Type=OCI_INDEX)
            with pytest.raises(VerificationFailed):
                client.resolve(f"{there.host}/app:1")

    def test_a_layer_of_other_bytes(self, client: Registry) -> None:
        with registry() as there:
            put(there, "app", "1", make_image([ONE]))
            there.repository("app")[ONE.descriptor.digest] = ONE.data[:-1] + b"!"
            layer = client.pull(f"{there.host}/app:1").layers[0]
            with pytest.raises(VerificationFailed, match="not what was promised"):
                list(layer.chunks())

    def test_a_layer_without_end(self, client: Registry) -> None:
        with registry() as there:
            put(there, "app", "1", make_image([ONE]))
            there.repository("app")[ONE.descriptor.digest] = ONE.data * 1000
            layer = client.pull(f"{there.host}/app:1").layers[0]
            with pytest.raises(VerificationFailed, match="more than"):
                list(layer.chunks())

    def test_a_configuration_of_other_bytes(self, client: Registry) -> None:
        image = make_image([ONE])
        with registry() as there:
            put(there, "app", "1", image)
            there.repository("app")[digest_of(image.config)] = image.config.replace(b"amd64", b"arm64")
            with pytest.raises(VerificationFailed, match="not what was promised"):
                client.pull(f"{there.host}/app:1")

    def test_words_that_are_not_words(self, client: Registry) -> None:
        with registry() as there:
            there.fail("HEAD", status=403)
            there.fail("GET", status=403, Content_Type="text/html")
            with pytest.raises(Refused) as caught:
                client.resolve(f"{there.host}/app:1")
        assert caught.value.fix == f"docker login {there.host}"


class TestBrokenDownloads:
    BIG = random_layer(300_000)

    def test_a_download_goes_on_where_it_broke(self, client: Registry, naps: list[float]) -> None:
        with registry() as there:
            put(there, "app", "1", make_image([self.BIG]))
            there.fail("GET", self.BIG.descriptor.digest, cut=100_000)
            there.fail("GET", self.BIG.descriptor.digest, cut=50_000)
            layer = client.pull(f"{there.host}/app:1").layers[0]
            there.mark()
            assert b"".join(layer.chunks()) == self.BIG.data
            assert there.count("GET") == 3
            assert there.given < len(self.BIG.data) + 2 * (1 << 18)
        assert naps

    def test_a_registry_without_ranges_sends_it_again(self, client: Registry) -> None:
        with registry(manners=Manners(ranges=False)) as there:
            put(there, "app", "1", make_image([self.BIG]))
            there.fail("GET", self.BIG.descriptor.digest, cut=290_000)
            assert b"".join(client.pull(f"{there.host}/app:1").layers[0].chunks()) == self.BIG.data

    def test_it_ends_when_it_always_breaks(self, client: Registry) -> None:
        with registry() as there:
            put(there, "app", "1", make_image([self.BIG]))
            there.fail("GET", self.BIG.descriptor.digest, cut=10, times=1000)
            layer = client.pull(f"{there.host}/app:1").layers[0]
            with pytest.raises(NoAnswer):
                list(layer.chunks())

    def test_the_server_says_when_to_come_back(self, client: Registry, naps: list[float]) -> None:
        with registry() as there:
            put(there, "app", "1", make_image([ONE]))
            there.fail("HEAD", status=429, Retry_After="3")
            client.resolve(f"{there.host}/app:1")
        assert naps == [3.0]


def test_blobs_elsewhere_are_fetched_without_the_login(http: Http, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auths": {"127.0.0.1": {}}}')
    with registry() as storage:
        with registry(manners=Manners(download_host=storage.site.base), bearer={"me": "secret"}) as there:
            config = f'{{"auths": {{"{there.host}": {{"auth": "bWU6c2VjcmV0"}}}}}}'
            (tmp_path / "config.json").write_text(config)
            client = Registry(http, {"DOCKER_CONFIG": str(tmp_path)}, Runner())
            for one in (there, storage):
                put(one, "app", "1", make_image([ONE]))
            assert b"".join(client.pull(f"{there.host}/app:1").layers[0].chunks()) == ONE.data
        assert there.given == 0
        assert storage.given > len(ONE.data)
        assert all("Authorization" not in headers for _, _, headers in storage.headers)
        assert any("Authorization" in headers for _, _, headers in there.headers)


class TestTls:
    def test_an_installed_authority_is_trusted_for_its_registry(self, http: Http, tmp_path: Path) -> None:
        authority = make_authority(tmp_path / "tls")
        with registry(context=authority.context()) as there:
            put(there, "app", "1", make_image([ONE]))
            folder = tmp_path / ".docker" / "certs.d" / there.host
            folder.mkdir(parents=True)
            (folder / "ca.crt").write_bytes(authority.ca_file.read_bytes())
            client = Registry(http, {"HOME": str(tmp_path)}, Runner())
            assert b"".join(client.pull(f"{there.host}/app:1").layers[0].chunks()) == ONE.data

    def test_without_it_the_registry_is_not_spoken_to(self, http: Http, tmp_path: Path) -> None:
        authority = make_authority(tmp_path / "tls")
        with registry(context=authority.context()) as there:
            folder = tmp_path / ".docker" / "certs.d" / there.host
            folder.mkdir(parents=True)
            (folder / "ca.crt").write_bytes(make_authority(tmp_path / "other").ca_file.read_bytes())
            client = Registry(http, {"HOME": str(tmp_path)}, Runner())
            with pytest.raises(RemoteFailed, match="not trusted"):
                client.resolve(f"{there.host}/app:1")

    def test_a_registry_without_tls_where_tls_is_wanted(self, http: Http, tmp_path: Path) -> None:
        with registry() as there:
            folder = tmp_path / ".docker" / "certs.d" / there.host
            folder.mkdir(parents=True)
            (folder / "ca.crt").write_bytes(make_authority(tmp_path / "tls").ca_file.read_bytes())
            client = Registry(http, {"HOME": str(tmp_path)}, Runner())
            with pytest.raises(RemoteFailed, match="does not speak TLS") as caught:
                client.resolve(f"{there.host}/app:1")
            assert caught.value.fix.endswith(f"LADING_INSECURE_REGISTRIES={there.host}")
