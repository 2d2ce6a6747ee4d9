"""pip: https://pip.pypa.io/en/stable/cli/."""

import posixpath
from collections.abc import Iterator

from msgspec.structs import replace

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.python.distributions import ANYTHING, NOTHING, Installed, of_list, of_project, of_words
from lading.check.effects.python.environment import Environment, any_python, environment_of, install, uninstall
from lading.check.effects.reach import put_folders
from lading.check.effects.surroundings import home, is_on, reader
from lading.check.model.entry import Script
from lading.check.model.scene import Scene

VALUED = (
    "-c", "--constraint", "-e", "--editable", "-f", "--find-links", "-i", "--index-url", "-r", "--requirement", "-t",
    "--target", "-w", "--wheel-dir", "-d", "--dest", "--prefix", "--root", "--src", "--extra-index-url", "--platform",
    "--python-version", "--implementation", "--abi", "--only-binary", "--no-binary", "--cache-dir", "--timeout",
    "--retries", "--trusted-host", "--cert", "--client-cert", "--proxy", "--progress-bar", "--upgrade-strategy",
    "--root-user-action", "--config-settings", "-C", "--global-option", "--build-option", "--use-feature", "--log",
    "--python", "-p", "--index", "--default-index", "--index-strategy", "--link-mode", "--exclude-newer", "--extra",
    "--group", "--override", "--keyring-provider", "--directory", "--project", "--index-strategy", "--torch-backend",
)  # fmt: skip
"""Options of pip and of `uv pip` that have a value."""

_ARCHIVES = (".whl", ".tar.gz", ".zip")


def pip(asked: Asked, scene: Scene) -> None:
    """`pip`, by whichever name: it belongs to the Python that its first line names."""
    run(asked, scene, own_environment(asked, scene))


def run(asked: Asked, scene: Scene, into: Environment | None) -> None:
    """`pip …` of an environment."""
    args = Arguments(asked.words, VALUED)
    verb = args.plain[0] if args.operands else None
    match verb:
        case "install":
            pip_install(args, scene, into)
        case "uninstall":
            uninstall(scene, into, [name.lower() for name in args.plain[1:] if name])
        case "wheel" | "download":
            target = args.text("-w", "--wheel-dir", "-d", "--dest")
            read_needs(args, scene)
            _fill("." if target == "" else target, scene)
        case None:
            scene.blur_all()
        case _:
            pass


def pip_install(args: Arguments, scene: Scene, into: Environment | None) -> None:
    """`pip install` into an environment, or where its options say."""
    read_needs(args, scene)
    what = wanted(args, scene)
    target, prefix = args.text("-t", "--target"), args.text("--prefix")
    interpreter = ""
    if target is None or prefix is None:
        scene.blur_all()
        return
    if target and scene.absolute(target):
        into, interpreter = _elsewhere(into, packages=scene.absolute(target) or target, prefix=""), _first_line(into)
    elif prefix and scene.absolute(prefix):
        into, interpreter = _elsewhere(into, packages="", prefix=scene.absolute(prefix) or prefix), _first_line(into)
    elif into is not None and not into.is_virtual and _is_for_user(args, scene):
        folder = home(scene)
        into = _elsewhere(into, packages="", prefix=f"{folder}/.local") if folder else None
    install(scene, into, what, interpreter=interpreter)


def own_environment(asked: Asked, scene: Scene) -> Environment | None:
    """The environment that a program of an environment belongs to, by the Python that its first line names, else by
    the Python beside it."""
    found = scene.which(asked.called or asked.program)
    if found.entry is None:
        return any_python(scene)
    nature = found.entry.program
    if isinstance(nature, Script) and "python" in nature.interpreter:
        return environment_of(nature.interpreter, scene)
    folder = posixpath.dirname(found.links[0] if found.links else found.path)
    beside = environment_of(f"{folder}/python3", scene) or environment_of(f"{folder}/python", scene)
    return beside or any_python(scene)


def wanted(args: Arguments, scene: Scene) -> Installed:
    """What is asked for: lists, names, and projects in folders."""
    closed = args.has("--no-deps")
    everything = NOTHING
    for found in _each_wanted(args, scene, closed):
        everything = everything.and_also(found)
    return everything


def read_needs(args: Arguments, scene: Scene) -> None:
    """The files that the command cannot do without."""
    for path in (*args.values("-r", "--requirement"), *args.values("-c", "--constraint")):
        if path and path != "-" and "://" not in path:
            scene.need(path, "`pip` reads it")
    for text in (*args.plain[1:], *args.values("-e", "--editable")):
        if text and _is_path(text) and "://" not in text:
            bare = text.partition("[")[0]
            scene.need(bare, "`pip` installs it")
            if not bare.endswith(_ARCHIVES):
                _need_project(bare, scene)


def _need_project(folder: str, scene: Scene) -> None:
    """A folder is no project unless it has one of two files."""
    if scene.look(posixpath.join(folder, "setup.py")).absent:
        scene.need(posixpath.join(folder, "pyproject.toml"), "it makes a folder a project that `pip` can install")


def _each_wanted(args: Arguments, scene: Scene, closed: bool) -> Iterator[Installed]:
    for path in args.values("-r", "--requirement"):
        beside = reader(scene, posixpath.dirname(path) or ".") if path else None
        yield of_list(posixpath.basename(path), beside, closed=closed) if path and beside else ANYTHING
    plain = [*args.plain[1:], *args.values("-e", "--editable")]
    for text in plain:
        if text is None or "://" in text:
            yield ANYTHING
        elif _is_path(text):
            yield _of_path(text, scene, closed)
    names = [text for text in plain if text and "://" not in text and not _is_path(text)]
    if names:
        yield of_words(names, closed=closed)


def _of_path(text: str, scene: Scene, closed: bool) -> Installed:
    """A project in a folder brings its own dependencies, which no lock names; of an archive nothing is known."""
    bare = text.partition("[")[0]
    if bare.endswith(_ARCHIVES):
        return ANYTHING
    found = of_project("", reader(scene, bare))
    return replace(found, complete=found.complete and closed)


def _is_path(text: str) -> bool:
    return text.startswith((".", "/")) or text.partition("[")[0].endswith(_ARCHIVES)


def _is_for_user(args: Arguments, scene: Scene) -> bool:
    """Pip installs for the user where he asks for it, and where he may not write to the environment."""
    return args.has("--user") or is_on(scene.now.env.get("PIP_USER")) is True or scene.now.is_root is False


def _elsewhere(base: Environment | None, *, packages: str, prefix: str) -> Environment | None:
    """An environment at a `--prefix`, or whose packages are in a `--target`."""
    if base is None:
        return None
    where = packages or prefix
    inside = f"{prefix}/lib/python{base.version}/site-packages" if base.version else None
    return replace(base, prefix=where, programs=f"{where}/bin", packages=packages or inside, is_virtual=False)


def _first_line(base: Environment | None) -> str:
    return base.python if base else ""


def _fill(folder: str | None, scene: Scene) -> None:
    """Files are put into a folder whose names are not known."""
    at = None if folder is None else scene.absolute(folder)
    if at is None or at == "/":
        scene.grow(folder)
    elif scene.look(at).present:
        scene.grow(at)
    else:
        put_folders(scene, posixpath.dirname(at), [posixpath.basename(at)])
