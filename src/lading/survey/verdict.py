"""Whether a project can be built here, and if not, what stands against it, by name. Pure."""

import posixpath
from collections.abc import Iterator, Mapping

from lading.survey.folders import NODE_LOCKS, Project, lock_owner, python_locks
from lading.survey.model import Unsupported
from lading.survey.python.lockfacts import LockFacts
from lading.survey.python.project import ProjectFacts
from lading.survey.python.requirements import differences
from lading.survey.python.tables import normalised

NOT_YET = "is not supported yet"
USE_UV = "uv projects are: `uv init --bare`, `uv add` what it needs, and `uv lock`"


def is_project(one: Project, facts: ProjectFacts | None, known: Mapping[str, ProjectFacts]) -> bool:
    """Whether a folder holds a project: a `pyproject.toml` alone may hold nothing but the settings of tools, and a
    `setup.py` inside of another project is a module or a script."""
    if one.files == ("setup.py",):
        return not any(folder in known for folder in _above(one.folder))
    if facts is None or facts.broken or facts.project or facts.workspace or facts.manager:
        return True
    return any(name != "pyproject.toml" for name in one.files)


def verdict(
    one: Project, facts: ProjectFacts | None, lock: LockFacts | None, known: Mapping[str, ProjectFacts]
) -> Unsupported | None:
    """What stands against building a project, or nothing. `known` are all with a `pyproject.toml`, by folder."""
    found = next(_problems(one, facts, lock, known), None)
    if found is None:
        return None
    file, what, fix = found
    base = posixpath.basename(one.folder) if one.folder != "." else "repository"
    name = (facts.name if facts else "") or normalised(base) or "project"
    return Unsupported(name=name, folder=one.folder, file=one.path(file), what=what, fix=fix)


Problem = tuple[str, str, str]
"""The file (in the project's folder), what is wrong, and the way out."""


def _problems(
    one: Project, facts: ProjectFacts | None, lock: LockFacts | None, known: Mapping[str, ProjectFacts]
) -> Iterator[Problem]:
    locks = python_locks(one.files)
    if facts is None and not locks:
        yield from _without_project_file(one)
        return
    if facts is not None and facts.broken:
        yield "pyproject.toml", f"pyproject.toml is not valid TOML: {facts.broken}", ""
    if len(locks) > 1:
        named = ", ".join(locks[:-1]) + f" and {locks[-1]}"
        yield (
            locks[0],
            f"there are several lock files: {named}",
            "keep the one that the team uses, and delete the others",
        )
    if locks and locks[0] != "uv.lock":
        yield locks[0], f"{locks[0]}: {lock_owner(locks[0])} {NOT_YET}", USE_UV
    if facts is None:
        yield "uv.lock", "there is a uv.lock without a pyproject.toml", "uv init --bare"
    elif not locks:
        yield from _without_lock(one, facts, known)
    elif lock is not None:
        yield from _with_lock(facts, lock)
    if "lading.toml" in one.files and one.folder != ".":
        what = "it has a lading.toml of its own, so it is a repository of its own for Lading"
        yield "lading.toml", what, "run lading in that folder, or move the settings to lading.toml at the root"
    if facts is not None and facts.lading and one.folder != ".":
        what = "there are settings in [tool.lading] of a project that is not the repository's root"
        yield "pyproject.toml", what, "move them to lading.toml at the root, or run lading in that folder"


def _without_project_file(one: Project) -> Iterator[Problem]:
    names = set(one.files)
    for name, owner in NODE_LOCKS.items():
        if name in names:
            yield name, f"{name}: Node with {owner} {NOT_YET}", ""
    for name in ("pnpm-workspace.yaml", "package.json"):
        if name in names:
            yield name, f"{name}: Node {NOT_YET}", ""
    if "Pipfile" in names:
        yield "Pipfile", f"Pipfile: Pipenv {NOT_YET}", USE_UV
    if "requirements.txt" in names:
        yield "requirements.txt", f"requirements.txt: pip {NOT_YET}", USE_UV
    yield "setup.py", f"setup.py: setuptools without a lock {NOT_YET}", USE_UV


def _without_lock(one: Project, facts: ProjectFacts, known: Mapping[str, ProjectFacts]) -> Iterator[Problem]:
    if facts.manager and not facts.project:
        owner = {"poetry": "Poetry", "pdm": "PDM"}[facts.manager]
        yield "pyproject.toml", f"pyproject.toml › tool.{facts.manager}: {owner} {NOT_YET}", USE_UV
    for folder in _above(one.folder):
        if folder in known and known[folder].workspace:
            what = f"it is a member of the uv workspace of {known[folder].name or folder}"
            yield "pyproject.toml", f"{what}: uv workspaces {_NOT_YET_PLURAL}", ""
    if facts.workspace:
        yield "pyproject.toml", f"pyproject.toml › tool.uv.workspace: uv workspaces {_NOT_YET_PLURAL}", ""
    if not facts.project and "requirements.txt" in one.files:
        yield "requirements.txt", f"requirements.txt: pip {NOT_YET}", USE_UV
    if not facts.project:
        yield "pyproject.toml", "pyproject.toml has no [project] table", "uv init --bare"
    where = "" if one.folder == "." else f" --project {one.folder}"
    yield "pyproject.toml", "there is no lock file, so what would be installed is not known", f"uv lock{where}"


_NOT_YET_PLURAL = "are not supported yet"


def _with_lock(facts: ProjectFacts, lock: LockFacts) -> Iterator[Problem]:
    if lock.broken:
        yield "uv.lock", f"uv.lock cannot be read: {lock.broken}", "uv lock"
    if facts.workspace or len(lock.members) > 1:
        file = "pyproject.toml" if facts.workspace else "uv.lock"
        yield file, f"{file}: uv workspaces {_NOT_YET_PLURAL}", ""
    for name, path in sorted((node.name, node.place) for node in lock.nodes if node.place):
        yield "uv.lock", f"{name} comes from {path}: dependencies by path {_NOT_YET_PLURAL}", "publish it to an index"
    for told in facts.locals:
        yield "pyproject.toml", f"pyproject.toml › tool.uv.sources.{told}: {_LOCAL_SOURCES}", "publish it to an index"
    if not facts.project or not facts.name:
        yield "pyproject.toml", "pyproject.toml › project.name is missing, or is no name", "give the project a name"
    if lock.root is None:
        yield "uv.lock", "uv.lock is not the lock of this project", "uv lock"
    elif changed := differences(facts.requires, lock.requires):
        yield "uv.lock", f"uv.lock is stale: pyproject.toml has changed since ({', '.join(changed)})", "uv lock"


_LOCAL_SOURCES = f"sources in the repository {_NOT_YET_PLURAL}"


def _above(folder: str) -> Iterator[str]:
    while folder not in (".", ""):
        folder = posixpath.dirname(folder) or "."
        yield folder
