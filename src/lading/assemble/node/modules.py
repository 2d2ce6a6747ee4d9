"""The layer of the packages that a service loads in production: each package a segment."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from lading.assemble.node.folders import FOLDER_VERSION, Entry, FolderPacker, entries_of
from lading.assemble.node.parts import Machine, missing
from lading.assemble.segment import Segment
from lading.assemble.steps import Made
from lading.assemble.workshop import Counter, Workshop
from lading.errors import StepFailed, UsageError
from lading.lock.model import Pins
from lading.plan.model import NodeInstall, NodeModules, Plan
from lading.plan.node.installing import LEFTOVERS, strangers
from lading.toolchain.node import tool_of
from lading.toolchain.uv import machine_platform
from lading.tree import SubTree

MODULES = "node_modules"


class ModulesStep:
    """The dependencies layer of a Node service."""

    title = "dependencies"
    shares = True

    def __init__(self, workshop: Workshop, plan: Plan, *, step: NodeModules, pins: Pins, platform: str) -> None:
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._pins = pins
        self._platform = platform

    @cached_property
    def _tree(self) -> SubTree:
        return SubTree(self._workshop.tree, self._plan.context)

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        install = self._step.install
        named: dict[str, str] = {path: self._tree.digest(path) for path in install_files(install, self._tree)}
        named["node"] = version_of(self._pins, self._step.node)
        named["plan: install"] = f"{install!r} {self._step.path} {self._step.libc}"
        named["platform"] = f"{self._platform} {FOLDER_VERSION}"
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        workshop, install = self._workshop, self._step.install
        check_scripts(install, self._platform, self._step.libc)
        tool = workshop.sources.node(self._step.node, self._pins)
        with workshop.store.scratch() as scratch:
            folder = scratch / "project"
            write_files(self._tree, install_files(install, self._tree), folder)
            (scratch / "home").mkdir()
            architecture, libc = self._platform.split("/")[1], self._step.libc
            tool.install(install, folder, production=True, architecture=architecture, libc=libc)
            self._check_parts(folder)
            (folder / ".npmrc").unlink(missing_ok=True)  # its credentials are nobody's business from here on
            tool.run_scripts(install, folder, scratch / "home", workshop.note)
            return self._pack(folder)

    @property
    def _machine(self) -> Machine:
        return Machine.of(self._platform.split("/")[1], self._step.libc)

    def _check_parts(self, folder: Path) -> None:
        install = self._step.install
        if install.manager == "npm" and install.member == ".":
            lacking = missing((folder / install.lock).read_bytes(), folder, self._machine)
            if lacking:
                raise StepFailed(
                    f"npm left out {', '.join(lacking)}, which is for {self._platform}",
                    where=install.lock,
                    fix="check the registry and the network, then build again",
                )

    def _pack(self, folder: Path) -> Made:
        workshop, install = self._workshop, self._step.install
        packer = FolderPacker(workshop.store, compression=self._plan.compression, mtime=workshop.mtime)
        if install.manager == "yarn":
            leave_out_foreign(folder / MODULES, self._machine)
        for one in strangers(install):
            remove_folder(folder / one)
        packages = dict(packages_below(folder))
        counter = Counter(workshop, self.title, self._platform, doing="pack", total=len(packages), unit="packages")

        def pack(name: str) -> tuple[Segment, bool]:
            packed = packer.pack(packages[name], self._step.path.removesuffix(f"/{MODULES}"))
            counter.add()
            return packed

        made = list(workshop.pool.map(pack, packages))
        return Made([segment for segment, _ in made], sum(fresh for _, fresh in made))


def packages_below(folder: Path) -> Iterator[tuple[str, list[Entry]]]:
    """The entries in every `node_modules` below a project's folder, relative to it, by the package that they belong to;
    sorted. Links to programs (`.bin`) are together; links to what is not there are left out."""
    left_out = frozenset(f"{MODULES}/{name}" for name in LEFTOVERS)
    found: dict[str, list[Entry]] = {}
    for entry in entries_of(folder, lambda path: inside(path) not in left_out):
        if f"/{MODULES}/" in f"/{entry.path}" and (entry.link is None or entry.place.exists()):
            found.setdefault(package_of(entry.path), []).append(entry)
    yield from sorted(found.items())


def inside(path: str) -> str:
    """A path from the last `node_modules` in it on; without one, what is no path of one."""
    before, found, rest = path.rpartition(f"{MODULES}/")
    return f"{found}{rest}" if found and (not before or before.endswith("/")) else ""


def package_of(path: str) -> str:
    """The path of the package that a file is of: the outermost one, with all that is nested in it.

    >>> package_of("node_modules/@a/b/node_modules/c/x.js"), package_of("web/node_modules/.pnpm/c@1/node_modules/c/x")
    ('node_modules/@a/b', 'web/node_modules/.pnpm/c@1')
    """
    before, _, rest = path.partition(f"{MODULES}/") if path.startswith(MODULES) else path.partition(f"/{MODULES}/")
    parts = rest.split("/")
    # pnpm keeps each package in a folder of its own below `.pnpm`
    name = "/".join(parts[: 2 if parts[0].startswith("@") or parts[0] == ".pnpm" else 1])
    return f"{before}/{MODULES}/{name}" if before else f"{MODULES}/{name}"


def leave_out_foreign(folder: Path, machine: Machine) -> None:
    """Remove packages that say that they are for other machines: Yarn 1 installs the parts for all."""
    import msgspec

    for manifest in [*folder.glob("*/package.json"), *folder.glob("@*/*/package.json")]:
        try:
            said = msgspec.json.decode(manifest.read_bytes(), type=dict[str, Any])
        except msgspec.DecodeError:
            continue
        if not machine.takes(said):
            remove_folder(manifest.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is there."""
    from lading.store.trees import remove_tree

    if folder.is_dir():
        remove_tree(folder)


def install_files(install: NodeInstall, tree: SubTree) -> tuple[str, ...]:
    """The files that installing reads: lock, manifests, and the manager's settings where the project has any."""
    settings = (path for path in (".npmrc",) if tree.exists(path))
    return tuple(sorted({install.lock, *install.manifests, *settings} - {""}))


def write_files(tree: SubTree, paths: "tuple[str, ...]", folder: Path) -> None:
    """Copy files of the source below `folder`, with plain permissions."""
    for path in paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.writelines(tree.chunks(path))


def version_of(pins: Pins, line: str) -> str:
    """The version of node that a lock has for a release line. `UsageError` when it has none."""
    name = tool_of(line)
    version = next((pin.version for pin in pins.tools if pin.name == name), "")
    if not version:
        raise UsageError(f"the lock does not have node {line}", where="lading.lock", fix="lading lock")
    return version


def check_scripts(install: NodeInstall, platform: str, libc: str) -> None:
    """Refuse packages that have to run something to be installed, where that would run on another machine than the one
    that it is for, or beside another C library."""
    here, target = f"{machine_platform()} with glibc", f"{platform} with {libc}"
    if install.scripts and here != target:
        names = ", ".join(install.scripts)
        raise UsageError(
            f"{names}: installing runs scripts, which make something for {here} and not for {target}",
            where=install.lock,
            fix='let BuildKit build for other platforms: engine = "buildkit" in lading.toml',
        )
