"""Copies of the examples with an environment of their own, in which their own tests run."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker
from uv import find_uv_bin

EXAMPLES = Path(__file__).parents[2] / "examples"
# uv's words for a registry out of reach; anything else that it complains about is a fault of ours.
OUT_OF_REACH = ("error sending request", "Network connectivity is disabled", "the network was disabled")
_FOREIGN = ("PYTEST_", "STOCKBOOK_", "NOTES_", "UV_PROJECT_", "VIRTUAL_ENV", "PYTHONPATH")


def copy_of(name: str, folder: Path) -> Path:
    """A copy of an example, as a fresh checkout has it."""
    made = shutil.ignore_patterns(".venv", "__pycache__", ".*_cache", "lading.lock", "node_modules")
    shutil.copytree(EXAMPLES / name, folder / name, ignore=made)
    return folder / name


def install(project: Path, requirements: str) -> None:
    """Make an environment in the project's `.venv`, of exactly these requirements with their hashes.

    Skips the test where no package registry is in reach.
    """
    listed = project / ".venv.txt"
    listed.write_text(requirements)
    flags = ("--require-hashes", "--no-deps", "--python", str(project / ".venv"))
    for command in (("venv", "--quiet", "--python", sys.executable, ".venv"), ("pip", "install", *flags, "-r", listed)):
        done = _run(project, find_uv_bin(), *map(str, command))
        if any(words in done.stderr for words in OUT_OF_REACH):
            pytest.skip(f"uv {command[0]}: no package registry is in reach")
        assert done.returncode == 0, done.stderr
    listed.unlink()


def own_tests(project: Path) -> str:
    """Run a project's own tests, which must pass; what pytest said."""
    done = _run(project, str(project / ".venv/bin/python"), "-m", "pytest", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def poetry_requirements(lock: Path, *groups: str) -> str:
    """What a `poetry.lock` has for these groups and this Python, as requirements with hashes."""
    packages = tomllib.loads(lock.read_text())["package"]
    return "\n".join(_of_poetry(packages, frozenset(groups)))


def _of_poetry(packages: list[dict[str, object]], groups: frozenset[str]) -> Iterator[str]:
    for package in packages:
        marker, wanted, files = package.get("markers"), package["groups"], package["files"]
        assert isinstance(wanted, list)
        assert isinstance(files, list)
        # One marker for all groups is a text; a table has one for each.
        applies = not isinstance(marker, str) or Marker(marker).evaluate()
        if groups.intersection(wanted) and applies:
            hashes = " ".join(f"--hash={file['hash']}" for file in files)
            yield f"{package['name']}=={package['version']} {hashes}"


def _run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program with this interpreter, whatever `.python-version` says: the examples support it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    environment |= {"UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
