"""pipenv (https://pipenv.pypa.io/en/latest/commands.html) and PDM (https://pdm-project.org/latest/reference/cli/)."""

from posixpath import join

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.python.distributions import ANYTHING, EVERY, Installed, Selection, of_lock, of_project
from lading.check.effects.python.environment import Environment, any_python, create, environment_at, install
from lading.check.effects.python.project import facts_of, need_sources, version_of
from lading.check.effects.reach import roam
from lading.check.effects.surroundings import home, is_on, nearest, reader
from lading.check.model.scene import Scene
from lading.survey.python.tables import normalised

_PDM = ("-p", "--project", "-G", "--group", "--without", "--lockfile", "-L", "-o", "--output", "-f", "--format")


def pipenv(asked: Asked, scene: Scene) -> None:
    """`pipenv install --system --deploy`, `pipenv sync`."""
    args = Arguments(asked.words, ("--python", "-r", "--requirements", "-i", "--index", "--categories"))
    verb = args.plain[0] if args.operands else None
    if verb not in ("install", "sync"):
        if verb in (None, "run", "shell", "update", "upgrade"):
            roam(scene)
        return
    folder = nearest(scene, "Pipfile")
    if folder is None:
        scene.need("Pipfile", f"`pipenv {verb}` reads it")
        roam(scene)
        return
    if args.has("--deploy", "--ignore-pipfile") or verb == "sync":
        scene.need(join(folder, "Pipfile.lock"), f"`pipenv {verb}` installs what it says")
    into = _pipenv_environment(folder, args, scene)
    chosen = Selection(groups=("dev",) if args.has("-d", "--dev") else ())
    what = of_lock("pipenv", "Pipfile.lock", reader(scene, folder), chosen, version_of(into))
    install(scene, into, ANYTHING if len(args.operands) > 1 else what)


def _pipenv_environment(folder: str, args: Arguments, scene: Scene) -> Environment | None:
    env = scene.now.env
    if args.has("--system") or is_on(env.get("PIPENV_SYSTEM")) is True:
        return any_python(scene)
    if active := env.get("VIRTUAL_ENV"):
        return environment_at(active, scene)
    if is_on(env.get("PIPENV_VENV_IN_PROJECT")) or environment_at(join(folder, ".venv"), scene):
        return create(scene, join(folder, ".venv"), any_python(scene), pip=True)
    below = home(scene)
    if below is not None:
        scene.folder(f"{below}/.local/share/virtualenvs")
        scene.grow(f"{below}/.local/share/virtualenvs")
        return create(scene, f"{below}/.local/share/virtualenvs/project", any_python(scene), pip=True)
    return None


def pdm(asked: Asked, scene: Scene) -> None:
    """`pdm install`, `pdm sync`: into an active environment, else into `.venv`."""
    args = Arguments(asked.words, _PDM)
    verb = args.plain[0] if args.operands else None
    if verb not in ("install", "sync"):
        if verb in (None, "run", "add", "update", "remove", "build", "export", "lock"):
            roam(scene)
        return
    folder = nearest(scene, "pyproject.toml")
    if folder is None:
        scene.need("pyproject.toml", f"`pdm {verb}` reads it")
        roam(scene)
        return
    if verb == "sync" or args.has("--frozen-lockfile", "--check"):
        scene.need(join(folder, "pdm.lock"), f"`pdm {verb}` installs what it says")
    active = scene.now.env.get("VIRTUAL_ENV")
    into = (
        environment_at(active, scene) if active else create(scene, join(folder, ".venv"), any_python(scene), pip=False)
    )
    install(scene, into, _of_pdm(folder, args, scene, into))


def _of_pdm(folder: str, args: Arguments, scene: Scene, into: Environment | None) -> Installed:
    facts = facts_of(scene, folder)
    named = [normalised(one) for value in args.values("-G", "--group") if value for one in value.split(",")]
    production = args.has("--prod", "--production", "--no-default")
    if facts is None or named or args.has("--dev", "-d", "--no-default", "--without"):
        return ANYTHING
    chosen = Selection(groups=() if production else (EVERY,))
    what = of_lock("pdm", "pdm.lock", reader(scene, folder), chosen, version_of(into))
    if facts.is_package and not args.has("--no-self"):
        need_sources(scene, folder, facts, "pdm install")
        what = what.and_also(of_project("", reader(scene, folder)))
    return what
