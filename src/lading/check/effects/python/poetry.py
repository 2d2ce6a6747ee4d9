"""Poetry: https://python-poetry.org/docs/cli/, and its settings: https://python-poetry.org/docs/configuration/."""

import posixpath
import re
from posixpath import join

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.python.distributions import (
    ANYTHING,
    EVERY,
    NOTHING,
    Installed,
    Selection,
    of_lock,
    of_project,
)
from lading.check.effects.python.environment import Environment, any_python, create, environment_at, install
from lading.check.effects.python.project import facts_of, need_sources, version_of
from lading.check.effects.python.uv import exported
from lading.check.effects.reach import put_folders, roam
from lading.check.effects.surroundings import home, is_on, nearest, read, reader
from lading.check.model.scene import Scene
from lading.survey.python.tables import normalised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lading.survey.python.project import ProjectFacts

_VALUED = (
    "--only", "--with", "--without", "-E", "--extras", "-C", "--directory", "-P", "--project", "-f", "--format", "-o",
    "--output", "--group", "-G", "--python",
)  # fmt: skip
_SETTING = "[{table}]\n{key} = {value}\n"


def poetry(asked: Asked, scene: Scene) -> None:
    """`poetry` with one of its commands."""
    args = Arguments(asked.words, _VALUED)
    verb = args.plain[0] if args.operands else None
    match verb:
        case "install" | "sync":
            _install(args, scene)
        case "build":
            _build(args, scene)
        case "config":
            _configure(args, scene)
        case "export":
            _export(args, scene)
        case "lock":
            scene.need("pyproject.toml", "`poetry lock` reads it")
            scene.write("poetry.lock")
        case "add" | "remove" | "update":
            scene.write("poetry.lock")
            _into_project(ANYTHING, scene)
        case "run" | "shell":
            roam(scene)
        case None:
            scene.blur_all()
        case _:
            pass  # `show`, `check`, `env`, `self`, `cache`: the project's environment stays as it is


def setting(name: str, scene: Scene, folder: str) -> bool | None:
    """`virtualenvs.create` and the like: by variable, by the project's `poetry.toml`, by the user's settings. Nothing
    where nobody says."""
    said = scene.now.env.get(f"POETRY_{name.upper().replace('.', '_').replace('-', '_')}")
    if said != "":
        return is_on(said)
    key = name.partition(".")[2]
    for path in (join(folder, "poetry.toml"), _settings_file(scene)):
        text = (read(scene, path) or b"").decode(errors="replace") if path else ""
        found = re.findall(rf"^\s*{re.escape(key)}\s*=\s*(true|false)", text, re.MULTILINE)
        if found:
            return str(found[-1]) == "true"
    return None


def _install(args: Arguments, scene: Scene) -> None:
    folder = nearest(scene, "pyproject.toml")
    if folder is None:
        scene.need("pyproject.toml", "`poetry install` reads it")
        roam(scene)
        return
    facts = facts_of(scene, folder)
    into = _environment(folder, facts, scene)
    what = NOTHING
    if not args.has("--only-root"):
        what = of_lock(
            "poetry", "poetry.lock", reader(scene, folder), _selection(args, scene, folder), version_of(into)
        )
    packaged = facts is not None and facts.packaged is not False
    if facts is not None and packaged and not args.has("--no-root") and not args.has("--only"):
        need_sources(scene, folder, facts, "poetry install")
        own = of_project("", reader(scene, folder))
        what = what.and_also(own)
    install(scene, into, what)


def _selection(args: Arguments, scene: Scene, folder: str) -> Selection:
    """Without options all groups are installed that are not optional."""
    only = _names(args, "--only")
    if only:
        groups = tuple(one for one in only if one != "main")
        return Selection(main="main" in only, groups=groups, extras=_extras(args))
    without = _names(args, "--without")
    if args.has("--no-dev"):
        without = (*without, "dev")
    groups = (EVERY,) if args.has("--all-groups") else (*_usual_groups(scene, folder), *_names(args, "--with"))
    return Selection(groups=groups, without=without, extras=_extras(args))


def _usual_groups(scene: Scene, folder: str) -> tuple[str, ...]:
    from lading.survey.python.tables import parsed, table

    whole = parsed(read(scene, join(folder, "pyproject.toml")) or b"")[0]
    said = table(table(whole, "tool"), "poetry")
    groups = {
        normalised(name) for name in table(said, "group") if table(said, "group")[name].get("optional") is not True
    }
    groups |= {normalised(name) for name in table(whole, "dependency-groups")}
    return tuple(sorted(groups | ({"dev"} if "dev-dependencies" in said else set())))


def _names(args: Arguments, *options: str) -> tuple[str, ...]:
    said = (one for value in args.values(*options) if value for one in re.split(r"[,\s]+", value))
    return tuple(normalised(one) for one in said if one)


def _extras(args: Arguments) -> tuple[str, ...]:
    return (EVERY,) if args.has("--all-extras") else _names(args, "-E", "--extras")


def _environment(folder: str, facts: "ProjectFacts | None", scene: Scene) -> Environment | None:
    """An active environment, else `.venv` in the project, else one in the user's cache; with `virtualenvs.create`
    false the Python that there is."""
    active = scene.now.env.get("VIRTUAL_ENV")
    if active is None:
        return None
    if active:
        return environment_at(active, scene)
    beside = join(folder, ".venv")
    inside = setting("virtualenvs.in-project", scene, folder)
    if inside is not False and environment_at(beside, scene) is not None:
        return environment_at(beside, scene)
    base = any_python(scene)
    if setting("virtualenvs.create", scene, folder) is False:
        return base
    if inside:
        return create(scene, beside, base, pip=False)
    return _cached_environment(facts, base, scene)


def _cached_environment(facts: "ProjectFacts | None", base: Environment | None, scene: Scene) -> Environment | None:
    """The name of such an environment has a hash of the project's path in it
    (https://python-poetry.org/docs/managing-environments/); whoever needs it asks Poetry."""
    said, folder = scene.now.env.get("POETRY_VIRTUALENVS_PATH"), home(scene)
    if said is None or folder is None or facts is None:
        return None
    place = said or join(scene.now.env.get("POETRY_CACHE_DIR") or f"{folder}/.cache/pypoetry", "virtualenvs")
    version = base.version if base else "3"
    return create(scene, f"{place}/{facts.name or 'non-package-mode'}-py{version}", base, pip=False)


def _into_project(what: Installed, scene: Scene) -> None:
    folder = nearest(scene, "pyproject.toml")
    install(scene, None if folder is None else _environment(folder, facts_of(scene, folder), scene), what)


def _build(args: Arguments, scene: Scene) -> None:
    """`poetry build`: an archive and a wheel in `dist`."""
    folder = nearest(scene, "pyproject.toml")
    facts = facts_of(scene, folder) if folder else None
    if folder is None or facts is None:
        scene.need("pyproject.toml", "`poetry build` reads it")
        return
    need_sources(scene, folder, facts, "poetry build")
    target = args.text("-o", "--output")
    at = None if target is None else scene.absolute(target or join(folder, "dist"))
    if at:
        put_folders(scene, posixpath.dirname(at), [posixpath.basename(at)])


def _configure(args: Arguments, scene: Scene) -> None:
    plain = args.plain[1:]
    if len(plain) < 2 or plain[0] is None or plain[1] is None:
        return
    table, _, key = plain[0].partition(".")
    path = "poetry.toml" if args.has("--local") else _settings_file(scene)
    if key and path:
        made = _SETTING.format(table=table, key=key, value=plain[1].lower()).encode(errors="replace")
        scene.write(path, (read(scene, path) or b"") + made)


def _export(args: Arguments, scene: Scene) -> None:
    """`poetry export -o requirements.txt`: a list that is whole."""
    folder, target = nearest(scene, "pyproject.toml"), args.text("-o", "--output")
    if folder is None or target == "":
        return
    scene.need(join(folder, "poetry.lock"), "`poetry export` reads it")
    groups = _names(args, "--with")
    chosen = Selection(
        main="main" in _names(args, "--only") or not args.has("--only"), groups=groups, extras=_extras(args)
    )
    scene.write(target, exported(of_lock("poetry", "poetry.lock", reader(scene, folder), chosen, "3.13")))


def _settings_file(scene: Scene) -> str | None:
    folder = scene.now.env.get("POETRY_CONFIG_DIR")
    if folder == "":
        below = home(scene)
        folder = None if below is None else f"{below}/.config/pypoetry"
    return None if folder is None else f"{folder}/config.toml"
