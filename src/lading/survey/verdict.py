"""Whether a project can be built here, and if not, what stands against it, by name. Pure."""

import posixpath
from collections.abc import Iterator, Mapping

from lading.survey.folders import Project, python_locks, several
from lading.survey.model import Unsupported
from lading.survey.python.locks import FoundLock, above
from lading.survey.python.managers import COMMANDS
from lading.survey.python.project import ProjectFacts
from lading.survey.python.requirements import differences
from lading.survey.python.tables import normalised


def is_project(one: Project, facts: ProjectFacts | None, known: Mapping[str, ProjectFacts]) -> bool:
    """Whether a folder holds a project: a `pyproject.toml` alone may hold nothing but the settings of tools, and a
    `setup.py` inside of another project is a module or a script."""
    if one.files == ("setup.py",):
        return not any(folder in known for folder in above(one.folder))
    if facts is None or facts.broken or facts.project:
        return True
    if facts.workspace:  # its root alone: what is built are its members
        return False
    return bool(facts.manager) or any(name not in ("pyproject.toml", "uv.lock") for name in one.files)


def verdict(
    one: Project, facts: ProjectFacts | None, lock: FoundLock | None, known: Mapping[str, ProjectFacts]
) -> Unsupported | None:
    """What stands against building a project, or nothing. `known` are all with a `pyproject.toml`, by folder."""
    found = next(_problems(one, facts, lock, known), None)
    if found is None:
        return None
    file, what, fix = found
    base = posixpath.basename(one.folder) if one.folder != "." else "repository"
    name = (facts.name if facts else "") or normalised(base) or "project"
    return Unsupported(name=name, folder=one.folder, file=posixpath.normpath(one.path(file)), what=what, fix=fix)


Problem = tuple[str, str, str]
"""The file (in the project's folder), what is wrong, and the way out."""


def _problems(
    one: Project, facts: ProjectFacts | None, lock: FoundLock | None, known: Mapping[str, ProjectFacts]
) -> Iterator[Problem]:
    locks = python_locks(one.files)
    if facts is not None and facts.broken:
        yield "pyproject.toml", f"pyproject.toml is not valid TOML: {facts.broken}", ""
    if len(locks) > 1:
        yield several(locks)
    if lock is not None:
        yield from _with_lock(one, facts, lock, known)
    elif facts is None:
        yield from _without_project_file(one)
    else:
        yield from _without_lock(one, facts, known)
    if "lading.toml" in one.files and one.folder != ".":
        what = "it has a lading.toml of its own, so it is a repository of its own for Lading"
        yield "lading.toml", what, "run lading in that folder, or move the settings to lading.toml at the root"
    if facts is not None and facts.lading and one.folder != ".":
        what = "there are settings in [tool.lading] of a project that is not the repository's root"
        yield "pyproject.toml", what, "move them to lading.toml at the root, or run lading in that folder"


def _without_project_file(one: Project) -> Iterator[Problem]:
    if "Pipfile" in one.files:
        yield "Pipfile", _NO_LOCK, _in_folder(one, "pipenv lock")
    yield "setup.py", _NO_LOCK, "uv pip compile --universal --generate-hashes setup.py -o requirements.txt"


_NO_LOCK = "there is no lock file, so what would be installed is not known"


def _without_lock(one: Project, facts: ProjectFacts, known: Mapping[str, ProjectFacts]) -> Iterator[Problem]:
    if "Pipfile" in one.files:
        yield "Pipfile", _NO_LOCK, _in_folder(one, "pipenv lock")
    if facts.manager:
        where = "" if one.folder == "." else f" -{'C' if facts.manager == 'poetry' else 'p'} {one.folder}"
        yield "pyproject.toml", _NO_LOCK, f"{facts.manager} lock{where}"
    for folder in above(one.folder):
        if folder in known and known[folder].workspace:
            what = f"it is a member of the uv workspace of {known[folder].name or folder}, which has no uv.lock"
            yield "pyproject.toml", what, f"uv lock{_project_flag(folder)}"
    if not facts.project:
        yield "pyproject.toml", "pyproject.toml has no [project] table", "uv init --bare"
    yield "pyproject.toml", _NO_LOCK, f"uv lock{_project_flag(one.folder)}"


def _project_flag(folder: str) -> str:
    return "" if folder == "." else f" --project {folder}"


def _in_folder(one: Project, command: str) -> str:
    return command if one.folder == "." else f"cd {one.folder} && {command}"


def _with_lock(
    one: Project, facts: ProjectFacts | None, lock: FoundLock, known: Mapping[str, ProjectFacts]
) -> Iterator[Problem]:
    path, found, again = lock.path, lock.facts, COMMANDS[lock.manager].lock
    file = posixpath.basename(path)
    if facts is None and lock.manager in ("uv", "poetry", "pdm"):
        yield path, f"there is a {file} without a pyproject.toml", "put back the pyproject.toml that it was made for"
    if found.broken:
        yield path, f"{file} cannot be read: {found.broken}", again
    yield from _places(one, lock, known)
    if facts is not None and not facts.name and facts.project:
        key = f"{facts.table}.name"
        yield "pyproject.toml", f"pyproject.toml › {key} is missing, or is no name", "give the project a name"
    if found.root is None or (facts and facts.name and found.root.name not in ("", facts.name)):
        yield path, f"{file} is not the lock of this project", again
    changed = found.stale or ", ".join(differences(facts.requires if facts else None, found.requires))
    if changed:
        yield path, f"{file} is stale: {lock.declared_in(facts is not None)} has changed since ({changed})", again


def _places(one: Project, lock: FoundLock, known: Mapping[str, ProjectFacts]) -> Iterator[Problem]:
    """What stands against dependencies that lie in folders."""
    for node in sorted(lock.facts.nodes, key=lambda node: node.name):
        if node.place:
            folder = lock.folder_of(node.place, one)
            if folder.startswith(("/", "..")):
                what = f"{node.name} comes from {node.place}, which is outside of the repository"
                yield lock.path, what, "publish it to an index, or bring it into the repository"
            elif folder not in known:
                what = f"{node.name} comes from {node.place}, and there is no pyproject.toml in {folder}"
                yield lock.path, what, "give that project a pyproject.toml"
