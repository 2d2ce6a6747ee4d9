"""On a company's own base in a registry: its layers are referenced and mounted, neither downloaded nor uploaded."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.counting import counting
from tests.engine.service import ALONE, CLOSED, Built, Json, append, container, copy_of_example
from tests.support.registry import registry as counting_registry

Tools = Callable[[str], Program]
BASE = "company/python:3.13"
SMALL = 400_000
"""Bytes for manifests, configurations and the talk of HTTP."""


@pytest.fixture(scope="module")
def base(slim: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's base as a layout: Debian with Python and a shell, in one layer."""
    layout = tmp_path_factory.mktemp("company") / "layout"
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def keep(data: bytes) -> Json:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    manifest, config = slim.manifests["amd64"], slim.config("amd64")
    keep(slim.blob(manifest["layers"][0]["digest"]))
    config |= {"rootfs": {"type": "layers", "diff_ids": config["rootfs"]["diff_ids"][:1]}, "history": []}
    config["config"] = {"Env": ["PATH=/usr/bin:/bin", "COMPANY=yes"], "Cmd": ["python3"], "Labels": {"team": "base"}}
    described = keep(json.dumps(config).encode()) | {"mediaType": manifest["config"]["mediaType"]}
    manifest |= {"config": described, "layers": manifest["layers"][:1]}
    entry = keep(json.dumps(manifest).encode()) | {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "annotations": {"org.opencontainers.image.ref.name": "3.13"},
    }
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return layout


def layer_of(base: Path) -> Json:
    """The base's one layer."""
    (entry,) = json.loads((base / "index.json").read_text())["manifests"]
    manifest = json.loads((base / "blobs" / entry["digest"].replace(":", "/")).read_text())
    (layer,) = manifest["layers"]
    return dict(layer)


@pytest.fixture
def cold(lading: Program, tmp_path: Path) -> Program:
    """The command line with an empty store, so that nothing of the base is there from other builds."""
    return Program(path=lading.path, environ={**lading.environ, "LADING_STORE": str(tmp_path / "store")})


def on_base(folder: Path, host: str, lading: Program) -> Path:
    """The service on the company's base at that registry, locked."""
    settings = f'base = "{host}/{BASE}"\ninterpreter = "/usr/bin/python3.13"'
    copy_of_example(folder, lading, settings)
    lading("lock", cwd=folder)
    return folder


def pushed(lading: Program, folder: Path, name: str) -> Mapping[str, int]:
    """Build and push; the bytes of each layer that was made."""
    (report,) = json.loads(lading("build", "--push", "--format", "json", "-t", name, cwd=folder))["builds"]
    (platform,) = report["platforms"]
    return {layer["digest"]: int(layer["size"]) for layer in platform["layers"]}


def test_the_layers_of_the_base_are_mounted(base: Path, cold: Program, tool: Tools, tmp_path: Path) -> None:
    with counting_registry() as there:
        tool("skopeo")("copy", f"oci:{base}:3.13", f"docker://{there.host}/{BASE}")
        there.mark()
        folder = on_base(tmp_path / "riskshield", there.host, cold)
        layers = pushed(cold, folder, f"{there.host}/team/riskshield:1")
        layer = layer_of(base)
        assert layer["digest"] in layers
        assert there.count("GET", f"blobs/{layer['digest']}") == 0
        assert [line for line in there.asked if "mount=" in line and layer["digest"].partition(":")[2] in line]
        own = sum(layers.values()) - layer["size"]
        assert own <= there.received < own + SMALL
        assert there.given < SMALL
        # The base's blob is there all the same: it is the one that the company pushed.
        assert layer["digest"] in there.repository("team/riskshield")


def test_a_real_registry_mounts_them_and_docker_runs_the_image(
    base: Path, cold: Program, tool: Tools, registry: str, tmp_path: Path
) -> None:
    tool("skopeo")("copy", f"oci:{base}:3.13", f"docker://{registry}/{BASE}")
    with counting(registry) as door:
        folder = on_base(tmp_path / "riskshield", door.host, cold)
        name = f"team/riskshield-{secrets.token_hex(4)}:1"
        layers = pushed(cold, folder, f"{door.host}/{name}")
        own = sum(layers.values()) - layer_of(base)["size"]
        assert own <= door.up < own + SMALL
        assert door.down < SMALL

        door.mark()
        append(folder / "src" / "main.py", "# another line")
        again = pushed(cold, folder, f"{door.host}/{name}")
        (new,) = again.keys() - layers.keys()
        assert door.up < again[new] + SMALL
        assert door.down < SMALL
    docker = tool("docker")
    docker("pull", "--quiet", f"{registry}/{name}")
    try:
        with container(docker, f"{registry}/{name}", *CLOSED, *ALONE) as service:
            config = service.inspect()["Config"]
            assert "COMPANY=yes" in config["Env"]
            assert config["Labels"]["team"] == "base"
            assert config["User"] == "1000:1000"
            service.wait()
            assert service.get("/health")[0] == 200
    finally:
        docker("rmi", "--force", f"{registry}/{name}")


def test_another_registry_gets_the_base_streamed_across(
    base: Path, cold: Program, tool: Tools, start_own_registry: Callable[..., str], tmp_path: Path
) -> None:
    registry, other = start_own_registry(), start_own_registry()
    tool("skopeo")("copy", f"oci:{base}:3.13", f"docker://{registry}/{BASE}")
    with counting(registry) as source, counting(other) as target:
        folder = on_base(tmp_path / "riskshield", source.host, cold)
        layers = pushed(cold, folder, f"{target.host}/team/riskshield:1")
        size = layer_of(base)["size"]
        assert size <= source.down < size + SMALL
        assert sum(layers.values()) <= target.up < sum(layers.values()) + SMALL
        assert source.up < SMALL
    copy = tmp_path / "copy"
    tool("skopeo")("copy", f"docker://{other}/team/riskshield:1", f"oci:{copy}:1")
    assert cold("validate", copy)
