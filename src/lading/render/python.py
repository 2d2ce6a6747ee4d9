"""The steps of Python services as instructions: an environment made by uv, a wheel, source with bytecode.

Each does what the embedded engine does (`lading.assemble`), so that both make the same files: the same paths, modes and
owners, bytecode of the unchecked-hash kind (PEP 552), and nothing of what made them.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from posixpath import basename, dirname, join, normpath

from lading.lock.model import BuildPin
from lading.lock.request import build_set, is_source
from lading.plan.model import CopyTree, ImageBase, PythonDependencies, PythonProject, Stage
from lading.render import requirements
from lading.render.debian import install
from lading.render.instructions import (
    Arg,
    Blank,
    Comment,
    Copy,
    Env,
    From,
    Ignore,
    Instruction,
    Mount,
    Run,
    User,
    Workdir,
    Write,
)
from lading.render.public import pinned, uv_image
from lading.render.quoting import command
from lading.render.reasons import sentence
from lading.render.scene import ARCHITECTURE, PROJECT, UV, Blocks, Scene

_CACHE = Mount(kind="cache", id=f"uv-${{{ARCHITECTURE}}}", target="/root/.cache/uv")
_INSTALLER = Mount(kind="bind", stage=UV, source="/uv", target="/usr/bin/uv")
_CREDENTIALS = Mount(kind="secret", id="netrc", target="/root/.netrc")
"""For an index that asks who comes; without the secret there is no such file."""
_OF_DESK = (".gitignore", ".lock", "CACHEDIR.TAG")
"""What `uv venv` makes for people at a desk, beside the scripts that activate it; anybody could write into `.lock`."""
_WHEELS = "/wheels"
_ENVIRONMENT = r"/^(uv|prompt) = /d; s/^(version_info = [0-9]+\.[0-9]+)\..*/\1/"
"""For sed: what `pyvenv.cfg` says of the installer, of a person's prompt and of Python's last fix is left out. The rest
is what Lading writes (`lading.assemble.python.wheel_packer.environment_marker`)."""


def toolchain(step: PythonDependencies, scene: Scene) -> tuple[Instruction, ...]:
    """Uv in the build stage, told to use the interpreter that the runtime image has, and to make the same each time.

    https://docs.astral.sh/uv/reference/environment/
    """
    return (
        Comment((
            f"uv installs for {scene.base.interpreter} and fetches no other Python. Bytecode is of the unchecked-hash "
            "kind: used as it is, whatever the times on disk. The environment is made where the service will have it, "
            "and has no notes of who installed it from where.",
        )),
        Env((
            ("PYC_INVALIDATION_MODE", "UNCHECKED_HASH"),
            ("UV_COMPILE_BYTECODE", "1"),
            ("UV_LINK_MODE", "copy"),
            ("UV_NO_INSTALLER_METADATA", "1"),
            ("UV_PROJECT_ENVIRONMENT", step.venv),
            ("UV_PYTHON", scene.base.interpreter),
            ("UV_PYTHON_DOWNLOADS", "never"),
        )),
        Workdir(PROJECT),
        Blank(),
    )  # fmt: skip


def installer(scene: Scene) -> tuple[Instruction, ...]:
    """The stage that is the image of uv."""
    return (
        Comment(("The installer, a single program. It does not ship.",)),
        From(uv_image(scene.pins, scene.plan.platforms), UV),
        Blank(),
    )


def build_stage(stage: Stage, scene: Scene) -> Iterator[Instruction]:
    """How the stage begins in which Python services are made."""
    plan, public = scene.plan, scene.base
    yield Comment((
        f"{stage.name}: {stage.why}. The same distribution as the image that ships, and the same Python, at the "
        f"same path ({public.interpreter}): the environment links to it.",
        *scene.reasons.told("base", "Python", "base"),
    ))  # fmt: skip
    yield From(pinned(public.build, scene.pins, plan.platforms), stage.name)
    yield Arg(ARCHITECTURE)
    if isinstance(stage.base, ImageBase):
        yield Comment(("The image may run as anybody; what is made here belongs to root.",))
        yield Ignore(("DL3002",))
        yield User("0:0")
    yield Blank()
    if public.python:
        yield from install(public.python)


def blocks(step: PythonDependencies | PythonProject | CopyTree, scene: Scene) -> Blocks:
    """A step of a Python service."""
    match step:
        case PythonDependencies():
            return dependencies(step, scene)
        case PythonProject():
            return project(step, scene)
        case CopyTree():
            return source(step, scene)


def dependencies(step: PythonDependencies, scene: Scene) -> Blocks:
    """The environment, from the lock alone: it is made anew only when the lock changes."""
    looked_at = requirements.files_of(step)
    git = install("git", why="git fetches what is locked to a commit") if step.git else ()
    compilers = _compilers(step, scene)
    made = (
        *git,
        *compilers,
        Comment((
            f"Dependencies: {step.why}. Only {_listed(looked_at)} are looked at, so this is made anew only when they "
            "change. What uv puts into an environment for people at a desk is removed, and what another uv or the next "
            "fix of Python would change.",
            *requirements.told(step),
            "For an index that asks who comes: `docker build --secret id=netrc,src=$HOME/.netrc`.",
            *scene.reasons.told("dependencies", "packages"),
        )),
        Run(
            (
                *requirements.install(step, builds=bool(compilers)),
                command("rm", *(f"{step.venv}/{name}" for name in _OF_DESK)),
                f"find {command(step.venv)}/bin -type f ! -perm /u=x -delete",
                command("sed", "-i", "-E", _ENVIRONMENT, f"{step.venv}/pyvenv.cfg"),
            ),
            mounts=(_INSTALLER, _CACHE, _CREDENTIALS, *(_bind(path) for path in looked_at)),
        ),
        Blank(),
    )  # fmt: skip
    return Blocks(made=(*toolchain(step, scene), *made), before=installer(scene))


def _compilers(step: PythonDependencies, scene: Scene) -> tuple[Instruction, ...]:
    """What builds packages without wheels; nothing where every package has one, as far as the lock and lading.toml
    tell."""
    folder = "" if scene.plan.context == "." else scene.plan.context
    known = scene.pins.build_sets if scene.pins else ()
    sources = [basename(one.project) for one in known if dirname(one.project) == folder and is_source(one, step.python)]
    if not sources and not step.build_packages:
        return ()
    headers = (f"python{step.python}-dev",) if scene.base.python else ()
    what = f" ({', '.join(sources)})" if sources else ""
    why = f"Packages without wheels{what} are built: compilers, and the headers that they need"
    return tuple(install("build-essential", "pkg-config", *headers, *step.build_packages, why=why))


def project(step: PythonProject, scene: Scene) -> Blocks:
    """A project's wheel, built by what the lock pins for that, and installed without looking at dependencies."""
    folder = dirname(step.project)
    wheels, place = (join(_WHEELS, folder), join(PROJECT, folder)) if folder else (_WHEELS, PROJECT)
    pins = _build_pins(step, scene)
    build = ["uv", "build", "--wheel", "--out-dir", wheels, "--no-create-gitignore"]
    if pins:
        build += ["--build-constraints", f"{wheels}/build-constraints.txt", "--require-hashes"]
    install = command("uv", "pip", "install", "--no-deps", "--python", f"{step.venv}/bin/python")
    constraints: tuple[Instruction, ...] = (_constraints(pins, wheels), Blank()) if pins else ()
    made: tuple[Instruction, ...] = (
        Comment((
            f"{sentence(step.why)}.",
            *scene.reasons.told("application", "wheel"),
        )),
        *constraints,
        Copy(sources=(folder or ".",), destination=f"{place}/"),
        Run(
            (command(*build, *([folder] if folder else [])), f"{install} {command(wheels)}/*.whl", _unlock(step)),
            mounts=(_INSTALLER, _CACHE, _CREDENTIALS),
        ),
        Blank(),
    )  # fmt: skip
    return Blocks(made=made)


def source(step: CopyTree, scene: Scene) -> Blocks:
    """Source as the context has it, straight into the stage that ships: a changed line costs one copy, and no container
    is started for it. What the embedded engine does beyond that is listed in docs/render.md."""
    surplus, chosen = scene.context.surplus(step), scene.context.chosen(step, scene.files)
    told = f" COPY can leave nothing out: what the build reads comes along ({', '.join(surplus)})." if surplus else ""
    if chosen:
        told = f" Named one by one, because only the build reads {' and '.join(surplus)}."
    shipped: tuple[Instruction, ...] = (
        Comment((
            f"{sentence(step.why)}. The ignore file says what stays behind.{told} It belongs to root: the service "
            "cannot change itself. It comes last, so that a changed line touches nothing else.",
            *scene.reasons.told("application", "source"),
        )),
        *_copies(step, chosen),
        Blank(),
    )  # fmt: skip
    return Blocks(shipped=shipped)


def _copies(step: CopyTree, chosen: Sequence[str]) -> Iterator[Copy]:
    """The copy of all that a step has, or of the files (those of a folder together) and folders that were chosen."""
    if not chosen:
        yield Copy(sources=(step.source or ".",), destination=f"{step.destination}/", owner="0:0", link=True)
    for folder, names in groupby(chosen, lambda path: path if path.endswith("/") else dirname(path)):
        sources = tuple(normpath(join(step.source, name)) for name in names)
        place = normpath(join(step.destination, folder))
        yield Copy(sources=sources, destination=f"{place}/", owner="0:0", link=True)


def _unlock(step: PythonProject) -> str:
    """The command that removes uv's lock, which anybody could write to."""
    return command("rm", "-f", f"{step.venv}/.lock")


def _listed(paths: Sequence[str]) -> str:
    """Files in words, the lock as `the lock`; of many parts only that there are more."""
    first, *rest = ("the lock", *paths[1:])
    if not rest:
        return f"{first} and what it includes"
    return f"{', '.join((first, *rest[:-1]))} and {rest[-1]}"


def _bind(path: str) -> Mount:
    return Mount(kind="bind", source=path, target=path)


def _build_pins(step: PythonProject, scene: Scene) -> Sequence[BuildPin]:
    """What builds the wheel, as far as the lock has it."""
    if scene.pins is None:
        return ()
    wanted = build_set(scene.plan, step)
    return scene.pins.build_requirements(wanted.project, wanted.python, wanted.requires) or ()


def _constraints(pins: Sequence[BuildPin], folder: str) -> Write:
    lines = [f"{pin.name}=={pin.version} {' '.join(f'--hash={digest}' for digest in pin.digests)}\n" for pin in pins]
    return Write(files=(("build-constraints.txt", "".join(lines)),), folder=f"{folder}/", mode="644")
