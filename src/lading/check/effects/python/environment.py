"""Python environments in a stage: where they are, how a new one looks, and what installing into one changes."""

import posixpath
import re
from collections.abc import Iterable

import msgspec

from lading.check.effects.python import known
from lading.check.effects.python.distributions import Installed
from lading.check.effects.reach import put_files, put_folders, roam, spread, spread_programs
from lading.check.model.entry import Entry, Nature, Script
from lading.check.model.files import Found
from lading.check.model.nodes import folder
from lading.check.model.scene import Scene

_VERSION = re.compile(r"python(3\.[0-9]{1,2})t?\Z")
_ACTIVATE = ("activate", "activate.csh", "activate.fish")
_BESIDE = (".gitignore", ".lock", "CACHEDIR.TAG")
"""What uv and newer releases of `venv` put beside it, and others do not."""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment: where its programs and packages come to. `python` starts it, `version` is `major.minor`, empty
    where it is not known; then `packages` is not known either. `prefix` is what `sys.prefix` says."""

    prefix: str
    programs: str
    packages: str | None
    python: str
    version: str = ""
    is_virtual: bool = False


def environment_at(prefix: str, scene: Scene) -> Environment | None:
    """The virtual environment in a folder, where one is."""
    python = f"{prefix}/bin/python"
    if not scene.look(f"{prefix}/pyvenv.cfg").present and not scene.look(python, follow=False).present:
        return None
    return _described(python, scene.look(python), scene)


def environment_of(program: str, scene: Scene, *, virtual: bool = True) -> Environment | None:
    """The environment that a Python belongs to which is called by this name or path. With `virtual` false those of
    virtual environments are passed over, as `uv pip install --system` does."""
    if "/" in program:
        found = scene.look(program)
        return _described(scene.absolute(program) or program, found, scene) if found.present else None
    for place in (scene.now.path or "").split(":"):
        found = scene.look(f"{place}/{program}")
        if found.presence == "unknown":
            return None
        if found.present:
            one = _described(f"{place}/{program}", found, scene)
            if virtual or not one.is_virtual:
                return one
    return None


def any_python(scene: Scene, *, virtual: bool = True) -> Environment | None:
    """The environment of the first Python on PATH, by either name."""
    return environment_of("python3", scene, virtual=virtual) or environment_of("python", scene, virtual=virtual)


def create(scene: Scene, prefix: str, base: Environment | None, *, pip: bool, clear: bool = False) -> Environment:
    """Make a virtual environment as `python -m venv` (with pip) and `uv venv` do; one that is there stays.

    https://docs.python.org/3/library/venv.html
    """
    there = environment_at(prefix, scene)
    if there is not None and not clear:
        return there
    if prefix != "/" and (scene.look(prefix).absent or clear):
        owner = scene.owner()
        scene.put(prefix, folder(Entry(kind="folder", origin=scene.origin, mode=0o755, owner=owner)))
    version = base.version if base else ""
    programs = f"{prefix}/bin"
    put_files(scene, programs, dict.fromkeys(_ACTIVATE), mode=0o644)
    if base is None:
        put_files(scene, programs, dict.fromkeys(("python", "python3")))
        scene.grow(programs)
    else:
        scene.link(f"{programs}/python", _real_base(base, scene))
        for name in ("python3", *((f"python{version}",) if version else ())):
            scene.link(f"{programs}/{name}", "python")
    scene.write(f"{prefix}/pyvenv.cfg")
    scene.link(f"{prefix}/lib64", "lib")
    for name in _BESIDE:
        scene.blur(f"{prefix}/{name}")
    made = Environment(
        prefix=prefix,
        programs=programs,
        packages=f"{prefix}/lib/python{version}/site-packages" if version else None,
        python=f"{programs}/python",
        version=version,
        is_virtual=True,
    )
    if made.packages:
        scene.folder(made.packages)
    else:
        scene.grow(f"{prefix}/lib")
    spread(scene, prefix, missing=("bin", "lib", "lib64"))  # headers, and marks that depend on the version
    if pip:
        _add_pip(scene, made)
    return made


def install(scene: Scene, into: Environment | None, what: Installed, *, interpreter: str = "") -> None:
    """Install distributions. Programs get a first line that names the environment's Python (`interpreter`, if another).

    What is known of PyPI's packages decides what may have come besides (`known`); the system's programs never do.
    """
    if into is None:
        spread_somewhere(scene)
        return
    first = Script(words=(interpreter or _script_python(into),))
    scripts = [*what.scripts, *(one for name in what.names for one in known.SCRIPTS.get(name, ()))]
    missing = known.missing_scripts(what.names) if what.complete else ()
    spread_programs(scene, into.programs, missing=_but(missing, scripts))
    put_files(scene, into.programs, dict.fromkeys(sorted(scripts), _as_nature(first)))
    if into.packages is None:
        scene.grow(f"{into.prefix}/lib")
        return
    modules = [one for name in what.names for one in known.MODULES.get(name, ())]
    spread(scene, into.packages, missing=_but(known.missing_modules(what.names), modules) if what.complete else ())
    put_folders(scene, into.packages, sorted(modules))


def prune(scene: Scene, into: Environment, kept: Installed) -> None:
    """Remove what is not among the distributions of a lock, as `uv sync` does."""
    if not kept.complete:
        return
    names = kept.names | {"pip"}  # which uv leaves where it is
    for name in known.missing_scripts(names):
        _drop(scene, f"{into.programs}/{name}")
    for name in known.missing_modules(names):
        if into.packages is not None:
            _drop(scene, f"{into.packages}/{name}")


def uninstall(scene: Scene, into: Environment | None, names: Iterable[str]) -> None:
    """Remove distributions."""
    if into is None:
        return
    for name in names:
        for script in known.SCRIPTS.get(name, ()):
            scene.remove(f"{into.programs}/{script}")
        for module in known.MODULES.get(name, ()):
            scene.remove(f"{into.packages}/{module}" if into.packages else None)


def spread_somewhere(scene: Scene) -> None:
    """Packages have come into an environment that nobody knows where it is."""
    for place in (scene.now.path or "").split(":"):
        if place.startswith("/") and not scene.look(place).absent:
            spread_programs(scene, place)
    roam(scene)
    scene.grow("/usr/local/lib")


def _drop(scene: Scene, path: str) -> None:
    if scene.look(path, follow=False).present:
        scene.remove(path)


def _but(names: Iterable[str], present: Iterable[str]) -> list[str]:
    there = set(present)
    return [name for name in names if name not in there]


def _as_nature(script: Script) -> Nature:
    return script


def _script_python(one: Environment) -> str:
    """What pip writes behind `#!`: `sys.executable`, which the official images' pip has with its version."""
    return one.python if one.is_virtual or not one.version else f"{posixpath.dirname(one.python)}/python{one.version}"


def _described(at: str, found: Found, scene: Scene) -> Environment:
    """An environment by the path of its Python, and what that is."""
    folder_, version = posixpath.dirname(at), _version(at, found, scene)
    prefix = posixpath.dirname(folder_)
    is_virtual = scene.look(f"{prefix}/pyvenv.cfg").present
    programs, packages = folder_, f"{prefix}/lib/python{version}/site-packages"
    if not is_virtual and prefix == "/usr" and scene.now.system.distribution in ("debian", "ubuntu"):
        # https://www.debian.org/doc/packaging-manuals/python-policy/index.html#paths
        programs, packages = "/usr/local/bin", f"/usr/local/lib/python{version}/dist-packages"
    return Environment(
        prefix=prefix,
        programs=programs,
        packages=packages if version else None,
        python=at,
        version=version,
        is_virtual=is_virtual,
    )


def _version(at: str, found: Found, scene: Scene) -> str:
    for path in (at, found.path, *found.links):
        if named := _VERSION.search(path):
            return named[1]
    folders = scene.now.files.names(f"{posixpath.dirname(posixpath.dirname(at))}/lib")
    versions = [named[1] for name in folders if (named := _VERSION.match(name))]
    return versions[0] if len(versions) == 1 else ""


def _real_base(base: Environment, scene: Scene) -> str:
    """The Python that a new environment links to: that of an environment's own base."""
    if not base.is_virtual:
        return base.python
    entry = scene.look(base.python, follow=False).entry
    return entry.target if entry is not None and entry.target.startswith("/") else base.python


def _add_pip(scene: Scene, made: Environment) -> None:
    names = ("pip", "pip3", *((f"pip{made.version}",) if made.version else ()))
    put_files(scene, made.programs, dict.fromkeys(names, _as_nature(Script(words=(made.python,)))))
    if made.packages:
        put_folders(scene, made.packages, ["pip"])
