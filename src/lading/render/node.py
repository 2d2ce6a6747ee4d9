"""The steps of Node services as instructions: a build, production packages, and node itself.

Each does what the embedded engine does (`lading.assemble.node`), so that both make the same files.
"""

import posixpath
from collections.abc import Iterator

from lading.plan.bases import STATIC_SUITE
from lading.plan.model import DebianBase, NodeBuild, NodeInstall, NodeModules, NodeOutput, NodeProgram, NodeStep, Stage
from lading.plan.node.compressing import COMPRESS
from lading.plan.node.installing import LEFTOVERS, install_env, install_words, manager_package, rebuild_words, strangers
from lading.render.instructions import Arg, Blank, Comment, Copy, Env, From, Instruction, Mount, Run, Workdir, Write
from lading.render.public import node_image, pinned
from lading.render.quoting import command
from lading.render.reasons import sentence
from lading.render.scene import ARCHITECTURE, PROJECT, Blocks, Scene

_CACHES = {
    "npm": "/root/.npm",
    "pnpm": "/root/.local/share/pnpm/store",
    "yarn": "/usr/local/share/.cache/yarn",
    "berry": "/root/.yarn/berry/cache",
}
"""Where each manager keeps what it has fetched, for root."""
_CREDENTIALS = Mount(kind="secret", id="npmrc", target="/root/.npmrc")
"""For a registry that asks who comes; without the secret there is no such file."""
_TOOLS = "/lading"
_EVEN = "u=rwX,go=rX,a-st"
"""For chmod: permissions of a checkout and of archives made even, as the embedded engine makes them."""


def build_stage(stage: Stage, line: str, scene: Scene) -> Iterator[Instruction]:
    """How a stage begins that is made with node. What a build makes is the same for every platform, and so it runs on
    the machine's own."""
    own = all(isinstance(step, NodeBuild) for step in stage.steps)
    base = scene.plan.runtime.base
    suite = base.suite if isinstance(base, DebianBase) else STATIC_SUITE
    # Who runs install scripts may compile: the plain image has compilers, the slim one has none.
    musl = any(isinstance(step, NodeModules) and step.libc == "musl" for step in stage.steps)
    compiles = any(step.install.scripts for step in stage.steps if isinstance(step, NodeBuild | NodeModules))
    image = pinned(building_image(line, suite, musl=musl, compiles=compiles), scene.pins, scene.plan.platforms)
    yield Comment((f"{stage.name}: {stage.why}.", *scene.reasons.told("base", "node")))
    yield From(image, stage.name, native=own and bool(stage.steps))
    yield Arg(ARCHITECTURE)
    yield Blank()


def building_image(line: str, suite: str, *, musl: bool, compiles: bool) -> str:
    """The official image in which packages of a release line are installed."""
    image = node_image(line, suite)
    return f"node:{line}-alpine" if musl else image.removesuffix("-slim") if compiles else image


def blocks(step: NodeStep, scene: Scene) -> Blocks:
    """A step of Node's. The program itself is there in the public images."""
    match step:
        case NodeBuild():
            return build(step, scene)
        case NodeModules():
            return modules(step, scene)
        case NodeProgram():
            return Blocks()


def build(step: NodeBuild, scene: Scene) -> Blocks:
    """Everything that the project names, its build, and what ships of it."""
    install = step.install
    made: list[Instruction] = [
        Comment(("What the build is told of the world.",)),
        Env((*sorted({"CI": "1", "TZ": "UTC", **dict(step.env)}.items()),)),
        Workdir(PROJECT),
        Blank(),
    ]
    if install.lock:
        made += installed(install, "Everything that the project names, from the lock alone", production=False)
    runs = (_inside(folder, command("npm", "run", name)) for folder, name in step.runs)
    made += [
        Comment((f"{sentence(step.why)}.", *scene.reasons.told("application", "framework", "build"))),
        Copy(sources=(".",), destination=f"{PROJECT}/"),
        Run((*runs, *_collected(step))),
        Blank(),
    ]
    if step.compress:
        made += _compressed(step)
    return Blocks(made=tuple(made))


def modules(step: NodeModules, scene: Scene) -> Blocks:
    """The production packages, made where the service has them."""
    folder = step.path.removesuffix("/node_modules")
    cleaned = (
        command("rm", "-rf", *(f"{folder}/node_modules/{name}" for name in LEFTOVERS)),
        *(_only_modules(step.install, folder) if step.path == folder else ()),
        _without_empty_folders(step.path),
        f"chmod -R {_EVEN} {command(step.path)}",
    )
    why = (sentence(step.why), *scene.reasons.told("dependencies", "packages", "install scripts"))
    return Blocks(
        made=(Workdir(folder), *installed(step.install, *why, production=True, then=cleaned)),
    )


def _only_modules(install: NodeInstall, folder: str) -> Iterator[str]:
    """Commands that leave of a workspace its packages: no manifests, and no links to members that do not ship."""
    others = strangers(install)
    if others:
        yield command("rm", "-rf", *(f"{folder}/{one}" for one in others))
    yield f"find {command(folder)} -type l ! -exec test -e {{}} ';' -exec rm {{}} +"
    yield f"find {command(folder)} -name node_modules -prune -o -type f -exec rm {{}} +"


def installed(
    install: NodeInstall, why: str, *reasons: str, production: bool, then: tuple[str, ...] = ()
) -> Iterator[Instruction]:
    """Packages as the lock says. Only the lock and the manifests are looked at, so this is made anew only when they
    change."""
    yield Comment((
        f"{why}. Made anew only when the lock or a package.json changes; nothing of any package runs"
        f"{' but of ' + ', '.join(install.scripts) if install.scripts else ''}.",
        "For a registry that asks who comes: `docker build --secret id=npmrc,src=$HOME/.npmrc`.",
        *reasons,
    ))  # fmt: skip
    variables = install_env(install)
    if variables:
        yield Env(tuple(sorted(variables.items())))
    package = manager_package(install)
    mounts = (
        Mount(kind="cache", id=f"{install.manager}-${{{ARCHITECTURE}}}", target=_CACHES[install.manager]),
        _CREDENTIALS,
    )
    files = (install.lock, *install.manifests)
    if package:
        npm = Mount(kind="cache", id=f"npm-${{{ARCHITECTURE}}}", target=_CACHES["npm"])
        yield Run(
            (command("npm", "install", "--global", "--no-audit", "--no-fund", package),), mounts=(npm, _CREDENTIALS)
        )
    binds = tuple(Mount(kind="bind", source=file, target=file) for file in files) if install.member == "." else ()
    if not binds:
        yield from (Copy(sources=(file,), destination=file) for file in files)
    commands = [command(*install_words(install, production=production))]
    rebuild = rebuild_words(install)
    if rebuild:
        commands.append(command(*rebuild))
    yield Run((*commands, *then), mounts=(*mounts, *binds))
    yield Blank()


def _inside(folder: str, words: str) -> str:
    """A command that runs in a folder of the project, and leaves the others where they are."""
    return words if folder == "." else f"(cd {command(folder)} && {words})"


def _collected(step: NodeBuild) -> Iterator[str]:
    """Commands that put what ships where it will be, with even permissions and without empty folders."""
    for output in step.outputs:
        copied = _copied(output)
        yield f"{{ test ! -e {command(output.source)} || {{ {copied}; }}; }}" if output.optional else copied
    for folder in step.install.local:
        yield command("rm", "-rf", f"{step.path}/{folder}/node_modules")
    yield _without_empty_folders(step.path)
    yield f"chmod -R {_EVEN} {command(step.path)}"


def _without_empty_folders(folder: str) -> str:
    """The command that removes them, from within. Busybox, which Alpine has, need not know `-delete`, and does not know
    `-xtype`."""
    return f"find {command(folder)} -mindepth 1 -depth -type d -empty -exec rmdir {{}} ';'"


def _copied(output: NodeOutput) -> str:
    """The command for one output: a file or folder under its own name, or what is in a folder."""
    parent, name = posixpath.split(output.destination)
    place = posixpath.join(PROJECT, output.source)
    if name == posixpath.basename(output.source):
        return f"{command('mkdir', '-p', parent)} && {command('cp', '-a', place, f'{parent}/')}"
    return (
        f"{command('mkdir', '-p', output.destination)} && {command('cp', '-a', f'{place}/.', f'{output.destination}/')}"
    )


def _compressed(step: NodeBuild) -> Iterator[Instruction]:
    yield Comment(("Each text also compressed, once and well, so that no request has to wait for it.",))
    yield Write(files=(("compress.cjs", COMPRESS),), folder=f"{_TOOLS}/", mode="644")
    yield Blank()  # hadolint reads no instruction right behind a here-document
    yield Run((command("node", f"{_TOOLS}/compress.cjs", step.path), f"chmod -R {_EVEN} {command(step.path)}"))
    yield Blank()
