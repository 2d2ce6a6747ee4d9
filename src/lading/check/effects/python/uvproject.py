"""Projects of uv: what `uv sync` installs, and where.

https://docs.astral.sh/uv/concepts/projects/
"""

import posixpath
from posixpath import join

import msgspec

from lading.check.effects.asked import Arguments
from lading.check.effects.python.distributions import ANYTHING, EVERY, Installed, Selection, of_lock, of_project
from lading.check.effects.python.environment import (
    Environment,
    any_python,
    create,
    environment_at,
    environment_of,
    install,
    prune,
)
from lading.check.effects.python.project import facts_of, fits, need_sources, version_of
from lading.check.effects.reach import put_files, roam
from lading.check.effects.surroundings import home, is_on, nearest, read, reader
from lading.check.model.scene import Scene
from lading.survey.python.tables import normalised


class Project(msgspec.Struct, frozen=True):
    """A project that uv works on: its folder, and that of the workspace, where lock and environment are."""

    folder: str
    root: str


def sync(args: Arguments, scene: Scene) -> None:
    """`uv sync`: the project's environment has what the lock says, and nothing else.

    The environment is `.venv` beside the lock whatever environment is active, unless `UV_PROJECT_ENVIRONMENT` names
    another or `--active` is given: https://docs.astral.sh/uv/concepts/projects/config/#project-environment-path
    """
    frozen = args.has("--frozen") or is_on(scene.now.env.get("UV_FROZEN")) is True
    locked = args.has("--locked") or is_on(scene.now.env.get("UV_LOCKED")) is True
    project = project_of(args, scene)
    if project is None:
        scene.need("pyproject.toml", "`uv sync` reads it")
        scene.grow(".")
        return
    if frozen or locked:
        option = "--frozen" if frozen else "--locked"
        scene.need(join(project.root, "uv.lock"), f"`uv sync {option}` installs what it says")
    into = project_environment(project, args, scene)
    what = _of_lock(project, args, scene, into)
    if into is not None and not args.has("--inexact"):
        prune(scene, into, what)
    install(scene, into, what)


def _of_lock(project: Project, args: Arguments, scene: Scene, into: Environment | None) -> Installed:
    """What a lock brings, and the project itself unless it is left out."""
    facts = facts_of(scene, project.folder)
    if args.has("--package", "--all-packages") or project.root != project.folder or facts is None:
        return ANYTHING
    what = of_lock("uv", "uv.lock", reader(scene, project.root), selection(args, scene), version_of(into))
    left_out = args.has("--no-install-project", "--no-install-workspace", "--no-install-local", "--only-group")
    if facts.is_package and not left_out and not args.has("--only-dev"):
        need_sources(scene, project.folder, facts, "uv sync")
        own = of_project("", reader(scene, project.folder))
        what = what.and_also(own) if own.complete else ANYTHING
    return what


def selection(args: Arguments, scene: Scene) -> Selection:
    """https://docs.astral.sh/uv/concepts/projects/sync/: without options the groups are `default-groups`, `dev` if
    nobody says."""
    only = [normalised(one) for one in args.values("--only-group") if one] + (["dev"] if args.has("--only-dev") else [])
    groups = [normalised(one) for one in args.values("--group") if one]
    without = [normalised(one) for one in args.values("--no-group") if one]
    if args.has("--no-dev") or is_on(scene.now.env.get("UV_NO_DEV")) is True:
        without.append("dev")
    if args.has("--all-groups"):
        groups.append(EVERY)
    elif not args.has("--no-default-groups") and not only:
        groups += _default_groups(scene)
    extras = [EVERY] if args.has("--all-extras") else [normalised(one) for one in args.values("--extra") if one]
    groups = [one for one in groups if one not in without]
    return Selection(main=not only, groups=tuple(only or groups), without=tuple(without), extras=tuple(extras))


def _default_groups(scene: Scene) -> list[str]:
    from lading.survey.python.tables import parsed, table, texts

    folder = nearest(scene, "pyproject.toml")
    data = read(scene, join(folder, "pyproject.toml")) if folder else None
    whole = parsed(data or b"")[0]
    said = table(table(whole, "tool"), "uv").get("default-groups")
    if said == "all":
        return [EVERY]
    if said is None:
        return ["dev"] if "dev" in table(whole, "dependency-groups") or _has_old_dev(whole) else []
    return [normalised(one) for one in texts(said)]


def _has_old_dev(whole: dict[str, object]) -> bool:
    from lading.survey.python.tables import table

    return "dev-dependencies" in table(table(whole, "tool"), "uv")


def project_of(args: Arguments, scene: Scene) -> Project | None:
    """The project by the nearest `pyproject.toml`, and its workspace by one further up that says so."""
    said = args.text("--project")
    folder = scene.absolute(said) if said else nearest(scene, "pyproject.toml")
    if folder is None:
        return None
    above = folder
    while above != "/":
        above = posixpath.dirname(above)
        facts = facts_of(scene, above)
        if facts is not None and facts.workspace:
            return Project(folder, above)
    return Project(folder, folder)


def project_environment(project: Project, args: Arguments, scene: Scene) -> Environment | None:
    """The environment of a project, made where it is missing; nothing where nobody knows where it is."""
    said = scene.now.env.get("UV_PROJECT_ENVIRONMENT")
    if args.has("--active"):
        said = scene.now.env.get("VIRTUAL_ENV") or said
    if said is None:
        return None
    prefix = posixpath.normpath(join(project.root, said or ".venv"))
    there = environment_at(prefix, scene)
    if there is not None:
        return there
    base = any_python(scene, virtual=False)
    if base is not None and base.prefix == prefix:
        return base
    return create(scene, prefix, suitable(project, base, args, scene), pip=False)


def suitable(project: Project, base: Environment | None, args: Arguments, scene: Scene) -> Environment | None:
    """The Python of a new environment: the stage's own where it fits, else one that uv fetches into the user's home."""
    facts = facts_of(scene, project.folder)
    asked = args.text("-p", "--python") or scene.now.env.get("UV_PYTHON")
    if asked == "":
        asked = (read(scene, join(project.root, ".python-version")) or b"").decode(errors="replace").strip()
    if asked is None or not asked.replace(".", "").isdigit():
        asked = ""
    wanted = ".".join(asked.split(".")[:2])
    if base is None or not base.version:
        return base
    if (wanted and wanted != base.version) or (facts is not None and not fits(base.version, facts.requires_python)):
        return _fetched(wanted, scene)
    return base


def _fetched(version: str, scene: Scene) -> Environment | None:
    """A Python that uv has fetched: https://docs.astral.sh/uv/concepts/python-versions/#managed-python-versions."""
    folder = pythons_folder(scene)
    if folder is None or not version:
        grow_in(folder, scene)
        return None
    machine = "linux-x86_64-gnu" if scene.now.system.libc != "musl" else "linux-x86_64-musl"
    prefix = f"{folder}/cpython-{version}-{machine}"
    put_files(scene, f"{prefix}/bin", dict.fromkeys(("python", "python3", f"python{version}")))
    return environment_of(f"{prefix}/bin/python{version}", scene)


def pythons_folder(scene: Scene) -> str | None:
    """Where uv puts the Pythons that it fetches."""
    return scene.now.env.get("UV_PYTHON_INSTALL_DIR") or below_home(scene, ".local/share/uv/python")


def programs_folder(scene: Scene) -> str | None:
    """Where uv links the programs of tools."""
    env = scene.now.env
    return env.get("UV_TOOL_BIN_DIR") or env.get("XDG_BIN_HOME") or below_home(scene, ".local/bin")


def below_home(scene: Scene, path: str) -> str | None:
    """A path in the user's home; nothing where that is not known."""
    folder = home(scene)
    return None if folder is None else f"{folder}/{path}"


def grow_in(folder: str | None, scene: Scene) -> None:
    """Things come into a folder that nobody knows; one that is not known is somewhere in a home."""
    if folder is None:
        roam(scene)
    else:
        scene.folder(folder)
        scene.grow(folder)
