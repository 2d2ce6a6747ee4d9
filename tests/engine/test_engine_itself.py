"""The engine that the other tests of this folder rely on does what they take for granted."""

import base64
import json
import platform
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.htpasswd import htpasswd_line
from tests.support.tls import make_authority

Tools = Callable[[str], Program]


@pytest.fixture
def bundle(tool: Tools, busybox_image: str, tmp_path: Path) -> Path:
    """The busybox image as a runtime bundle, made by skopeo and umoci."""
    tool("skopeo")("copy", f"docker://{busybox_image}", f"oci:{tmp_path}/layout:test")
    tool("umoci")("unpack", "--image", f"{tmp_path}/layout:test", tmp_path / "bundle")
    path = tmp_path / "bundle" / "config.json"
    config = json.loads(path.read_text())
    config["process"] |= {"terminal": False, "args": ["/bin/busybox", "id", "-u"], "user": {"uid": 65532, "gid": 65532}}
    path.write_text(json.dumps(config))
    return tmp_path / "bundle"


def test_the_engine_keeps_images_in_containerd(docker: Program) -> None:
    info = json.loads(docker("info", "--format", "{{json .}}"))
    assert ["driver-type", "io.containerd.snapshotter.v1"] in info["DriverStatus"]


def test_a_container_runs_as_the_image_user(docker: Program, busybox_image: str) -> None:
    output = docker("run", "--rm", "--network=host", "--user=65532:65532", "--read-only", busybox_image)
    assert output.startswith("uid=65532")


def test_buildx_builds_with_the_network_of_the_host(docker: Program, busybox_image: str, registry: str) -> None:
    # The step reaches the registry on loopback, as a build that fetches from a mirror beside it would.
    dockerfile = f"FROM {busybox_image}\nRUN ["
    dockerfile += f'"/bin/busybox", "wget", "-O", "/tmp/catalog", "http://{registry}/v2/_catalog"]\n'
    name = f"{registry}/built:test"
    docker("buildx", "build", "--network=host", "--provenance=false", "--tag", name, "-", stdin=dockerfile.encode())
    assert "busybox" in docker("run", "--rm", "--network=host", name, "/bin/busybox", "cat", "/tmp/catalog")


def test_compose_runs_a_service(docker: Program, busybox_image: str, tmp_path: Path) -> None:
    service = {"image": busybox_image, "network_mode": "host", "command": ["/bin/busybox", "echo", "from compose"]}
    (tmp_path / "compose.json").write_text(json.dumps({"name": "enginetest", "services": {"one": service}}))
    compose = ("compose", "--file", tmp_path / "compose.json")
    try:
        assert "from compose" in docker(*compose, "up")
    finally:
        docker(*compose, "down")


def test_the_registry_gives_back_what_was_pushed(docker: Program, busybox_image: str) -> None:
    docker("rmi", "--force", busybox_image)
    assert "Downloaded newer image" in docker("pull", busybox_image)


def test_a_registry_with_tls_and_passwords(start_own_registry: Callable[..., str], tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    (tmp_path / "htpasswd").write_text(htpasswd_line("ann", "secret"))
    host = start_own_registry(certificate=authority.cert_file, key=authority.key_file, htpasswd=tmp_path / "htpasswd")
    context = ssl.create_default_context(cafile=str(authority.ca_file))

    def status(authorization: str | None) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        request = urllib.request.Request(f"https://{host}/v2/", headers=headers)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            with opener.open(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert status(None) == 401
    assert status("Basic " + base64.b64encode(b"ann:wrong").decode()) == 401
    assert status("Basic " + base64.b64encode(b"ann:secret").decode()) == 200


@pytest.mark.parametrize("runtime", ["crun", "runc"])
def test_the_low_level_runtimes_start_a_bundle(runtime: str, tool: Tools, bundle: Path) -> None:
    name = f"lading-{runtime}-{bundle.stat().st_ino}"
    assert tool(runtime)("run", "--bundle", bundle, name).strip() == "65532"


def test_podman_loads_and_runs(tool: Tools, busybox_image: str, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    tool("skopeo")("copy", f"docker://{busybox_image}", f"oci-archive:{archive}:lading.example/busybox:podman")
    podman = tool("podman")
    podman("load", "--input", archive)
    try:
        output = podman("run", "--rm", "--network=host", "--user=65532:65532", "lading.example/busybox:podman")
        assert output.startswith("uid=65532")
    finally:
        podman("rmi", "--force", "lading.example/busybox:podman")


def test_podman_pulls_from_the_registry(tool: Tools, busybox_image: str) -> None:
    tool("podman")("pull", "--quiet", busybox_image)
    assert tool("podman")("run", "--rm", busybox_image, "/bin/busybox", "echo", "pulled").strip() == "pulled"


def test_qemu_runs_a_foreign_program(tool: Tools) -> None:
    assert "aarch64" in tool("qemu-aarch64-static")("--version")


def test_bubblewrap_runs_without_a_daemon(tool: Tools, bundle: Path) -> None:
    output = tool("bwrap")("--bind", bundle / "rootfs", "/", "--unshare-pid", "/bin/busybox", "uname", "-m")
    assert output.strip() == platform.machine()


def test_a_failing_container_tells_its_exit_code(docker: Program, busybox_image: str) -> None:
    done = docker.attempt("run", "--rm", "--network=host", busybox_image, "/bin/busybox", "sh", "-c", "exit 7")
    assert done.returncode == 7
