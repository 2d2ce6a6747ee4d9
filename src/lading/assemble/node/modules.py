"""The layer of the packages that a service loads in production: each package a segment."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from lading.assemble.node.folders import FOLDER_VERSION, Entry, FolderPacker, entries_of
from lading.assemble.segment import Segment
from lading.assemble.steps import Made
from lading.assemble.workshop import Counter, Workshop
from lading.errors import UsageError
from lading.lock.model import Pins
from lading.plan.model import NodeInstall, NodeModules, Plan
from lading.plan.node.installing import LEFTOVERS
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
        named["plan: install"] = f"{install!r} {self._step.path}"
        named["platform"] = f"{self._platform} {FOLDER_VERSION}"
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        workshop, install = self._workshop, self._step.install
        check_scripts(install, self._platform)
        tool = workshop.sources.node(self._step.node, self._pins)
        with workshop.store.scratch() as scratch:
            folder = scratch / "project"
            write_files(self._tree, install_files(install, self._tree), folder)
            (scratch / "home").mkdir()
            architecture = self._platform.split("/")[1]
            tool.install(install, folder, production=True, architecture=architecture)
            tool.run_scripts(install, folder, scratch / "home")
            return self._pack(folder / MODULES)

    def _pack(self, folder: Path) -> Made:
        workshop = self._workshop
        packer = FolderPacker(workshop.store, compression=self._plan.compression, mtime=workshop.mtime)
        packages = dict(packages_below(folder)) if folder.is_dir() else {}
        counter = Counter(
            workshop, self.title, self._platform, doing="pack", total=len(packages), unit="packages"
        )  # fmt: skip

        def pack(name: str) -> tuple[Segment, bool]:
            packed = packer.pack(packages[name], self._step.path)
            counter.add()
            return packed

        made = list(workshop.pool.map(pack, packages))
        return Made([segment for segment, _ in made], sum(fresh for _, fresh in made))


def packages_below(folder: Path) -> Iterator[tuple[str, list[Entry]]]:
    """The entries below a `node_modules`, relative to it, by the package that they belong to; sorted. Links to programs
    (`.bin`) are together."""
    found: dict[str, list[Entry]] = {}
    for entry in entries_of(folder, lambda path: path not in LEFTOVERS):
        parts = entry.path.split("/")
        deep = parts[0].startswith("@") or parts[0] == ".pnpm"  # pnpm keeps each package in a folder of its own there
        found.setdefault("/".join(parts[: 2 if deep else 1]), []).append(entry)
    yield from sorted(found.items())


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


def check_scripts(install: NodeInstall, platform: str) -> None:
    """Refuse packages that have to run something to be installed, where that would run on another machine than the one
    that it is for."""
    if install.scripts and platform != machine_platform():
        raise UsageError(
            f"{', '.join(install.scripts)}: installing runs scripts, which make something for {machine_platform()} here"
            f" and not for {platform}",
            where=install.lock,
            fix='let BuildKit build for other platforms: engine = "buildkit" in lading.toml',
        )
