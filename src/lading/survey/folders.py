"""Which folders of a repository are projects, and who manages their dependencies. Pure."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

PYTHON_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
"""Lock files of Python projects, the strongest first."""

PYTHON_FILES = ("pyproject.toml", "Pipfile", "setup.py", "requirements.txt")
NODE_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "Bun",
    "bun.lockb": "Bun",
    ".yarnrc.yml": "Yarn",
    "yarn.lock": "Yarn",
    "package-lock.json": "npm",
}
NODE_FILES = ("package.json", "pnpm-workspace.yaml")
GO_FILES = ("go.work", "go.mod")

MARKERS = frozenset((*PYTHON_LOCKS, *PYTHON_FILES, *NODE_FILES, *GO_FILES))
"""Files that make a folder a project, whatever else is in it."""

ASIDE = frozenset({
    "tests", "test", "testing", "testdata", "test-data", "test_data", "fixtures", "__fixtures__", "docs", "doc",
    "vendor", "third_party", "third-party", "site-packages", "templates", "dist", "build",
})  # fmt: skip
"""Folders whose projects are no services unless asked for: test data, documentation, copies of others' code, output."""

SAMPLES = frozenset({"examples", "example", "samples", "sample", "demos", "demo", "benchmarks"})
"""Likewise, inside another project."""


class Project(NamedTuple):
    """A folder with a project in it (`.` for the root), and the names of its files that tell whose it is."""

    folder: str
    files: tuple[str, ...]

    def path(self, name: str) -> str:
        """A file of this folder, relative to the repository."""
        return name if self.folder == "." else f"{self.folder}/{name}"


def find_projects(paths: Iterable[str], asked: Sequence[str] = ()) -> tuple[Project, ...]:
    """Every folder with a project in it, sorted. `asked` are folders that somebody has named: nothing at or below them
    is left aside."""
    interesting = MARKERS | NODE_LOCKS.keys() | {"lading.toml"}
    folders: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name in interesting or _is_pylock(name):
            folders.setdefault(folder or ".", set()).add(name)
    projects = {folder: names for folder, names in folders.items() if any(_makes_project(name) for name in names)}
    return tuple(
        Project(folder, tuple(sorted(names)))
        for folder, names in sorted(projects.items())
        if not _aside(folder, projects, asked)
    )


def of_python(one: Project) -> bool:
    """Whether a file of Python's makes a folder a project."""
    return any(name in PYTHON_FILES or name in PYTHON_LOCKS or _is_pylock(name) for name in one.files)


def python_locks(files: Iterable[str]) -> tuple[str, ...]:
    """The lock files among the files of a project, the strongest first."""
    names = set(files)
    return (*(name for name in PYTHON_LOCKS if name in names), *sorted(filter(_is_pylock, names - {*PYTHON_LOCKS})))


def several(locks: Sequence[str]) -> tuple[str, str, str]:
    """What stands against a project with several lock files: the file, what is wrong, and the way out."""
    named = ", ".join(locks[:-1]) + f" and {locks[-1]}"
    what = f"there are several lock files: {named}"
    return locks[0], what, "keep the one that the team uses, and delete the others"


def _aside(folder: str, projects: Mapping[str, object], asked: Sequence[str]) -> bool:
    parts = [] if folder == "." else folder.split("/")
    free = max((_depth(one) for one in asked if _within(folder, one)), default=0)
    own = parts[free:]
    if ASIDE.intersection(own):
        return True
    first = next((number for number, part in enumerate(own) if part in SAMPLES), None)
    if first is None:
        return False
    above = {"/".join(parts[:depth]) or "." for depth in range(free + first + 1)}
    return any(one in projects for one in above)


def _within(folder: str, other: str) -> bool:
    return other in (".", folder) or folder.startswith(f"{other}/")


def _depth(folder: str) -> int:
    return 0 if folder == "." else posixpath.normpath(folder).count("/") + 1


def _makes_project(name: str) -> bool:
    return name in MARKERS or _is_pylock(name)


def _is_pylock(name: str) -> bool:
    return name.startswith("pylock.") and name.endswith(".toml")
