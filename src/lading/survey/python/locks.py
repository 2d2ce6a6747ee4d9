"""The lock of each Python project, found and read."""

from collections.abc import Mapping
from typing import NamedTuple

from lading.survey.fingerprint import key_of
from lading.survey.folders import Project, python_locks
from lading.survey.ground import Ground
from lading.survey.python.lockfacts import LockFacts
from lading.survey.python.managers import Manager, manager_of
from lading.survey.python.project import ProjectFacts


class FoundLock(NamedTuple):
    """A lock: its path relative to the project's folder, whose it is, its facts, and a key of all that it was read
    from."""

    path: str
    manager: Manager
    facts: LockFacts
    key: str


class Locks:
    """The locks of one repository. `known` are its projects with a `pyproject.toml`, by folder."""

    def __init__(self, ground: Ground, known: Mapping[str, ProjectFacts]) -> None:
        self._ground = ground
        self._known = known

    def of(self, one: Project) -> FoundLock | None:
        """The lock of a project, or nothing."""
        for name in python_locks(one.files):
            return self._read(name, one)
        return None

    def _read(self, name: str, one: Project) -> FoundLock:
        tree, manager = self._ground.tree, manager_of(name)
        path, project = one.path(name), one.path("pyproject.toml")
        beside = project in self._ground.present
        key = key_of("lock", manager, tree.digest(path), tree.digest(project) if beside else "")

        def compute() -> LockFacts:
            return read_lock(manager, tree.read(path), tree.read(project) if beside else b"")

        return FoundLock(name, manager, self._ground.memo(key, LockFacts, compute), key)


def read_lock(manager: Manager, data: bytes, project: bytes) -> LockFacts:
    """The facts of a lock, whoever made it; `project` is the pyproject.toml beside it, or nothing. Pure."""
    match manager:
        case "uv":
            from lading.survey.python.uvlock import read_uv_lock

            return read_uv_lock(data)
        case "poetry":
            from lading.survey.python.poetrylock import read_poetry_lock

            return read_poetry_lock(data, project)
        case _:
            return LockFacts(broken="its format is not known")
