import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.engines import install_engine
from tests.support.images import ARM64, MemoryLayer, layer_of, make_image, make_index, random_layer

from lading.digest import digest_of
from lading.errors import StepFailed, UsageError, VerificationFailed
from lading.oci.load import is_local, load
from lading.oci.partial import manifest_descriptor
from lading.proc import Runner

BASE = random_layer(200_000, "base")
APP = layer_of({"app": b"1"})


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    return {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}


@pytest.fixture(autouse=True)
def no_engine_of_this_machine(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", env["PATH"].partition(":")[0])  # programs are looked up in this process's own PATH
    for name in ("DOCKER_HOST", "CONTAINER_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_only_missing_layers_are_sent(tmp_path: Path, env: dict[str, str]) -> None:
    engine = install_engine(tmp_path, "docker")
    moved: list[int] = []
    first = make_image([BASE, APP])
    report = load(first, "team/app:1", runner=Runner(), env=env, moved=moved.append)
    assert (report.engine, report.way, report.layers_sent, report.layers_present) == ("docker", "pull", 2, 0)
    assert report.bytes_sent == sum(moved) == sum(map(len, (BASE.data, APP.data, first.config, first.manifest)))
    second = make_image([BASE, layer_of({"app": b"2"})])
    report = load(second, "team/app:1", runner=Runner(), env=env)
    assert (report.layers_sent, report.layers_present) == (1, 1)
    assert report.bytes_sent < 5000
    assert engine.names == {"team/app:1": digest_of(second.manifest)}  # the name that was pulled is gone
    assert engine.blobs[BASE.descriptor.digest] == BASE.data
    assert report.told == "loaded team/app:1 into docker (1 layer sent, 1 there already)"


def test_the_same_image_again_sends_no_layer(tmp_path: Path, env: dict[str, str]) -> None:
    install_engine(tmp_path, "docker")
    for expected in ((2, 0), (0, 2)):
        report = load(make_image([BASE, APP]), "app:1", runner=Runner(), env=env)
        assert (report.layers_sent, report.layers_present) == expected


def test_of_an_index_only_the_engine_s_platform_is_sent(tmp_path: Path, env: dict[str, str]) -> None:
    engine = install_engine(tmp_path, "docker", architecture="arm64")
    index = make_index([BASE, APP])
    report = load(index, "app:1", runner=Runner(), env=env)
    assert engine.names == {"app:1": index.images[1][0].digest}
    assert index.images[0][0].digest not in engine.blobs
    assert report.layers_sent == 2


@pytest.mark.parametrize("host", ["tcp://build.example:2376", "ssh://build.example"])
def test_a_remote_engine_gets_the_archive(tmp_path: Path, env: dict[str, str], host: str) -> None:
    engine = install_engine(tmp_path, "docker", architecture="arm64")
    index = make_index([BASE, APP])
    report = load(index, "team/app:1", runner=Runner(), env={**env, "DOCKER_HOST": host})
    assert (report.way, report.layers_sent, report.layers_present) == ("archive", 2, 0)
    assert report.bytes_sent > len(BASE.data)
    assert engine.names == {"docker.io/team/app:1": index.images[1][0].digest}
    assert not any(line.startswith("pull") for line in engine.commands)


def test_an_engine_in_a_virtual_machine_gets_the_archive(tmp_path: Path, env: dict[str, str]) -> None:
    engine = install_engine(tmp_path, "docker", elsewhere=True)
    report = load(make_image([BASE]), "team/app:1", runner=Runner(), env=env)
    assert report.way == "archive"
    assert [line.split()[0] for line in engine.commands] == ["pull", "load"]


def test_podman_is_taken_where_docker_is_not_there(tmp_path: Path, env: dict[str, str]) -> None:
    engine = install_engine(tmp_path, "podman")
    report = load(make_image([BASE]), "app:1", runner=Runner(), env=env)
    assert report.engine == "podman"
    assert "--tls-verify=false" in engine.commands[0]
    assert list(engine.names) == ["app:1"]


def test_podman_is_taken_where_docker_does_not_run(tmp_path: Path, env: dict[str, str]) -> None:
    install_engine(tmp_path, "docker", broken=True)
    install_engine(tmp_path, "podman")
    assert load(make_image([BASE]), "app:1", runner=Runner(), env=env).engine == "podman"


def test_the_engine_that_was_asked_for(tmp_path: Path, env: dict[str, str]) -> None:
    docker = install_engine(tmp_path, "docker")
    install_engine(tmp_path, "podman")
    load(make_image([BASE]), "app:1", runner=Runner(), env=env, engine="podman")
    assert docker.commands == []


def test_no_engine_at_all_is_told_with_the_words_of_each(tmp_path: Path, env: dict[str, str]) -> None:
    install_engine(tmp_path, "podman", broken=True)
    with pytest.raises(StepFailed, match="no engine takes the image") as caught:
        load(make_image([BASE]), "app:1", runner=Runner(), env=env)
    assert "cannot start docker" in caught.value.what
    assert "Cannot connect to the daemon" in caught.value.what
    assert "lading doctor" in caught.value.fix


def test_an_index_without_the_engine_s_platform_is_told(tmp_path: Path, env: dict[str, str]) -> None:
    install_engine(tmp_path, "docker", architecture="s390x")
    with pytest.raises(UsageError, match="no image for linux/s390x"):
        load(make_index([BASE], ARM64), "app:1", runner=Runner(), env=env)


class LyingLayer(MemoryLayer):
    def chunks(self) -> Iterator[bytes]:
        yield self.data[:-1] + b"!"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_layer_that_is_not_what_it_says_is_told_as_such(tmp_path: Path, env: dict[str, str], elsewhere: bool) -> None:
    engine = install_engine(tmp_path, "docker", elsewhere=elsewhere)
    with pytest.raises(VerificationFailed, match="not what was promised"):
        load(make_image([LyingLayer(BASE.data, BASE.diff_id)]), "app:1", runner=Runner(), env=env)
    assert engine.names == {}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("", True),
        ("unix:///var/run/docker.sock", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://localhost:2375", True),
        ("tcp://[::1]:2375", True),
        ("tcp://10.0.0.1:2375", False),
        ("ssh://build.example", False),
        ("tcp://[::1", False),
    ],
)
def test_where_an_engine_may_be(host: str, local: bool) -> None:
    assert is_local("docker", {"DOCKER_HOST": host}) is local
    assert is_local("podman", {"CONTAINER_HOST": host}) is local
    assert is_local("podman", {"DOCKER_HOST": "ssh://x"}) is True


def test_no_port_stays_open(tmp_path: Path, env: dict[str, str]) -> None:
    engine = install_engine(tmp_path, "docker")
    image = make_image([BASE])
    load(image, "app:1", runner=Runner(), env=env)
    (pulled,) = (line.split()[-1] for line in engine.commands if line.startswith("pull"))
    assert pulled.endswith(manifest_descriptor(image).digest)
    port = int(pulled.partition("/")[0].rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
