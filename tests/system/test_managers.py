"""A service is the same whoever manages its packages; every lock is built from, offline, by its hashes."""

import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support import locks
from tests.support.locks import Release
from tests.support.world import World

UV = '\n[tool.uv]\nno-index = true\nfind-links = ["vendor"]\n'
"""Where the wheels of these tests are, for uv, which looks them up."""


def released(world: World, *names: str) -> tuple[Release, ...]:
    return tuple(one for one in locks.of_wheels((world.project / "vendor").glob("*.whl")) if one.name in names)


def project_of(world: World, names: tuple[str, ...]) -> tuple[Release, ...]:
    """The service without its own files for uv; what it needs."""
    for file in ("pyproject.toml", "uv.lock"):
        (world.project / file).unlink()
    world.write("uv.toml", UV.replace("[tool.uv]", ""))
    return released(world, *names)


def poetry(world: World, wanted: tuple[Release, ...], version: str = "2.1") -> None:
    project = locks.poetry_project(wanted)
    world.write("pyproject.toml", project)
    world.write("poetry.lock", locks.poetry_lock(wanted, project, version=version))


def old_poetry(world: World, wanted: tuple[Release, ...]) -> None:
    poetry(world, wanted, "1.1")


def pdm(world: World, wanted: tuple[Release, ...]) -> None:
    listed = ", ".join(f'"{one.name}=={one.version}"' for one in wanted)
    project = f'[project]\nname = "svc"\nversion = "1.2.3"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
    world.write("pyproject.toml", f"{project}[tool.pdm]\ndistribution = false\n")
    world.write("pdm.lock", locks.pdm_lock(wanted))


def pipenv(world: World, wanted: tuple[Release, ...]) -> None:
    made_for = locks.pipfile(wanted)
    world.write("Pipfile", made_for)
    world.write("Pipfile.lock", locks.pipfile_lock(wanted, made_for))


def pylock(world: World, wanted: tuple[Release, ...]) -> None:
    world.write("pylock.toml", locks.pylock(wanted, lambda name: f'path = "vendor/{name}"'))


def pip(world: World, wanted: tuple[Release, ...]) -> None:
    world.write("requirements.txt", locks.requirements(wanted))


MANAGERS: Mapping[str, Callable[[World, tuple[Release, ...]], None]] = {
    "poetry": poetry, "old poetry": old_poetry, "pdm": pdm, "pipenv": pipenv, "pylock": pylock, "pip": pip,
}  # fmt: skip
NAMES = ("fastapi", "greet", "uvicorn")


def layers(world: World, name: str = "out.tar") -> dict[str, str]:
    """The layers of the image that the archive has: digests by title."""
    target = world.root / name
    done = world.lading("build", "--format", "json", "--output", target)
    assert done.code == 0, done.err
    (report,) = json.loads(done.out)["builds"]
    return {layer["title"]: layer["digest"] for layer in report["platforms"][0]["layers"]}


@pytest.mark.parametrize("manager", MANAGERS)
def test_whoever_locked_them_the_same_packages_are_the_same_layer(world: World, manager: str) -> None:
    with_uv = layers(world)
    MANAGERS[manager](world, project_of(world, NAMES))
    assert layers(world)["dependencies"] == with_uv["dependencies"]
    assert world.build() == world.build("--locked")


@pytest.mark.parametrize("manager", [name for name in MANAGERS if name != "pylock"])
def test_a_file_with_another_hash_than_the_locked_one_is_refused(world: World, manager: str) -> None:
    wanted = project_of(world, NAMES)
    MANAGERS[manager](world, wanted)
    world.wheel("greet", files={"greet/deep/__init__.py": b"import os\n"})
    told = world.refused("build", code=5)
    assert "no file of greet 1.0 with a hash that the lock has" in told
    assert world.images() == []


def test_development_does_not_ship_with_poetry(world: World) -> None:
    wanted = project_of(world, NAMES)
    world.wheel("pytest")
    every = (*wanted, *released(world, "pytest"))
    group = '\n[tool.poetry.group.dev.dependencies]\npytest = "1.0"\n'
    project = locks.poetry_project(wanted) + group
    world.write("pyproject.toml", project)
    world.write("poetry.lock", locks.poetry_lock(every, project))
    assert names_in(world) == set(NAMES)
    world.write("lading.toml", 'groups = ["dev"]\n')
    assert names_in(world) == {*NAMES, "pytest"}


def names_in(world: World) -> set[str]:
    """The packages in the environment of the image."""
    target = world.root / "image"
    world.build("--output", target)
    (manifest,) = json.loads((target / "index.json").read_text())["manifests"]
    found: set[str] = set()
    for layer in _json(target, manifest["digest"])["layers"]:
        with tarfile.open(_blob(target, layer["digest"])) as archive:
            found |= {name.split("/")[-2] for name in archive.getnames() if name.endswith(".dist-info/RECORD")}
    return {name.partition("-")[0] for name in found}


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _json(layout: Path, digest: str) -> Any:
    return json.loads(_blob(layout, digest).read_text())


def test_a_stale_lock_of_poetry_is_told(world: World) -> None:
    wanted = project_of(world, NAMES)
    poetry(world, wanted)
    text = (world.project / "pyproject.toml").read_text()
    world.write("pyproject.toml", text + 'redis = "*"\n')
    told = world.refused("build", code=2)
    assert "poetry.lock is stale: pyproject.toml has changed since (redis was added)" in told
    assert "do: poetry lock" in told
    world.write("pyproject.toml", text.replace('greet = "1.0"', 'greet = "^1.0"'))
    assert "what it hashes of the project is not the same" in world.refused("build", code=2)


def test_a_list_without_hashes_is_built_and_never_called_a_lock(world: World) -> None:
    wanted = project_of(world, NAMES)
    world.write("requirements.txt", locks.requirements(wanted, hashed=False))
    done = world.lading("build")
    assert done.code == 0, done.err
    assert "requirements.txt is no lock: it has no hashes for fastapi, greet, uvicorn" in done.out + done.err
    assert names_in(world) == set(NAMES)
    assert "requirements.txt is no lock" in world.lading("plan").out


def test_lists_include_others_and_a_changed_one_is_seen(world: World) -> None:
    first, second, third = project_of(world, NAMES)
    world.write("requirements.txt", f"-r needs/web.txt\n{locks.requirements([first])}")
    world.write("needs/web.txt", f"# the server\n-r more.txt\n{locks.requirements([second])}")
    world.write("needs/more.txt", locks.requirements([third]))
    assert names_in(world) == set(NAMES)
    world.write("needs/more.txt", "")
    world.write("lading.toml", 'command = ["python", "-m", "app.main"]\n')
    assert names_in(world) == {first.name, second.name}
