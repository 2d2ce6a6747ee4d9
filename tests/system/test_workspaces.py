"""Services of one workspace, and projects that lie beside a service: each image has its own and what it needs."""

import json
from pathlib import Path

import pytest
from tests.support.world import MAIN, PYTHON, World
from tests.system.test_managers import names_in

BACKEND = '''\
"""The smallest build backend there is (PEP 517): the package beside it becomes a wheel."""

import base64
import hashlib
import pathlib
import zipfile

NAME = pathlib.Path("pyproject.toml").read_text().split('name = "')[1].split('"')[0]


def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = f"{NAME}-0.1.dist-info"
    files = {str(path): path.read_bytes() for path in sorted(pathlib.Path(NAME).rglob("*.py"))}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 0.1\\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    rows = []
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}")
    files[f"{info}/RECORD"] = "\\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    wheel = f"{NAME}-0.1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / wheel, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return wheel
'''
ROOT = '[tool.uv]\nno-index = true\nfind-links = ["vendor"]\n[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n'


def service(name: str, *needs: str, more: str = "") -> str:
    listed = ", ".join(f'"{one}"' for one in ("fastapi", "uvicorn", *needs))
    head = f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
    return head + more


def library(world: World, folder: str, name: str, needs: str = "") -> None:
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    head = f'[project]\nname = "{name}"\nversion = "0.1"\nrequires-python = ">=3.11"\ndependencies = [{needs}]\n'
    world.write(f"{folder}/pyproject.toml", head + build)
    world.write(f"{folder}/backend.py", BACKEND)
    world.write(f"{folder}/{name}/__init__.py", "WORDS = 1\n")


@pytest.fixture
def workspace(world: World) -> World:
    """Two services and two libraries; `api` needs `common`, which needs `greet`; nobody needs `lonely`."""
    world.write("pyproject.toml", ROOT)
    world.write(
        "services/api/pyproject.toml", service("api", "common", more="[tool.uv.sources]\ncommon.workspace = true\n")
    )
    world.write("services/api/main.py", MAIN)
    world.write("services/other/pyproject.toml", service("other"))
    world.write("services/other/main.py", MAIN)
    library(world, "libs/common", "common", '"greet"')
    library(world, "libs/lonely", "lonely")
    for file in ("app/main.py", "app/__init__.py"):
        (world.project / file).unlink()
    world.lock_dependencies()
    return world


def layers(world: World, *services: str) -> dict[str, dict[str, str]]:
    """The digest of each layer by title, by service."""
    done = world.lading("build", *services, "--format", "json")
    assert done.code == 0, done.err
    return {
        one["service"]: {layer["title"]: layer["digest"] for layer in one["platforms"][0]["layers"]}
        for one in json.loads(done.out)["builds"]
    }


def test_a_member_has_its_own_and_what_it_needs(workspace: World) -> None:
    assert workspace.lading("lock").code == 0
    assert packages(workspace, "api") == {"fastapi", "uvicorn", "greet", "common"}
    assert packages(workspace, "other") == {"fastapi", "uvicorn"}


def packages(world: World, name: str) -> set[str]:
    world.write("lading.toml", "")
    target = world.root / f"image-{name}"
    world.build(name, "--output", target)
    return names_below(target)


def names_below(layout: Path) -> set[str]:
    """The packages in the environment of an image, by the names of their metadata."""
    import tarfile

    (manifest,) = json.loads((layout / "index.json").read_text())["manifests"]
    own = json.loads((layout / "blobs" / manifest["digest"].replace(":", "/")).read_text())
    found: set[str] = set()
    for layer in own["layers"]:
        with tarfile.open(layout / "blobs" / layer["digest"].replace(":", "/")) as archive:
            found |= {name.split("/")[-2] for name in archive.getnames() if name.endswith(".dist-info/RECORD")}
            assert not any("lonely" in name or "services/" in name for name in archive.getnames())
    return {name.partition("-")[0] for name in found}


def test_a_change_of_one_member_changes_no_other(workspace: World) -> None:
    assert workspace.lading("lock").code == 0
    first = layers(workspace)
    workspace.write("services/other/main.py", MAIN + "A = 1\n")
    second = layers(workspace)
    assert second["api"] == first["api"]
    assert second["other"]["application"] != first["other"]["application"]
    workspace.write("libs/lonely/lonely/__init__.py", "WORDS = 2\n")
    assert layers(workspace) == second
    workspace.write("libs/common/common/__init__.py", "WORDS = 2\n")
    third = layers(workspace)
    assert third["other"] == second["other"]
    assert third["api"]["dependencies"] == second["api"]["dependencies"]
    assert third["api"]["application"] != second["api"]["application"]


def test_what_one_member_comes_to_need_is_no_change_of_another(workspace: World) -> None:
    assert workspace.lading("lock").code == 0
    first = layers(workspace)
    workspace.write("services/other/pyproject.toml", service("other", "greet"))
    assert "uv.lock is stale" in workspace.refused("build", "other", code=2)
    workspace.lock_dependencies()
    second = layers(workspace)
    assert second["api"] == first["api"]
    assert second["other"]["dependencies"] != first["other"]["dependencies"]


def test_a_project_beside_the_service_is_installed_with_it(world: World) -> None:
    """A dependency by path, below the service's own folder."""
    library(world, "libs/common", "common")
    text = (world.project / "pyproject.toml").read_text()
    text = text.replace('"greet"]', '"greet", "common"]') + '[tool.uv.sources]\ncommon = { path = "libs/common" }\n'
    world.write("pyproject.toml", text)
    world.lock_dependencies()
    assert names_in(world) == {"fastapi", "uvicorn", "greet", "common"}
    first = world.build()
    world.write("libs/common/common/__init__.py", "WORDS = 2\n")
    assert world.build() != first


def test_a_project_outside_of_the_repository_is_refused(world: World) -> None:
    outside = world.root / "common"
    library(world, "../common", "common")
    assert (outside / "pyproject.toml").exists()
    text = (world.project / "pyproject.toml").read_text()
    text = text.replace('"greet"]', '"greet", "common"]') + '[tool.uv.sources]\ncommon = { path = "../common" }\n'
    world.write("pyproject.toml", text)
    world.lock_dependencies()
    (world.project / ".git").mkdir()
    told = world.refused("build", code=2)
    assert "common comes from ../common, which is outside of the repository" in told


def test_the_python_of_the_workspace_is_that_of_its_members(workspace: World) -> None:
    done = workspace.lading("survey", "--format", "json")
    found = {one["name"]["value"]: one["python"]["version"]["value"] for one in json.loads(done.out)["services"]}
    assert found == dict.fromkeys(("api", "common", "lonely", "other"), PYTHON)
