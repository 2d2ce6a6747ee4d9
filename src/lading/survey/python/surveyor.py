"""The Python projects of a repository: each one's facts, or what stands against building it."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from lading.survey.fingerprint import key_of
from lading.survey.folders import Project
from lading.survey.ground import Ground, nested_in
from lading.survey.model import Fact
from lading.survey.python.known import module_facts
from lading.survey.python.locks import FoundLock, Locks
from lading.survey.python.project import ProjectFacts
from lading.survey.python.tables import normalised
from lading.survey.verdict import is_project, verdict

if TYPE_CHECKING:
    from lading.survey.model import LocalPart, Locked, PythonFacts, PythonService, Unsupported
    from lading.survey.python.module import ModuleFacts


class PythonSurveyor:
    """Looks at the projects of one repository."""

    def __init__(self, ground: Ground, found: Sequence[Project]) -> None:
        self._ground = ground
        self._known = {one.folder: self._project(one) for one in found if "pyproject.toml" in one.files}
        self._projects = tuple(one for one in found if self.is_project(one))
        self._locks = Locks(ground, self._known)

    def is_project(self, one: Project) -> bool:
        """See `lading.survey.verdict.is_project`. A list of requirements alone may be for anything."""
        if one.files == ("requirements.txt",) and not any(
            path.endswith(".py") for path in self._ground.below(one.folder)
        ):
            return False
        return is_project(one, self._known.get(one.folder), self._known)

    def answers(self, found: Iterable[Project]) -> "list[PythonService | Unsupported]":
        """The answers for the projects among them. One without a lock that is a part of another is no project of its
        own."""
        from lading.survey.model import PythonService, Unsupported

        answers = [self.answer(one) for one in found if self.is_project(one)]
        services = [one for one in answers if isinstance(one, PythonService)]
        parts = {one.at(part.folder) for one in services for part in one.parts}
        unlocked = {one.folder for one in self._projects if self._locks.of(one) is None} & parts
        return [one for one in answers if not (isinstance(one, Unsupported) and one.folder in unlocked)]

    def answer(self, one: Project) -> "PythonService | Unsupported":
        """The facts of a project, or what stands against building it."""
        facts = self._known.get(one.folder)
        lock = self._locks.of(one)
        refused = verdict(one, facts, lock, self._known)
        if refused is not None:
            return refused
        if lock is None:
            raise AssertionError(f"nothing stands against {one.folder}, and it has no lock")
        return self._service(one, facts, lock)

    def _service(self, one: Project, facts: ProjectFacts | None, lock: FoundLock) -> "PythonService":
        from lading.survey.python.conclude import Inputs, conclude

        file = "pyproject.toml" if facts else lock.declared
        project = facts or ProjectFacts()
        name = _folder_name(one)
        if project.name:
            name = Fact(value=project.name, source=f"{file} › {project.table}.name")
        nested = nested_in(one, self._projects)
        paths = frozenset(self._ground.below(one.folder, nested))
        ignored = self._ground.ignored(one.folder)
        python = self._python(_requires(project, lock, file), self._version_files(one.folder))
        packages = self._packages(lock, python.version.value)
        return conclude(
            Inputs(
                folder=one.folder,
                name=name,
                file=file,
                lock=lock,
                parts=self._parts(one, lock, packages),
                project=msgspec.structs.replace(project, name=name.value),
                python=python,
                packages=packages,
                groups=tuple(sorted({*project.groups, *lock.facts.groups})),
                paths=paths,
                modules=self._modules(one, paths, ignored),
                texts={name: self._ground.text(one.path(name)) for name in ("Procfile", ".flaskenv") if name in paths},
                ignored=ignored,
                nested=nested,
            )
        )

    def _parts(self, one: Project, lock: FoundLock, packages: "Sequence[Locked]") -> "tuple[LocalPart, ...]":
        """The projects of the repository that this one brings along: its lock may name others."""
        from lading.survey.model import LocalPart

        found = []
        for node in (node for node in packages if node.place):
            folder = lock.folder_of(node.place, one)
            if folder != one.folder:
                known = self._known[folder]
                found.append(
                    LocalPart(
                        name=node.name,
                        folder=posixpath.relpath(folder, one.folder),
                        package=known.is_package,
                        build_requires=known.requires_to_build if known.is_package else (),
                    )
                )
        return tuple(sorted(found, key=lambda part: part.name))

    def _modules(self, one: Project, paths: frozenset[str], ignored: Sequence[str]) -> Mapping[str, "ModuleFacts"]:
        """The modules that ship: all but what is for development, and what they import of that."""
        from lading.survey.patterns import DEVELOPMENT
        from lading.survey.python.graph import Graph
        from lading.survey.python.module import ModuleFacts
        from lading.tree.patterns import Patterns

        tree, memo = self._ground.tree, self._ground.memo
        hidden, development = Patterns(ignored), Patterns(DEVELOPMENT)
        usable = sorted(path for path in paths if path.endswith(".py") and not hidden.matches(path))
        starts = {path for path in usable if not development.matches(path)}
        read = {path: module_facts(tree, one.path(path), memo) for path in starts}
        while True:
            reached = Graph({**dict.fromkeys(usable, ModuleFacts()), **read}).reached(starts)
            new = reached - read.keys()
            if not new:
                return {path: read[path] for path in sorted(read)}
            read |= {path: module_facts(tree, one.path(path), memo) for path in new}

    def _project(self, one: Project) -> ProjectFacts:
        def compute() -> ProjectFacts:
            from lading.survey.python.project import read_project

            return read_project(self._ground.tree.read(path))

        path = one.path("pyproject.toml")
        return self._ground.memo(key_of("project", self._ground.tree.digest(path)), ProjectFacts, compute)

    def _packages(self, lock: FoundLock, python: str) -> "tuple[Locked, ...]":
        from lading.survey.model import Locked

        def compute() -> tuple[Locked, ...]:
            from lading.survey.python.lockfacts import closure

            return closure(lock.facts, python)

        return self._ground.memo(key_of("packages", lock.key, python), tuple[Locked, ...], compute)

    def _python(self, requires: Fact[str], files: Mapping[str, bytes]) -> "PythonFacts":
        from lading.survey.model import PythonFacts

        def compute() -> PythonFacts:
            from lading.survey.python.python_version import python_facts

            return python_facts(requires, files)

        said = [word for path, data in files.items() for word in (path, data.decode(errors="replace"))]
        return self._ground.memo(key_of("python", requires.value, requires.source, *said), PythonFacts, compute)

    def _version_files(self, folder: str) -> dict[str, bytes]:
        """The files that name a Python version: the service's own, then those of the folders above it."""
        from lading.survey.python.python_version import FILES

        found: dict[str, bytes] = {}
        depth = 0
        while True:
            for name in FILES:
                path = posixpath.join("" if folder == "." else folder, name)
                if path in self._ground.present:
                    found["../" * depth + name] = self._ground.tree.read(path)
            if folder in (".", ""):
                return found
            folder, depth = posixpath.dirname(folder) or ".", depth + 1


def _requires(project: ProjectFacts, lock: FoundLock, file: str) -> Fact[str]:
    """The range of Pythons that a project allows: its own word, else its lock's."""
    if project.requires_python:
        return Fact(value=project.requires_python, source=f"{file} › {project.requires_key}")
    return Fact(value=lock.facts.python, source=lock.path)


def _folder_name(one: Project) -> Fact[str]:
    """The name of a project that has none of its own."""
    name = normalised(posixpath.basename(one.folder).strip("-._"))
    if one.folder == "." or not name:
        return Fact(value="app", source="nothing names it", certainty="assumed")
    return Fact(value=name, source="the folder's name", certainty="found")
