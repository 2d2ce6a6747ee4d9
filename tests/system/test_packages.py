"""Images of Debian packages by the whole command line, in a small world."""

import json
import tarfile
from pathlib import Path

import pytest
from tests.support.debmirror import Deb
from tests.support.world import SUITE, World

SETTINGS = f"""\
[images.demo]
suite = "{SUITE}"
packages = ["demo-server"]
entrypoint = ["/usr/sbin/demo"]
command = ["--serve"]
port = 9000
volumes = ["/var/lib/demo"]
health = {{ command = ["/usr/sbin/demo", "--ask"] }}
processes = {{ admin = ["--admin"] }}
directories = {{ "/var/log/demo" = {{ mode = 0o700, owner = "5:6" }} }}
files = {{ "/etc/demo.conf" = {{ source = "deploy/demo.conf" }}, "/etc/motto" = {{ content = "well" }} }}
links = {{ "/usr/bin/demo" = "../sbin/demo" }}
"""


@pytest.fixture
def demo(world: World) -> World:
    """The small world with a packaged server, and an image of it beside the service."""
    for architecture in ("amd64", "arm64"):
        world.mirror.add(Deb(name="libc-bin", architecture=architecture, depends="libc6"))
        files = {"usr/sbin/demo": b"program", "etc/demo.conf": b"the package's", "usr/share/man/man1/demo.1": b""}
        needs = "libc6, adduser"
        world.mirror.add(
            Deb(
                name="demo-server",
                version="2.1-3",
                architecture=architecture,
                depends=needs,
                files=files,
                modes={"usr/sbin/demo": 0o755},
            )
        )
    world.mirror.publish()
    world.write("deploy/demo.conf", "the team's\n")
    world.write("lading.toml", SETTINGS)
    return world


def files_of(archive: Path) -> dict[str, tuple[int, int, int, bytes | str]]:
    """The files of the one layer in an archive: owner, mode, and content or link."""
    with tarfile.open(archive) as outer:
        index = json.loads(_read(outer, "index.json"))
        manifest = json.loads(_read(outer, _path(index["manifests"][0])))
        (layer,) = manifest["layers"]
        opened = outer.extractfile(_path(layer))
        assert opened
        with tarfile.open(fileobj=opened, mode="r:gz") as inner:
            return {
                one.name: (one.uid, one.gid, one.mode, one.linkname or (_read(inner, one.name) if one.isreg() else b""))
                for one in inner
            }


def _path(descriptor: dict[str, str]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    return file.read() if file else b""


def test_an_image_of_packages_has_what_was_declared(demo: World) -> None:
    demo.build("demo", "--output", demo.root / "demo.tar")
    found = files_of(demo.root / "demo.tar")
    assert found["etc/demo.conf"] == (0, 0, 0o644, b"the team's\n")
    assert found["etc/motto"][3] == b"well\n"
    assert found["var/log/demo"][:3] == (5, 6, 0o700)
    assert found["var/lib/demo"][:3] == (65532, 65532, 0o755)
    assert found["usr/bin/demo"][3] == "../sbin/demo"
    assert b"2.1-3" in bytes(found["var/lib/dpkg/status.d/demo-server"][3])  # type: ignore[arg-type]
    assert "usr/share/man/man1/demo.1" not in found
    with tarfile.open(demo.root / "demo.tar") as archive:
        index = json.loads(_read(archive, "index.json"))
        manifest = json.loads(_read(archive, _path(index["manifests"][0])))
        config = json.loads(_read(archive, _path(manifest["config"])))["config"]
    assert (config["Entrypoint"], config["Cmd"]) == (["/usr/sbin/demo"], ["--serve"])
    assert (config["Volumes"], config["ExposedPorts"]) == ({"/var/lib/demo": {}}, {"9000/tcp": {}})
    assert config["Healthcheck"]["Test"] == ["CMD", "/usr/sbin/demo", "--ask"]


def test_it_is_built_beside_the_services_and_again_only_when_something_of_it_changes(demo: World) -> None:
    assert demo.lading("build").code == 0
    assert demo.images() == ["demo", "svc"]
    first = demo.build("demo")
    demo.write("app/main.py", "changed = True\n")
    assert demo.build("demo") == first
    demo.write("deploy/demo.conf", "otherwise\n")
    again = demo.lading("build", "demo", "--explain")
    assert again.digest != first
    assert "deploy/demo.conf" in again.out


def test_it_is_surveyed_planned_measured_and_rendered_by_its_name(demo: World) -> None:
    assert "demo-server" in demo.lading("survey").out
    assert "/var/log/demo, owner 5:6, mode 700" in demo.lading("plan", "demo").out
    text = demo.lading("render", "dockerfile", "demo").out
    assert "COPY --link --chown=0:0 --chmod=644 deploy/demo.conf /etc/demo.conf" in text
    assert demo.lading("render", "dockerfile", "demo", "--write").code == 0
    assert "!deploy/demo.conf" in (demo.project / "demo.Dockerfile.dockerignore").read_text()
    assert (demo.project / "demo.Dockerfile").read_text() == text
    compose = demo.lading("render", "compose").out
    assert "demo-data:/var/lib/demo" in compose
    assert "demo-admin:" in compose
    demo.build("demo")
    assert "demo-server" in demo.lading("size", "demo").out


def test_what_is_wrong_with_it_is_told(demo: World) -> None:
    (demo.project / "deploy/demo.conf").unlink()
    assert "deploy/demo.conf" in demo.refused("build", "demo", code=2)
    demo.write("lading.toml", SETTINGS.replace("demo-server", "demo-sever"))
    (demo.project / "lading.lock").unlink()
    assert "did you mean demo-server?" in demo.refused("build", "demo", code=2)
    demo.write("lading.toml", SETTINGS.replace("images.demo", "images.svc"))
    assert "a service and an image of packages are called svc" in demo.refused("build", code=2)
