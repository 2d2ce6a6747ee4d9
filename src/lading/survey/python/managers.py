"""Who manages the dependencies of Python projects, and the commands that people type. Data."""

from collections.abc import Mapping
from typing import NamedTuple

from lading.survey.python.manager import Manager


class Commands(NamedTuple):
    """What people type: to make the lock anew, and to add a package (`{}`), for running and for developing."""

    title: str
    lock: str
    add: str
    develop: str


COMMANDS: Mapping[Manager, Commands] = {
    "uv": Commands("uv", "uv lock", "uv add {}", "uv add --dev {}"),
    "poetry": Commands("Poetry", "poetry lock", "poetry add {}", "poetry add --group dev {}"),
    "pdm": Commands("PDM", "pdm lock", "pdm add {}", "pdm add --dev {}"),
    "pipenv": Commands("Pipenv", "pipenv lock", "pipenv install {}", "pipenv install --dev {}"),
    "pylock": Commands(
        "pylock.toml",
        "make the pylock.toml anew with the tool that made it",
        "add {} and lock again",
        "add {} to a group and lock again",
    ),
    "pip": Commands(
        "pip",
        "uv pip compile --universal --generate-hashes requirements.in -o requirements.txt",
        "add {} to the requirements",
        "add {} to the requirements",
    ),
}

_LOCKS: Mapping[str, Manager] = {
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv",
}


def manager_of(lock: str) -> Manager:
    """Whose a lock is, by its file's name: `pylock.*.toml` and lists of requirements have many names."""
    name = lock.rpartition("/")[2]
    if name in _LOCKS:
        return _LOCKS[name]
    return "pylock" if name.startswith("pylock.") else "pip"
