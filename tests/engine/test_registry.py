"""Pushing to and pulling from Debian's docker-registry: plain, with TLS, with passwords, and when things break."""

import base64
import json
import secrets
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.htpasswd import htpasswd_line
from tests.support.images import as_index, layer_of, make_image, make_index, random_layer
from tests.support.tls import make_authority

from lading.digest import digest_of
from lading.errors import RemoteFailed
from lading.http import Http
from lading.oci.endpoint import Refused
from lading.oci.layout import read_layout
from lading.oci.model import Image, Index
from lading.oci.partial import images_of, manifest_descriptor
from lading.oci.registry import Registry
from lading.oci.validate import validate
from lading.proc import Runner

Tools = Callable[[str], Program]
Start = Callable[..., str]
BASE = random_layer(3_000_000, "base")
APP = layer_of({"app": None, "app/main.py": b"print()"})


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(environ={})
    yield client
    client.close()


@pytest.fixture
def client(http: Http) -> Registry:
    return Registry(http, {}, Runner())


@pytest.fixture
def fresh() -> str:
    """A repository that no other test uses, in this run or another: the shared registry outlives them."""
    return f"lading/test-{secrets.token_hex(6)}"


@pytest.fixture
def repository(registry: str, fresh: str) -> str:
    """The same with the shared registry in front."""
    return f"{registry}/{fresh}"


def copied(tool: Tools, name: str, folder: Path, *flags: str) -> Image | Index:
    """What skopeo copies from a registry into a layout, all platforms of it, checked from end to end."""
    tool("skopeo")("copy", "--all", *flags, f"docker://{name}", f"oci:{folder}:copy")
    content = read_layout(folder).open("copy")
    assert validate(content) == ()
    return content


class TestPlain:
    def test_an_image_arrives_as_it_was_sent(
        self, client: Registry, repository: str, tool: Tools, tmp_path: Path
    ) -> None:
        image = make_image([BASE, APP], Cmd=["/app/main.py"], User="65532:65532")
        report = client.push(f"{repository}:1", image)
        assert report.blobs_sent == 3
        assert copied(tool, f"{repository}:1", tmp_path / "copy").manifest == image.manifest
        assert client.resolve(f"{repository}:1") == manifest_descriptor(image)
        assert client.pull(f"{repository}:1").config == image.config

    def test_an_index_arrives_with_all_its_platforms(
        self, client: Registry, repository: str, tool: Tools, tmp_path: Path
    ) -> None:
        index = make_index([BASE, APP])
        client.push(f"{repository}:1", index)
        assert copied(tool, f"{repository}:1", tmp_path / "copy").manifest == index.manifest
        for (_, mine), (_, theirs) in zip(index.images, as_index(client.open(f"{repository}:1")).images, strict=True):
            assert (mine.manifest, mine.config) == (theirs.manifest, theirs.config)
            assert [b"".join(layer.chunks()) for layer in theirs.layers] == [BASE.data, APP.data]

    def test_docker_pulls_what_was_pushed(self, client: Registry, repository: str, docker: Program) -> None:
        client.push(f"{repository}:1", make_index([BASE, APP]))
        docker("pull", "--quiet", f"{repository}:1")
        try:
            (told,) = json.loads(docker("image", "inspect", f"{repository}:1"))
            assert told["RootFS"]["Layers"] == [BASE.diff_id, APP.diff_id]
        finally:
            docker("rmi", "--force", f"{repository}:1")

    def test_what_docker_pushed_is_pulled(self, client: Registry, busybox_image: str) -> None:
        image = client.pull(busybox_image)
        assert validate(image, base_layers=len(image.layers)) == ()

    def test_a_second_push_sends_nothing(self, client: Registry, repository: str) -> None:
        index = make_index([BASE, APP])
        first = client.push(f"{repository}:1", index)
        assert client.push(f"{repository}:1", index).bytes_sent == 0
        assert client.push(f"{repository}:1", index, known=[first.pushed]).bytes_sent == 0
        again = client.push(f"{repository}:2", index)
        assert (again.blobs_sent, again.blobs_present) == (0, 4)
        assert again.bytes_sent < 5000

    def test_a_changed_image_sends_what_changed(
        self, client: Registry, repository: str, tool: Tools, tmp_path: Path
    ) -> None:
        first = client.push(f"{repository}:1", make_image([BASE, APP]))
        changed = make_image([BASE, layer_of({"app": None, "app/main.py": b"print(2)"})])
        report = client.push(f"{repository}:1", changed, known=[first.pushed])
        assert (report.blobs_sent, report.blobs_present) == (2, 1)
        assert report.bytes_sent < 5000
        assert copied(tool, f"{repository}:1", tmp_path / "copy").manifest == changed.manifest

    def test_layers_are_mounted_from_a_neighbour(self, client: Registry, repository: str) -> None:
        client.push(f"{repository}/base:1", make_image([BASE]))
        base = client.pull(f"{repository}/base:1")
        report = client.push(f"{repository}/app:1", make_image([*base.layers, APP]))
        assert (report.blobs_sent, report.blobs_mounted) == (2, 1)
        assert report.bytes_sent < 5000
        layers = client.pull(f"{repository}/app:1").layers
        assert [b"".join(layer.chunks()) for layer in layers] == [BASE.data, APP.data]

    def test_a_base_of_another_registry_is_streamed_across(
        self, client: Registry, repository: str, start_own_registry: Start
    ) -> None:
        client.push(f"{repository}:base", make_image([BASE]))
        there = f"{start_own_registry()}/app"
        report = client.push(f"{there}:1", make_image([*client.pull(f"{repository}:base").layers, APP]))
        assert report.blobs_sent == 3
        assert [b"".join(layer.chunks()) for layer in client.pull(f"{there}:1").layers] == [BASE.data, APP.data]

    def test_an_emptied_registry_gets_everything_again(
        self, client: Registry, start_own_registry: Start, tmp_path: Path
    ) -> None:
        name = f"{start_own_registry()}/app:1"
        image = make_image([BASE, APP])
        first = client.push(name, image)
        (blobs,) = tmp_path.glob("registry-*/blobs")
        shutil.rmtree(blobs)
        report = client.push(name, image, known=[first.pushed])
        assert report.blobs_sent == 3
        assert [b"".join(layer.chunks()) for layer in client.pull(name).layers] == [BASE.data, APP.data]

    def test_a_layer_that_the_registry_has_lost_is_sent_again(
        self, client: Registry, start_own_registry: Start, tmp_path: Path
    ) -> None:
        name = f"{start_own_registry()}/app"
        first = client.push(f"{name}:1", make_image([BASE]))
        (blob,) = tmp_path.glob(f"registry-*/blobs/**/{BASE.descriptor.digest.partition(':')[2]}/data")
        shutil.rmtree(blob.parent)
        image = make_image([BASE, APP])
        client.push(f"{name}:2", image, known=[first.pushed])
        assert [b"".join(layer.chunks()) for layer in client.pull(f"{name}:2").layers] == [BASE.data, APP.data]

    def test_what_is_not_there_is_told(self, client: Registry, repository: str) -> None:
        with pytest.raises(Refused, match="404") as caught:
            client.pull(f"{repository}:absent")
        assert caught.value.fix


class TestTlsAndPasswords:
    @pytest.fixture
    def there(self, start_own_registry: Start, tmp_path: Path) -> str:
        """`host:port` of a registry with both; its authority lies in `tls`."""
        authority = make_authority(tmp_path / "tls")
        (tmp_path / "htpasswd").write_text(htpasswd_line("ann", "se:cret"))
        return start_own_registry(
            certificate=authority.cert_file, key=authority.key_file, htpasswd=tmp_path / "htpasswd"
        )

    @pytest.fixture
    def home(self, there: str, tmp_path: Path) -> Path:
        """A home folder in which the registry's authority is installed, as Docker has it."""
        folder = tmp_path / "home" / ".docker" / "certs.d" / there
        folder.mkdir(parents=True)
        shutil.copy(tmp_path / "tls" / "ca.crt", folder / "ca.crt")
        return tmp_path / "home"

    def write(self, home: Path, **config: object) -> None:
        (home / ".docker" / "config.json").write_text(json.dumps(config))

    def environ(self, home: Path) -> Mapping[str, str]:
        return {"HOME": str(home), "PATH": f"{home}:/usr/bin:/bin"}

    def test_a_login_in_docker_s_file(self, http: Http, there: str, home: Path, tool: Tools, tmp_path: Path) -> None:
        self.write(home, auths={there: {"auth": base64.b64encode(b"ann:se:cret").decode()}})
        client = Registry(http, self.environ(home), Runner())
        index = make_index([BASE, APP])
        client.push(f"{there}/team/app:1", index)
        assert client.open(f"{there}/team/app:1").manifest == index.manifest
        flags = ("--src-creds", "ann:se:cret", "--src-cert-dir", str(home / ".docker" / "certs.d" / there))
        assert copied(tool, f"{there}/team/app:1", tmp_path / "copy", *flags).manifest == index.manifest

    def test_a_login_from_a_credential_helper(self, http: Http, there: str, home: Path) -> None:
        helper = home / "docker-credential-shop"
        answer = json.dumps({"ServerURL": there, "Username": "ann", "Secret": "se:cret"})
        helper.write_text(f"#!/bin/sh\nread server\ntest \"$1 $server\" = 'get {there}' && echo '{answer}'\n")
        helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
        self.write(home, credHelpers={there: "shop"}, auths={there: {}})
        client = Registry(http, self.environ(home), Runner())
        image = make_image([APP])
        client.push(f"{there}/app:1", image)
        assert client.pull(f"{there}/app:1").manifest == image.manifest

    def test_docker_s_own_login(self, http: Http, there: str, home: Path, docker: Program) -> None:
        # Docker takes any certificate of a loopback registry.
        config = ("--config", str(home / ".docker"))
        docker(*config, "login", "--username", "ann", "--password-stdin", there, stdin=b"se:cret")
        image = make_image([APP])
        Registry(http, self.environ(home), Runner()).push(f"{there}/app:1", image)
        docker(*config, "pull", "--quiet", f"{there}/app:1")
        docker("rmi", "--force", f"{there}/app:1")

    def test_a_wrong_password_and_none(self, http: Http, there: str, home: Path) -> None:
        for auths in ({there: {"auth": base64.b64encode(b"ann:wr0ng").decode()}}, {}):
            self.write(home, auths=auths)
            with pytest.raises(Refused, match="401") as caught:
                Registry(http, self.environ(home), Runner()).push(f"{there}/app:1", make_image([APP]))
            assert f"docker login {there}" in caught.value.fix
            assert "wr0ng" not in str(caught.value)

    def test_an_authority_that_is_not_installed(self, http: Http, there: str, home: Path) -> None:
        with pytest.raises(RemoteFailed, match="HTTPS server") as caught:  # loopback: without TLS, unless installed
            Registry(http, {}, Runner()).resolve(f"{there}/app:1")
        assert f"certs.d/{there}/ca.crt" in caught.value.fix
        other = make_authority(home / "other").ca_file
        shutil.copy(other, home / ".docker" / "certs.d" / there / "ca.crt")
        with pytest.raises(RemoteFailed, match="not trusted"):
            Registry(http, self.environ(home), Runner()).resolve(f"{there}/app:1")


class Door:
    """A way to a registry that breaks off: each of the next `cuts` connections that carry so many bytes up or down."""

    def __init__(self, registry: str) -> None:
        host, _, port = registry.partition(":")
        self.registry = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        self.cuts: list[tuple[str, int]] = []

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.registry)
                for source, target, way in ((near, far, "up"), (far, near, "down")):
                    threading.Thread(target=self.carry, args=(source, target, way), daemon=True).start()

    def carry(self, source: socket.socket, target: socket.socket, way: str) -> None:
        total = 0
        with suppress(OSError), source, target:
            while data := source.recv(1 << 16):
                target.sendall(data)
                total += len(data)
                with self.lock:
                    cut = next((cut for cut in self.cuts if cut[0] == way and total >= cut[1]), None)
                    if cut:
                        self.cuts.remove(cut)
                if cut:
                    for end in (source, target):
                        end.shutdown(socket.SHUT_RDWR)
                    return


@contextmanager
def breaking(registry: str) -> Iterator[Door]:
    door = Door(registry)
    thread = threading.Thread(target=door.serve)
    thread.start()
    try:
        yield door
    finally:
        with suppress(OSError):
            door.listener.shutdown(socket.SHUT_RDWR)
        door.listener.close()
        thread.join()


class TestBroken:
    def test_an_upload_that_breaks_half_way_arrives_whole(self, client: Registry, registry: str, fresh: str) -> None:
        image = make_image([random_layer(4_000_000, fresh), APP])
        with breaking(registry) as door:
            door.cuts += [("up", 1_500_000), ("up", 3_000_000)]
            name = f"{door.host}/{fresh}:1"
            report = client.push(name, image)
            assert door.cuts == []
            assert report.bytes_sent > 4_000_000 + 1_500_000
            ((_, pulled),) = images_of(client.open(name))
            assert [digest_of(b"".join(layer.chunks())) for layer in pulled.layers] == [
                layer.descriptor.digest for layer in image.layers
            ]

    def test_a_download_that_breaks_half_way_goes_on(self, client: Registry, registry: str, fresh: str) -> None:
        with breaking(registry) as door:
            name = f"{door.host}/{fresh}:1"
            client.push(name, make_image([BASE]))
            layer = client.pull(name).layers[0]
            door.cuts += [("down", 1_000_000), ("down", 1_000_000)]
            assert b"".join(layer.chunks()) == BASE.data
            assert door.cuts == []

    def test_a_push_that_was_given_up_is_taken_up_again(self, client: Registry, registry: str, fresh: str) -> None:
        image = make_image([random_layer(2_000_000, fresh), BASE, APP])
        name = f"{fresh}:1"
        with breaking(registry) as door:
            door.cuts += [("up", 1_000_000)] * 100
            impatient = Http(environ={}, retries=0, sleep=lambda _: None)
            with pytest.raises(RemoteFailed):
                Registry(impatient, {}, Runner()).push(f"{door.host}/{name}", image)
            impatient.close()
        with pytest.raises(Refused, match="404"):
            client.resolve(f"{registry}/{name}")
        client.push(f"{registry}/{name}", image)
        layers = client.pull(f"{registry}/{name}").layers
        assert [b"".join(layer.chunks()) for layer in layers] == [b"".join(layer.chunks()) for layer in image.layers]
