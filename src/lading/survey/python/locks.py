"""The lock of each Python project, found and read."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from posixpath import dirname, join, normpath, relpath
from typing import NamedTuple

from lading.survey.fingerprint import key_of
from lading.survey.folders import Project, python_locks
from lading.survey.ground import Ground
from lading.survey.python.lockfacts import LockFacts
from lading.survey.python.manager import Manager
from lading.survey.python.managers import manager_of
from lading.survey.python.pins import Pin
from lading.survey.python.project import ProjectFacts
from lading.survey.python.requirementslist import Read


class FoundLock(NamedTuple):
    """A lock: its path relative to the project's folder, whose it is, its facts, and a key of all that it was read
    from."""

    path: str
    manager: Manager
    facts: LockFacts
    key: str

    @property
    def also(self) -> tuple[str, ...]:
        """Further files that it consists of, relative to the project's folder."""
        return tuple(normpath(join(dirname(self.path), path)) for path in self.facts.also)

    @property
    def member(self) -> str:
        """The project's name in the lock of a workspace; nothing where the lock is only its own."""
        root = self.facts.root
        return root.name if root and self.manager == "uv" and len(self.facts.members) > 1 else ""

    @property
    def declared(self) -> str:
        """The file, relative to the project's folder, that says what was locked where there is no pyproject.toml."""
        return "Pipfile" if self.manager == "pipenv" else self.path

    def declared_in(self, project: bool) -> str:
        """The file that says what is to be locked, by name; `project`: there is a pyproject.toml."""
        return "pyproject.toml" if project and self.manager != "pipenv" else self.declared

    def folder_of(self, place: str, one: Project) -> str:
        """The folder of a package that lies in the repository, relative to the repository's root; `place` is it as the
        lock has it."""
        return normpath(join(one.folder, dirname(self.path), place))


class Locks:
    """The locks of one repository. `known` are its projects with a `pyproject.toml`, by folder."""

    def __init__(self, ground: Ground, known: Mapping[str, ProjectFacts]) -> None:
        self._ground = ground
        self._known = known

    def of(self, one: Project) -> FoundLock | None:
        """The lock of a project: its own, that of the workspace that it is a member of, a list of requirements; or
        nothing."""
        own = python_locks(one.files)
        if own and own[0] != "uv.lock" and "uv.lock" not in one.files:
            return self._read(own[0], one)
        root = self._workspace(one)
        if root is not None:
            place = relpath(one.folder, root)
            return self._read(join(relpath(root, one.folder), "uv.lock"), one, place)
        if own:
            return self._read(own[0], one)
        return self._read("requirements.txt", one) if "requirements.txt" in one.files else None

    def _workspace(self, one: Project) -> str | None:
        """The root of the workspace of uv that a project is a member of, if that has a lock.

        https://docs.astral.sh/uv/concepts/projects/workspaces/
        """
        if one.folder not in self._known:
            return None
        for folder in above(one.folder):
            root = self._known.get(folder)
            if root is None or not root.workspace:
                continue
            member = relpath(one.folder, folder)
            if any(matches(member, pattern) for pattern in root.members) and not any(
                matches(member, pattern) for pattern in root.not_members
            ):
                return folder if normpath(join(folder, "uv.lock")) in self._ground.present else None
        return None

    def _read(self, name: str, one: Project, place: str = ".") -> FoundLock:
        manager = manager_of(name)

        def read(path: str) -> bytes | None:
            whole = normpath(join(one.folder, path))
            return self._ground.tree.read(whole) if whole in self._ground.present else None

        if manager == "pip":
            from lading.survey.python.requirementslist import read_listing

            files = read_listing(name, read).files
        else:
            files = (name, PROJECTS.get(manager, "pyproject.toml"))
        digests = [self._ground.digest(normpath(join(one.folder, file))) for file in files]
        key = key_of("lock", manager, name, place, *digests)
        facts = self._ground.memo(key, LockFacts, lambda: read_lock(manager, name, read, place))
        return FoundLock(name, manager, facts, key)


def above(folder: str) -> Iterator[str]:
    """The folders that a folder is in, the nearest first."""
    while folder not in (".", ""):
        folder = dirname(folder) or "."
        yield folder


def matches(path: str, pattern: str) -> bool:
    """Whether a path is meant by a pattern of a workspace: part by part, `**` for any number of them.

    >>> matches("libs/a", "libs/*"), matches("libs/a/b", "libs/*"), matches("libs/a/b", "libs/**")
    (True, False, True)
    """
    return _matches(path.split("/"), normpath(pattern).split("/"))


def _matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if not path or not pattern:
        return not path and all(part == "**" for part in pattern)
    if pattern[0] == "**":
        return _matches(path, pattern[1:]) or _matches(path[1:], pattern)
    return fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


PROJECTS: Mapping[Manager, str] = {"pipenv": "Pipfile"}
"""The file beside a lock that says what was locked, where it is no pyproject.toml."""


def read_lock(manager: Manager, name: str, read: Read, place: str = ".") -> LockFacts:
    """The facts of a lock, whoever made it, for the project in the folder `place`, relative to the lock's. Pure.

    `name` is the lock's path, and `read` gives files by paths that start where it does.
    """
    data = read(name) or b""
    beside = read(join(dirname(name), PROJECTS.get(manager, "pyproject.toml"))) or b""
    match manager:
        case "uv":
            from lading.survey.python.uvlock import read_uv_lock

            return read_uv_lock(data, place)
        case "poetry":
            from lading.survey.python.poetrylock import read_poetry_lock

            return read_poetry_lock(data, beside)
        case "pdm":
            from lading.survey.python.pdmlock import read_pdm_lock

            return read_pdm_lock(data, beside)
        case "pipenv":
            from lading.survey.python.pipfile import read_pipfile_lock

            return read_pipfile_lock(data, beside)
        case "pylock":
            from lading.survey.python.pylockfile import read_pylock

            return read_pylock(data)
        case "pip":
            from lading.survey.python.requirementslist import read_requirements

            return read_requirements(name, read)


def read_pins(manager: Manager, name: str, read: Read) -> Iterator[Pin]:
    """What a lock says of the files of each package, where that is for Lading to read (see `read_lock`). uv reads its
    own lock, and a pylock.toml is what all others are made into."""
    data = read(name) or b""
    match manager:
        case "poetry":
            from lading.survey.python.poetrylock import poetry_pins

            return poetry_pins(data)
        case "pdm":
            from lading.survey.python.pdmlock import pdm_pins

            return pdm_pins(data)
        case "pipenv":
            from lading.survey.python.pipfile import pipenv_pins

            return pipenv_pins(data)
        case "pip":
            from lading.survey.python.requirementslist import pip_pins

            return pip_pins(name, read)
        case "uv" | "pylock":
            return iter(())
