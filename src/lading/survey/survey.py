"""A source tree becomes a survey. What was read once is not parsed again: every step is remembered by its content."""

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from lading.digest import Digest
from lading.survey.fingerprint import fingerprint, key_of
from lading.survey.model import Fact, Survey
from lading.tree import Tree, is_utf8

if TYPE_CHECKING:
    from lading.survey.folders import Project
    from lading.survey.model import Locked, PythonFacts, Service, Unsupported
    from lading.survey.python.module import ModuleFacts
    from lading.survey.python.project import ProjectFacts
    from lading.survey.python.uvlock import LockFacts

T = TypeVar("T")


class Memo(Protocol):
    """Remembers what is costly: a value by its key, of a type that msgspec can write (`Store.memo` is one)."""

    def __call__(self, key: Digest, kind: type[T], compute: Callable[[], T], /) -> T:
        """The remembered value, or `compute()`, remembered."""


def forget(_key: Digest, _kind: type[T], compute: Callable[[], T], /) -> T:
    """A memo without memory, for those who survey once."""
    return compute()


def survey(tree: Tree, *, memo: Memo = forget, asked: Sequence[str] = ()) -> Survey:
    """What is in a repository. `asked` are folders that somebody has named, by standing in them or in lading.toml.

    Projects that cannot be built are told of in `unsupported` and are no error. Raises `UsageError` only when the tree
    cannot be read.
    """
    key = fingerprint(tree, ["whole", *sorted(asked)])
    return memo(key, Survey, lambda: _Surveyor(tree, memo).survey(asked))


def module_facts(tree: Tree, path: str, memo: Memo) -> "ModuleFacts":
    """The facts of one module of a tree."""
    from lading.survey.python.module import ModuleFacts

    def compute() -> ModuleFacts:
        from lading.survey.python.scan import scan_module

        return scan_module(tree.read(path))

    return memo(key_of("module", tree.digest(path)), ModuleFacts, compute)


class _Surveyor:
    def __init__(self, tree: Tree, memo: Memo) -> None:
        self._tree = tree
        self._memo = memo
        self._paths = tuple(file.path for file in tree.files() if file.link is None and is_utf8(file.path))
        self._present = frozenset(self._paths)

    def survey(self, asked: Sequence[str]) -> Survey:
        from lading.survey.folders import find_projects
        from lading.survey.verdict import is_project, verdict

        found = [one for one in find_projects(self._paths, asked) if not self._hidden(one)]
        known = {one.folder: self._project(one) for one in found if "pyproject.toml" in one.files}
        projects = [one for one in found if is_project(one, known.get(one.folder), known)]
        services: list[Service] = []
        unsupported: list[Unsupported] = []
        for one in projects:
            lock = self._lock(one) if "uv.lock" in one.files else None
            refused = verdict(one, known.get(one.folder), lock, known)
            if refused is not None:
                unsupported.append(refused)
            elif lock is not None:
                services.append(self._service(one, known[one.folder], lock, projects))
        return Survey(
            services=tuple(sorted(_named_apart(services), key=lambda one: one.name.value)),
            unsupported=tuple(sorted(unsupported, key=lambda one: (one.name, one.folder))),
        )

    def _service(
        self, one: "Project", facts: "ProjectFacts", lock: "LockFacts", projects: Sequence["Project"]
    ) -> "Service":
        from lading.survey.python.conclude import Inputs, conclude

        nested = _nested(one, projects)
        paths = frozenset(self._below(one.folder, nested))
        ignored = self._ignored(one.folder)
        python = self._python(facts.requires_python, self._version_files(one.folder))
        return conclude(
            Inputs(
                folder=one.folder,
                lock="uv.lock",
                project=facts,
                python=python,
                packages=self._packages(one, lock, python.version.value),
                groups=tuple(sorted({*facts.groups, *lock.groups})),
                paths=paths,
                modules=self._modules(one, paths, ignored),
                texts={name: self._text(one.path(name)) for name in ("Procfile", ".flaskenv") if name in paths},
                ignored=ignored,
                nested=nested,
            )
        )

    def _modules(self, one: "Project", paths: frozenset[str], ignored: Sequence[str]) -> Mapping[str, "ModuleFacts"]:
        """The modules that ship: all but what is for development, and what they import of that."""
        from lading.survey.patterns import DEVELOPMENT
        from lading.survey.python.graph import Graph
        from lading.survey.python.module import ModuleFacts
        from lading.tree.patterns import Patterns

        hidden, development = Patterns(ignored), Patterns(DEVELOPMENT)
        usable = sorted(path for path in paths if path.endswith(".py") and not hidden.matches(path))
        starts = {path for path in usable if not development.matches(path)}
        read = {path: module_facts(self._tree, one.path(path), self._memo) for path in starts}
        while True:
            reached = Graph({**dict.fromkeys(usable, ModuleFacts()), **read}).reached(starts)
            new = reached - read.keys()
            if not new:
                return {path: read[path] for path in sorted(read)}
            read |= {path: module_facts(self._tree, one.path(path), self._memo) for path in new}

    def _project(self, one: "Project") -> "ProjectFacts":
        from lading.survey.python.project import ProjectFacts

        def compute() -> ProjectFacts:
            from lading.survey.python.project import read_project

            return read_project(self._tree.read(path))

        path = one.path("pyproject.toml")
        return self._memo(key_of("project", self._tree.digest(path)), ProjectFacts, compute)

    def _lock(self, one: "Project") -> "LockFacts":
        from lading.survey.python.uvlock import LockFacts

        def compute() -> LockFacts:
            from lading.survey.python.uvlock import read_lock

            return read_lock(self._tree.read(path))

        path = one.path("uv.lock")
        return self._memo(key_of("uv.lock", self._tree.digest(path)), LockFacts, compute)

    def _packages(self, one: "Project", lock: "LockFacts", python: str) -> "tuple[Locked, ...]":
        from lading.survey.model import Locked

        def compute() -> tuple[Locked, ...]:
            from lading.survey.python.uvlock import closure

            return closure(lock, python)

        digest = self._tree.digest(one.path("uv.lock"))
        return self._memo(key_of("packages", digest, python), tuple[Locked, ...], compute)

    def _python(self, requires: str, files: Mapping[str, bytes]) -> "PythonFacts":
        from lading.survey.model import PythonFacts

        def compute() -> PythonFacts:
            from lading.survey.python.python_version import python_facts

            return python_facts(requires, files)

        said = [word for path, data in files.items() for word in (path, data.decode(errors="replace"))]
        return self._memo(key_of("python", requires, *said), PythonFacts, compute)

    def _version_files(self, folder: str) -> dict[str, bytes]:
        """The files that name a Python version: the service's own, then those of the folders above it."""
        from lading.survey.python.python_version import FILES

        found: dict[str, bytes] = {}
        depth = 0
        while True:
            for name in FILES:
                path = posixpath.join("" if folder == "." else folder, name)
                if path in self._present:
                    found["../" * depth + name] = self._tree.read(path)
            if folder in (".", ""):
                return found
            folder, depth = posixpath.dirname(folder) or ".", depth + 1

    def _ignored(self, folder: str) -> tuple[str, ...]:
        """The ignore patterns of a folder: its own, and the repository's as they read from there."""
        from lading.survey.patterns import rebased
        from lading.tree.patterns import parse_ignore_file

        lines: list[str] = []
        for place in dict.fromkeys((".", folder)):
            path = posixpath.join("" if place == "." else place, ".dockerignore")
            if path in self._present:
                own = parse_ignore_file(self._text(path))
                lines += rebased(own, folder) if place == "." else own
        return tuple(lines)

    def _hidden(self, one: "Project") -> bool:
        """Whether the repository's ignore file leaves a project out. One with exceptions says what a single image may
        see, not what there is."""
        from lading.tree.patterns import Patterns

        lines = self._ignored(".")
        exceptions = any(line.startswith("!") for line in lines)
        return one.folder != "." and not exceptions and Patterns(lines).matches(one.folder)

    def _below(self, folder: str, nested: Sequence[str]) -> Iterable[str]:
        prefix = "" if folder == "." else f"{folder}/"
        inner = tuple(f"{prefix}{one}/" for one in nested)
        return (path[len(prefix) :] for path in self._paths if path.startswith(prefix) and not path.startswith(inner))

    def _text(self, path: str) -> str:
        return self._tree.read(path).decode(errors="replace")


def _nested(one: "Project", projects: Iterable["Project"]) -> tuple[str, ...]:
    """The Python and Go projects inside a project, relative to it: they are not its source. Others may well be (a
    front end that a service hands out, a folder with a list of requirements)."""
    own = frozenset(("pyproject.toml", "go.mod"))

    prefix = "" if one.folder == "." else f"{one.folder}/"
    return tuple(
        other.folder[len(prefix) :]
        for other in projects
        if other.folder not in (one.folder, ".") and other.folder.startswith(prefix) and own.intersection(other.files)
    )


def _named_apart(services: Sequence["Service"]) -> Iterable["Service"]:
    """Services by their projects' names; those whose names clash by their folders."""
    from lading.survey.python.project import normalised

    names = [one.name.value for one in services]
    for one in services:
        if names.count(one.name.value) == 1 or one.folder == ".":
            yield one
        else:
            name = normalised("-".join(one.folder.split("/")).strip("-._"))
            why = f"the folder, because several projects are called {one.name.value}"
            yield msgspec.structs.replace(one, name=Fact(value=name or one.name.value, source=why, certainty="found"))
