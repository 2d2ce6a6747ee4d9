"""uv: https://docs.astral.sh/uv/reference/cli/."""

import posixpath
from posixpath import join

from lading.check.effects.asked import Arguments, Asked, Word
from lading.check.effects.python import known, pip
from lading.check.effects.python.distributions import ANYTHING, Installed, of_lock
from lading.check.effects.python.environment import (
    Environment,
    any_python,
    create,
    environment_at,
    environment_of,
    install,
)
from lading.check.effects.python.project import facts_of, need_sources
from lading.check.effects.python.uvproject import (
    Project,
    below_home,
    grow_in,
    programs_folder,
    project_environment,
    project_of,
    pythons_folder,
    selection,
    suitable,
    sync,
)
from lading.check.effects.reach import put_files, put_folders, roam
from lading.check.effects.surroundings import is_on, nearest, reader
from lading.check.model.scene import Scene
from lading.survey.python.tables import normalised

_VALUED = (
    *pip.VALUED, "--no-group", "--only-group", "--no-extra", "--package", "--no-install-package", "--config-file",
    "--config-setting", "--output-file", "-o", "--format", "--out-dir", "--python-platform", "--refresh-package",
    "--reinstall-package", "-P", "--upgrade-package", "--color", "--with", "--from", "--env-file", "--prompt",
    "--install-dir", "--mirror", "-n",
)  # fmt: skip
_FLAGS = ("-n", "--no-cache", "-q", "--quiet", "-v", "--verbose", "--offline", "--native-tls", "--no-progress")


def uv(asked: Asked, scene: Scene) -> None:
    """`uv` with one of its commands."""
    args = Arguments(asked.words, [name for name in _VALUED if name != "-n"])
    plain = args.plain
    folder = args.text("--directory")
    if not plain or plain[0] is None or folder is None or args.text("--project") is None:
        scene.blur_all()
        return
    before = scene.now.workdir
    if folder:
        scene.change_dir(folder)
    _run(plain[0], args, asked, scene)
    scene.change_dir(before)


def uvx(_asked: Asked, scene: Scene) -> None:
    """`uvx tool`: what it is and does is not known, but it is the project's own doing."""
    roam(scene)


def _run(verb: str, args: Arguments, asked: Asked, scene: Scene) -> None:
    match verb:
        case "sync":
            sync(args, scene)
        case "run":
            _run_command(asked, scene)
        case "pip":
            _pip(args, asked, scene)
        case "venv":
            _venv(args, scene)
        case "tool":
            _tool(args, scene)
        case "export":
            _export(args, scene)
        case "build":
            _build(args, scene)
        case _:
            _change(verb, args, scene)


def _change(verb: str, args: Arguments, scene: Scene) -> None:
    """Commands that change the project itself, or fetch a Python."""
    if verb in ("add", "remove", "lock"):
        scene.need("pyproject.toml", f"`uv {verb}` reads it")
        scene.write("uv.lock")
    if verb in ("add", "remove"):
        scene.write("pyproject.toml")
        _install_into_project(ANYTHING, args, scene)
    elif verb == "python":
        grow_in(pythons_folder(scene), scene)
        grow_in(programs_folder(scene), scene)
    elif verb == "init":
        scene.grow(".")


def _install_into_project(what: Installed, args: Arguments, scene: Scene) -> None:
    project = project_of(args, scene)
    install(scene, None if project is None else project_environment(project, args, scene), what)


def _run_command(asked: Asked, scene: Scene) -> None:
    """`uv run program …`: the environment is brought up to date first, unless `--no-sync` is given."""
    args = Arguments(asked.words, [name for name in _VALUED if name != "-n"], stops=True)
    own = Arguments(args.operands[1:], [name for name in _VALUED if name != "-n"], stops=True)
    if not own.has("--no-sync", "--no-project") and is_on(scene.now.env.get("UV_NO_SYNC")) is not True:
        sync(own, scene)
    roam(scene)


def _pip(args: Arguments, asked: Asked, scene: Scene) -> None:
    """`uv pip`: an active environment, else `.venv`, else an error; `--system` is the first Python on PATH that is in
    no environment (https://docs.astral.sh/uv/pip/environments/)."""
    verb = args.plain[1] if len(args.operands) > 1 else None
    at = next(at for at, word in enumerate(asked.words) if word.text == "pip")
    rest = asked.but([*asked.words[:at], *asked.words[at + 1 :]])
    if verb in ("install", "uninstall", "sync"):
        own = Arguments(rest.words, [*pip.VALUED, "--python"])
        into = _pip_environment(own, scene)
        if verb == "sync":
            for path in own.plain[1:]:
                scene.need(path, "`uv pip sync` installs what it says")
            own.given += Arguments([Word(f"--requirement={path}") for path in own.plain[1:] if path]).given
            del own.operands[1:]
            pip.pip_install(own, scene, into)
        else:
            pip.run(rest, scene, into)
    elif verb == "compile":
        target = args.text("-o", "--output-file")
        if target:
            scene.write(target)


def _pip_environment(args: Arguments, scene: Scene) -> Environment | None:
    env = scene.now.env
    python = args.text("-p", "--python")
    if python is None or python:
        return environment_of(python, scene) or environment_at(python, scene) if python else None
    if args.has("--system") or is_on(env.get("UV_SYSTEM_PYTHON")) is True or args.has("--target", "-t", "--prefix"):
        return any_python(scene, virtual=False)
    active = env.get("VIRTUAL_ENV")
    if active is None:
        return None
    if active:
        return environment_at(active, scene)
    folder = nearest(scene, ".venv/pyvenv.cfg")
    if folder is not None:
        return environment_at(join(folder, ".venv"), scene)
    if env.is_set("CONDA_PREFIX") is False and env.get("UV_SYSTEM_PYTHON") == "":
        scene.need(".venv", "`uv pip` without `--system` installs into a virtual environment, and none is active")
    return None


def _venv(args: Arguments, scene: Scene) -> None:
    """`uv venv folder`, by default the project's `.venv`."""
    plain = args.plain[1:]
    path = plain[0] if plain else (scene.now.env.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    at = None if path is None else scene.absolute(path)
    if at is None:
        scene.grow(path)
        return
    asked = args.text("-p", "--python")
    base = any_python(scene, virtual=False)
    project = Project(posixpath.dirname(at), posixpath.dirname(at))
    base = environment_of(asked, scene) if asked and "/" in asked else suitable(project, base, args, scene)
    create(scene, at, base, pip=args.has("--seed"), clear=True)


def _tool(args: Arguments, scene: Scene) -> None:
    """`uv tool install name`: its programs are linked into a folder of the user's."""
    if args.plain[1:2] not in (["install"], ["run"]):
        return
    folder = programs_folder(scene)
    if args.plain[1] == "run" or folder is None:
        roam(scene)
        return
    names = [name for name in args.plain[2:3] if name]
    scripts = [script for name in names for script in known.SCRIPTS.get(normalised(name.partition("=")[0]), (name,))]
    put_files(scene, folder, dict.fromkeys(scripts, None))
    grow_in(scene.now.env.get("UV_TOOL_DIR") or below_home(scene, ".local/share/uv/tools"), scene)


def _export(args: Arguments, scene: Scene) -> None:
    """`uv export -o requirements.txt`: a list that is whole."""
    project = project_of(args, scene)
    target = args.text("-o", "--output-file")
    if project is None or target == "":
        return
    if args.has("--frozen", "--locked"):
        scene.need(join(project.root, "uv.lock"), "`uv export` reads it")
    what = of_lock("uv", "uv.lock", reader(scene, project.root), selection(args, scene), "3.13")
    scene.write(target, exported(what))


def exported(what: Installed) -> bytes | None:
    """A list of requirements without versions, marked as one that is whole; nothing where it is not known."""
    lines = ["# autogenerated by uv", *sorted(what.names), ""]
    return "\n".join(lines).encode(errors="replace") if what.complete else None


def _build(args: Arguments, scene: Scene) -> None:
    """`uv build`: an archive and a wheel in `dist`."""
    project = project_of(args, scene)
    facts = facts_of(scene, project.folder) if project else None
    if project is None or facts is None:
        scene.need("pyproject.toml", "`uv build` reads it")
        scene.grow(".")
        return
    need_sources(scene, project.folder, facts, "uv build")
    target = args.text("--out-dir", "-o")
    at = None if target is None else scene.absolute(target or join(project.root, "dist"))
    if at is None:
        scene.grow("/")
    else:
        put_folders(scene, posixpath.dirname(at), [posixpath.basename(at)])
