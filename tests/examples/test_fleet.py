"""The fleet passes its own tests, and three of its services are built as every one of them is: together, and each anew
only when something changed that it is made of."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from tests.support.debmirror import DebMirror
from tests.support.world import base_packages

EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet"
SERVICES = ("auth", "order", "pricing")
# The words of go and of Lading for a module proxy or an index out of reach; all else is a fault of ours.
OUT_OF_REACH = re.compile(r"dial tcp|no such host|connection refused|cannot be reached|i/o timeout")
STATIC_SUITE = "trixie"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Built:
    """What `lading build` told of each service, and where the images are."""

    services: Mapping[str, Mapping[str, Any]]
    layout: Path

    def digest(self, service: str) -> str:
        return str(self.services[service]["digest"])

    def steps(self, service: str) -> Mapping[str, Mapping[str, Any]]:
        return {step["step"]: step for step in self.services[service]["steps"]}

    def made(self) -> dict[str, int]:
        """How many programs were made for each service for which any was."""
        found = {name: int(self.steps(name)["programs"]["made"]) for name in self.services}
        return {name: count for name, count in found.items() if count}

    def blob(self, digest: str) -> bytes:
        return (self.layout / "blobs" / digest.replace(":", "/")).read_bytes()

    def files(self, service: str) -> dict[str, tarfile.TarInfo]:
        """Every file of an image, by its path, layer upon layer."""
        manifest = json.loads(self.blob(self.digest(service)))
        found: dict[str, tarfile.TarInfo] = {}
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer["digest"]))) as archive:
                found |= {entry.name: entry for entry in archive if entry.isfile()}
        return found


@dataclass(frozen=True)
class Fleet:
    """A copy of the example with fewer services, a Debian mirror of this test's own, and an empty store."""

    folder: Path
    mirror: DebMirror

    @cached_property
    def env(self) -> dict[str, str]:
        root = self.folder.parent
        told = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("LADING_")},
            "GOCACHE": told,  # compiled packages of the standard library are the same for all who test
            "LADING_STORE": str(root / "store"),
            "LADING_DEBIAN_MIRROR": f"{self.mirror.url}/debian",
            "LADING_DEBIAN_KEYS": str(root / "keys.pgp"),
        }

    def run(self, *words: str) -> str:
        """Run a program in the folder, which must succeed; what it printed."""
        done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode and OUT_OF_REACH.search(done.stdout + done.stderr):
            pytest.skip(f"{words[0]}: no module proxy is in reach")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def build(self) -> Built:
        """`lading build` of all services."""
        layout = self.folder.with_name("layout")
        shutil.rmtree(layout, ignore_errors=True)
        told = self.run(sys.executable, "-m", "lading", "build", "--format", "json", "--output", str(layout))
        return Built({one["service"]: one for one in json.loads(told)["builds"]}, layout)

    def replace(self, path: str, old: str, new: str) -> None:
        """Change one place of a file."""
        file = self.folder / path
        text = file.read_text()
        assert text.count(old) == 1, path
        file.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    if shutil.which("go") is None:
        pytest.skip("go is not on this machine")
    root = tmp_path_factory.mktemp("examples")
    folder = root / "fleet"
    shutil.copytree(EXAMPLE, folder)
    for service in (folder / "services").iterdir():
        if service.name not in SERVICES:
            shutil.rmtree(service)
    with DebMirror(root / "mirror", suite=STATIC_SUITE, architectures=("amd64", "arm64"), now=time.time()) as mirror:
        (root / "keys.pgp").write_bytes(mirror.keys[0])
        for package in base_packages():
            mirror.add(package)
        mirror.publish()
        yield Fleet(folder, mirror)


@pytest.fixture(scope="module")
def built(fleet: Fleet) -> Built:
    return fleet.build()


def test_its_own_tests_pass() -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not on this machine")
    for words in (["vet", "./..."], ["test", "./..."]):
        command = ["go", "-C", str(EXAMPLE), *words]
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        done = subprocess.run(command, env={**env, "GOFLAGS": ""}, capture_output=True, text=True, check=False)
        if done.returncode and OUT_OF_REACH.search(done.stderr):
            pytest.skip("go: no module proxy is in reach")
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok  ") >= 18
    told = subprocess.run(["gofmt", "-l", "."], cwd=EXAMPLE, capture_output=True, text=True, check=True)
    assert told.stdout == ""


def test_each_image_has_its_own_three_programs_and_next_to_nothing_else(built: Built) -> None:
    assert sorted(built.services) == sorted(SERVICES)
    for service in SERVICES:
        files = built.files(service)
        programs = {name for name, entry in files.items() if entry.mode & 0o111}
        assert programs == {f"app/{service}", "app/worker", "app/migrate", "lading/probe"}
        assert {name for name in files if name.startswith("app/")} == programs - {"lading/probe"}
        rest = sum(entry.size for name, entry in files.items() if name not in programs)
        assert rest <= MEGABYTE
        assert not [name for name in files if name.endswith((".go", ".mod", ".sum", ".sql"))]
        assert {(entry.uid, entry.gid, entry.mode & 0o022) for entry in files.values()} == {(0, 0, 0)}


def test_a_server_alone_would_be_under_the_records_twenty_megabytes(built: Built) -> None:
    for service in SERVICES:
        files = built.files(service)
        beside = files["app/worker"].size + files["app/migrate"].size
        assert built.services[service]["platforms"][0]["unpacked"] - beside < 20 * MEGABYTE


def test_programs_of_one_name_are_each_services_own(built: Built, fleet: Fleet) -> None:
    """Every service has a `worker`: none may have gone over another."""
    found = {}
    for service in SERVICES:
        manifest = json.loads(built.blob(built.digest(service)))
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(built.blob(layer["digest"]))) as archive:
                for name in ("app/worker", "app/migrate"):
                    if name in archive.getnames():
                        file = archive.extractfile(name)
                        assert file is not None
                        found[service, name] = file.read()
    for (service, name), program in found.items():
        path = f"orders.example/fleet/services/{service}/cmd/{name.removeprefix('app/')}"
        assert f"path\t{path}\n".encode() in program
        assert str(fleet.folder).encode() not in program
    assert len(found) == 2 * len(SERVICES)


def test_processes_port_and_health_are_found(built: Built) -> None:
    for service, asked in (("order", "http://127.0.0.1:8080/healthz"), ("pricing", "grpc://127.0.0.1:9090")):
        manifest = json.loads(built.blob(built.digest(service)))
        config = json.loads(built.blob(manifest["config"]["digest"]))["config"]
        assert config["Cmd"] == [f"/app/{service}"]
        assert config["User"] == "65532:65532"
        assert config["Healthcheck"]["Test"][:3] == ["CMD", "/lading/probe", asked]


def test_only_what_is_made_of_a_change_is_made_anew(built: Built, fleet: Fleet) -> None:
    """One after the other, as a day's work goes: each build is compared with the one before."""
    assert sum(built.made().values()) == 3 * len(SERVICES)
    again = fleet.build()
    assert {name: again.digest(name) for name in SERVICES} == {name: built.digest(name) for name in SERVICES}

    fleet.replace("pkg/pricing/pricing.go", "volumeRebate   = 500", "volumeRebate   = 600")
    shared = fleet.build()
    # Its own worker and server; migrations have nothing to do with prices, and auth has not either.
    assert shared.made() == {"order": 2, "pricing": 2}
    assert shared.digest("auth") == built.digest("auth")
    assert shared.digest("order") != built.digest("order")

    fleet.replace("services/auth/cmd/auth/main.go", '"POST /accounts"', '"POST /people"')
    one = fleet.build()
    assert one.made() == {"auth": 1}
    assert one.digest("order") == shared.digest("order")

    (fleet.folder / "services/order/cmd/migrate/migrations/0002_more.sql").write_text("SELECT 1;\n")
    assert fleet.build().made() == {"order": 1}

    (fleet.folder / "pkg/pricing/more_test.go").write_text("package pricing\n")
    (fleet.folder / "README.md").write_text("# Another text\n")
    assert fleet.build().made() == {}

    fleet.replace("pkg/pricing/pricing.go", "volumeRebate   = 600", "volumeRebate   = 500")
    fleet.replace("services/auth/cmd/auth/main.go", '"POST /people"', '"POST /accounts"')
    (fleet.folder / "services/order/cmd/migrate/migrations/0002_more.sql").unlink()
    back = fleet.build()
    assert {name: back.digest(name) for name in SERVICES} == {name: built.digest(name) for name in SERVICES}
    assert back.made() == {}
