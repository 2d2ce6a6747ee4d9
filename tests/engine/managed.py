"""The reference service as teams with other managers have it: the same packages, another lock."""

import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli
from packaging.markers import Marker
from tests.engine.conftest import Program
from tests.engine.service import copy_of_example
from tests.support import locks
from tests.support.locks import Release

LIBRARY = """\
[project]
name = "wording"
version = "0.3"
requires-python = ">=3.11"
dependencies = ["idna"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
ROOT = """\
[tool.uv]
exclude-newer = "2026-11-01T00:00:00Z"

[tool.uv.workspace]
members = ["services/*", "libs/*"]
"""


def managed_service(manager: str, folder: Path, lading: Program, settings: str) -> None:
    """A fresh copy of the service in `folder`, with the lock of that manager and a lading.lock."""
    copy_of_example(folder, lading, settings)
    if manager == "a member":
        _workspace(folder, lading)
    else:
        _KINDS[manager](folder, *_exported(folder, lading))
        (folder / "uv.lock").unlink(missing_ok=True)
    lading("lock", cwd=folder)


def _exported(folder: Path, lading: Program) -> tuple[tuple[Release, ...], Mapping[str, str]]:
    """What the service has for production on this machine, and where each file is."""
    uv = Program(path=lading.path.with_name("uv"), environ=lading.environ)
    text = uv("export", "--frozen", "--no-dev", "--no-emit-project", "--quiet", "--format", "pylock.toml", cwd=folder)
    releases, places = [], {}
    for package in tomli.loads(text)["packages"]:
        if Marker(package.get("marker", "python_version > '3'")).evaluate({"python_version": "3.13"}):
            files = {_name(file): file for file in _files(package)}
            places.update({name: str(file["url"]) for name, file in files.items()})
            hashes = {name: f"sha256:{file['hashes']['sha256']}" for name, file in files.items()}
            releases.append(Release(package["name"], package["version"], hashes))
    return tuple(releases), places


def _files(package: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]


def _name(file: Mapping[str, Any]) -> str:
    return str(file["url"]).rpartition("/")[2]


def _poetry(folder: Path, wanted: tuple[Release, ...], _: Mapping[str, str]) -> None:
    project = locks.poetry_project(wanted, "riskshield")
    (folder / "pyproject.toml").write_text(project)
    (folder / "poetry.lock").write_text(locks.poetry_lock(wanted, project))


def _pdm(folder: Path, wanted: tuple[Release, ...], _: Mapping[str, str]) -> None:
    listed = ", ".join(f'"{one.name}=={one.version}"' for one in wanted)
    project = f'[project]\nname = "riskshield"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.pdm]\ndistribution = false\n")
    (folder / "pdm.lock").write_text(locks.pdm_lock(wanted))


def _pipenv(folder: Path, wanted: tuple[Release, ...], places: Mapping[str, str]) -> None:
    (folder / "pyproject.toml").unlink()
    # The index that this machine's tools ask anyway.
    made_for = re.sub(r"\[\[source\]\].*?\n\n", "", locks.pipfile(wanted), flags=re.DOTALL)
    (folder / "Pipfile").write_text(made_for)
    (folder / "Pipfile.lock").write_text(locks.pipfile_lock(wanted, made_for))


def _pylock(folder: Path, wanted: tuple[Release, ...], places: Mapping[str, str]) -> None:
    (folder / "pyproject.toml").unlink()
    wheels = tuple(
        one._replace(files={name: digest for name, digest in one.files.items() if name.endswith(".whl")})
        for one in wanted
    )
    (folder / "pylock.toml").write_text(locks.pylock(wheels, lambda name: f'url = "{places[name]}"'))


def _pip(folder: Path, wanted: tuple[Release, ...], _: Mapping[str, str]) -> None:
    (folder / "pyproject.toml").unlink()
    (folder / "requirements.txt").write_text(locks.requirements(wanted))


_KINDS: Mapping[str, Callable[[Path, tuple[Release, ...], Mapping[str, str]], None]] = {
    "poetry": _poetry, "pdm": _pdm, "pipenv": _pipenv, "pylock": _pylock, "pip": _pip,
}  # fmt: skip
MANAGERS = (*_KINDS, "a member")


def _workspace(folder: Path, lading: Program) -> None:
    """The service as a member of a workspace, beside a library that it needs and another service."""
    moved = folder.with_name(f"{folder.name}-moved")
    folder.rename(moved)
    service, library, other = folder / "services/riskshield", folder / "libs/wording", folder / "services/other"
    service.parent.mkdir(parents=True)
    moved.rename(service)
    shutil.move(service / "lading.toml", folder / "lading.toml")
    (service / "uv.lock").unlink()
    (folder / "pyproject.toml").write_text(ROOT)
    text = (service / "pyproject.toml").read_text().replace('"uvicorn>=0.34",', '"uvicorn>=0.34",\n    "wording",')
    text = text.replace(
        '[tool.uv]\nexclude-newer = "2026-11-01T00:00:00Z"', "[tool.uv.sources]\nwording.workspace = true"
    )
    (service / "pyproject.toml").write_text(text)
    (library / "src/wording").mkdir(parents=True)
    (library / "pyproject.toml").write_text(LIBRARY)
    (library / "src/wording/__init__.py").write_text("WORDS = {'one', 'two'}\n")
    other.mkdir()
    (other / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "1"\nrequires-python = ">=3.11"\n')
    uv = Program(path=lading.path.with_name("uv"), environ={**lading.environ, "UV_PYTHON_DOWNLOADS": "never"})
    uv("lock", "--quiet", "--python", sys.executable, cwd=folder)
