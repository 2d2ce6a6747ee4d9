"""How the build stage installs what a lock names: the commands of one `RUN`, whoever made the lock. Pure.

uv installs all of them, so that an environment is the same whatever manages its packages. It reads locks of its own,
pylock.toml and lists of requirements; a lock of Poetry, PDM or Pipenv is first written as such a list by the tool that
made it, pinned, in an environment of its own that lasts for one command (`uv tool run`).
"""

from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath
from typing import NamedTuple

from lading.plan.model import PythonDependencies
from lading.render.quoting import command
from lading.survey.python.managers import COMMANDS

LIST = "/tmp/requirements.txt"  # noqa: S108  # of a build stage that nobody else is in
_LOCAL = r"/^(-e|--editable)? ?(\.|\/|file:)/d; / @ file:/d"
"""For sed: what lies in the repository is installed as a wheel of its own."""


class Tool(NamedTuple):
    """A tool that writes its lock as a list: its version, what it needs beside its own dependencies, and the words
    before the groups."""

    requirement: str
    beside: tuple[str, ...]
    words: tuple[str, ...]


_POETRY = ("poetry", "export", "--only")
TOOLS: Mapping[str, Tool] = {
    "poetry": Tool("poetry==2.1.4", ("poetry-plugin-export==1.9.0",), _POETRY),
    "poetry 1": Tool("poetry==1.8.5", ("poetry-plugin-export==1.8.0",), _POETRY),
    # PDM 2.25 calls what later releases of hishel have no more.
    "pdm": Tool("pdm==2.25.5", ("hishel<1",), ("pdm", "export")),
    "pipenv": Tool("pipenv==2026.0.0", (), ("pipenv", "requirements", "--hash")),
}
"""The versions that Lading was tested with. Poetry 2 refuses settings of its predecessor, and reads no lock as old."""


def files_of(step: PythonDependencies) -> tuple[str, ...]:
    """The source files that the commands read."""
    found = [step.lock, step.project, *step.also, *step.parts]
    if step.member:
        found.append(normpath(join(dirname(step.lock), "pyproject.toml")))
    return tuple(dict.fromkeys(found))


def install(step: PythonDependencies, *, builds: bool = False) -> tuple[str, ...]:
    """The commands that make the environment of a step, in a folder with its files. `builds`: some packages have no
    wheel."""
    builds = builds or step.git
    if step.manager == "uv":
        return (command(*_sync(step, builds)),)
    made = command("uv", "venv", "--quiet", step.venv)
    folder = dirname(step.lock)
    if step.manager == "pylock":
        asked = [word for name in step.groups for word in ("--group", f"{step.lock}:{name}")]
        asked += [word for name in step.extras for word in ("--extra", name)]
        words = (*_pip(step, builds), "--no-deps", "--preview-features", "pylock", *asked, "--requirements", step.lock)
        return made, command(*words)
    if step.manager == "pip" and not step.parts:
        checked = () if step.unhashed else _checked(step)
        return made, command(*_pip(step, builds), *checked, "--requirements", step.lock)
    exported = _list(step, folder)
    local = (command("sed", "-i", "-E", _LOCAL, LIST),) if step.parts else ()
    return made, *exported, *local, command(*_pip(step, builds), *_checked(step), "--requirements", LIST)


def _sync(step: PythonDependencies, builds: bool) -> Iterator[str]:
    """https://docs.astral.sh/uv/guides/integration/docker/#intermediate-layers; the projects of a workspace are not
    there, and so the lock cannot be held against them: Lading has done that."""
    yield from ("uv", "sync")
    if dirname(step.lock):
        yield from ("--directory", dirname(step.lock))
    if step.member or step.apart:
        yield from ("--frozen", "--no-install-workspace")
        yield from (word for name in step.apart for word in ("--no-install-package", name))
    else:
        yield from ("--locked", "--no-install-project")
    if step.member:
        yield from ("--package", step.member)
    yield from ("--no-default-groups", "--no-editable")
    if not builds:
        yield "--no-build"
    for group in step.groups:
        yield from ("--group", group)
    for extra in step.extras:
        yield from ("--extra", extra)


def _pip(step: PythonDependencies, builds: bool) -> Sequence[str]:
    build = () if builds else ("--no-build",)
    return "uv", "pip", "install", "--python", f"{step.venv}/bin/python", *build


def _checked(step: PythonDependencies) -> Sequence[str]:
    """Each file is held against its hash; a commit of git has none but itself."""
    return ("--no-deps",) if step.git else ("--no-deps", "--require-hashes")


def _list(step: PythonDependencies, folder: str) -> Iterator[str]:
    if step.manager == "pip":
        yield command("cp", step.lock, LIST)
        return
    tool = _tool(step)
    if tool is None:
        raise AssertionError(f"{step.manager} writes no list")
    beside = [word for one in tool.beside for word in ("--with", one)]
    where = ["--directory", folder] if folder else []
    words = ["uv", "tool", "run", *where, "--quiet", "--from", tool.requirement, *beside, *tool.words, *_groups(step)]
    told = f"UV_COMPILE_BYTECODE=0 {command(*words)}"
    yield f"{told} > {LIST}" if step.manager == "pipenv" else f"{told} --output {LIST}"


def _groups(step: PythonDependencies) -> Iterator[str]:
    """The words that choose groups and extras."""
    match step.manager:
        case "poetry":
            yield ",".join(("main", *step.groups))
            for extra in step.extras:
                yield from ("--extras", extra)
        case "pdm":
            yield "--dev" if step.groups else "--prod"
            for name in (*step.groups, *step.extras):
                yield from ("--group", name)
        case _:
            names = ("packages", *("dev-packages" if name == "dev" else name for name in step.groups))
            if step.groups:
                yield from ("--categories", ",".join(names))


def told(step: PythonDependencies) -> tuple[str, ...]:
    """What is to be said of the commands beyond what holds for all."""
    found = []
    tool = _tool(step)
    if tool:
        version = tool.requirement.partition("==")[2]
        title = COMMANDS[step.manager].title
        found.append(
            f"{title} {version} writes its lock as a list with hashes, in an environment of its own that does not "
            "last; uv installs that list."
        )
    if step.unhashed:
        found.append(f"{step.lock} has no hashes: what is installed is what the index offers under these names.")
    return tuple(found)


def _tool(step: PythonDependencies) -> Tool | None:
    old = step.manager == "poetry" and (step.format.startswith("1.") or step.format == "2.0")
    return TOOLS.get("poetry 1" if old else step.manager)
