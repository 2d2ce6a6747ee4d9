"""The layer of what a project's build makes: run in a copy of its source, packed folder by folder."""

import posixpath
from functools import cached_property
from pathlib import Path

from lading.assemble.actions import key_of
from lading.assemble.application import encodable, safe_link
from lading.assemble.node.folders import FOLDER_VERSION, Entry, FolderPacker, entries_of
from lading.assemble.node.modules import install_files, version_of, write_files
from lading.assemble.node.tool import NodeTool
from lading.assemble.steps import Made
from lading.assemble.workshop import Workshop
from lading.digest import Digest
from lading.errors import StepFailed, UsageError
from lading.lock.model import Pins
from lading.plan.bases import is_musl
from lading.plan.model import ImageBase, NodeBuild, Plan
from lading.plan.node.compressing import COMPRESS
from lading.toolchain.uv import machine_platform
from lading.tree import Patterns, SubTree, TreeFile

BUILD_VERSION = "2"
"""Part of every key that depends on how a build is run."""
PROJECT = "/project"
"""What stands in texts for the folder that they were built in: it is another one each time, and no image has it."""
_LARGEST_TEXT = 1 << 26
"""Bytes. What is larger is no text that a build has written."""
_CACHES = ("node_modules/.cache", "node_modules/.vite", "node_modules/.vite-temp")
"""What builds keep among the packages for the next time. It is removed, so that no build depends on the one before."""


class BuildStep:
    """The layer of a Node project's build."""

    title = "build"
    shares = False

    def __init__(self, workshop: Workshop, plan: Plan, *, step: NodeBuild, pins: Pins, platform: str) -> None:
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._pins = pins
        self._platform = platform
        self._tree = SubTree(workshop.tree, plan.context)

    @cached_property
    def _files(self) -> list[TreeFile]:
        return encodable(self._tree.files(), Patterns(self._step.exclude))

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`. What it is built for does not matter, unless packages are in what it makes."""
        step = self._step
        named = {file.path: self._stamp(file) for file in self._files}
        named |= {path: self._tree.digest(path) for path in install_files(step.install, self._tree)}
        named["node"] = version_of(self._pins, step.node)
        named["plan: build"] = f"{step.runs!r} {step.outputs!r} {step.path} {step.compress} {step.install!r}"
        named |= {f"env {name}": value for name, value in step.env}
        if step.bundled:
            named["platform"] = self._platform
        named["lading"] = f"{BUILD_VERSION} {FOLDER_VERSION}"
        return named

    def make(self) -> Made:
        """See `LayerStep.make`."""
        tool = self._workshop.sources.node(self._step.node, self._pins)
        step = self._step
        with self._workshop.store.scratch() as scratch:
            project, home, made = scratch / "project", scratch / "home", scratch / "made"
            home.mkdir()
            made.mkdir()
            self._prepare(tool, project, home)
            self._copy_source(project)
            try:
                for folder, script in self._step.runs:
                    tool.run_script(
                        script, project, folder, home=home, env=dict(self._step.env), install=self._step.install,
                        note=self._workshop.note,
                    )  # fmt: skip
            finally:
                self._keep(project)
            self._collect(project, made)
            if step.bundled:
                self._check_platform(made)
            if self._step.compress:
                program = home / "compress.cjs"
                program.write_text(COMPRESS)
                tool.run_program(program, made, what="the site's files could not be compressed")
            return self._pack(made)

    def _prepare(self, tool: NodeTool, project: Path, home: Path) -> None:
        """The packages of the project, those of its last build where they are still the same."""
        install = self._step.install
        if self._workshop.store.take_folder(self._modules_key, project):
            return
        write_files(self._tree, install_files(install, self._tree), project)
        architecture = machine_platform().split("/")[1]
        tool.install(install, project, production=False, architecture=architecture)
        (project / ".npmrc").unlink(missing_ok=True)  # its credentials are nobody's business from here on
        tool.run_scripts(install, project, home, self._workshop.note)

    @property
    def _modules_key(self) -> Digest:
        install = self._step.install
        files = {path: self._tree.digest(path) for path in install_files(install, self._tree)}
        fixed = {"\0install": repr(install), "\0node": version_of(self._pins, self._step.node)}
        return key_of("node modules to build with", {**files, **fixed, "\0machine": machine_platform()})

    def _keep(self, project: Path) -> None:
        """Let the next build have the packages."""
        from lading.store.trees import remove_tree

        for cache in _CACHES:
            if (project / cache).is_dir():
                remove_tree(project / cache)
        kept = project.with_name("kept")
        install = self._step.install
        for folder in dict.fromkeys((".", install.member, *install.local)):
            place = project / folder / "node_modules"
            if place.is_dir():
                (kept / folder).mkdir(parents=True, exist_ok=True)
                place.rename(kept / folder / "node_modules")
        if kept.is_dir():
            self._workshop.store.give_folder(self._modules_key, kept)

    def _copy_source(self, folder: Path) -> None:
        for file in self._files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if file.link is not None:
                target.symlink_to(safe_link(file))
                continue
            with target.open("xb") as copy:
                copy.writelines(self._tree.chunks(file.path))
            target.chmod(0o755 if file.executable else 0o644)

    def _collect(self, project: Path, made: Path) -> None:
        """Move the outputs to where the image has them, below `made`. In texts among them the folder that they were
        built in gets a name that is always the same."""
        for output in self._step.outputs:
            source = project / output.source
            target = made / posixpath.relpath(output.destination, self._step.path)
            if not source.resolve().is_relative_to(project.resolve()):
                raise UsageError(
                    f"{output.source} leads out of the project", where=output.source, fix="let the build write it there"
                )
            if source.is_dir() or source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                _merge(source, target)
            elif not output.optional:
                raise StepFailed(
                    f"the build did not make {output.source}",
                    where=posixpath.normpath(f"{self._step.install.member}/package.json") + " › scripts.build",
                    fix="let the script write there, where this framework's builds usually are",
                )
        for entry in entries_of(made):
            if entry.link is None and entry.size <= _LARGEST_TEXT:
                _rename_inside(entry.place, str(project).encode())

    def _check_platform(self, made: Path) -> None:
        """Refuse compiled parts of packages that were bundled on this machine and are for another one than the target:
        the framework has chosen those that were installed to build with."""
        libc = "musl" if isinstance(base := self._plan.runtime.base, ImageBase) and is_musl(base.reference) else "glibc"
        here, target = f"{machine_platform()} with glibc", f"{self._platform} with {libc}"
        if here == target:
            return
        compiled = [entry.path for entry in entries_of(made) if entry.link is None and _is_compiled(entry.place)]
        if compiled:
            raise UsageError(
                f"the build has taken parts of packages with it that are compiled for {here} and not for {target}",
                where=compiled[0],
                fix='let BuildKit build for other platforms: engine = "buildkit" in lading.toml',
            )

    def _pack(self, made: Path) -> Made:
        packer = FolderPacker(
            self._workshop.store, compression=self._plan.compression, mtime=self._workshop.mtime
        )  # fmt: skip
        groups: dict[str, list[Entry]] = {}
        for entry in entries_of(made):
            groups.setdefault(entry.path.partition("/")[0] if "/" in entry.path else ".", []).append(entry)
        packed = [packer.pack(groups[name], self._step.path) for name in sorted(groups)]
        return Made([segment for segment, _ in packed], sum(fresh for _, fresh in packed))

    def _stamp(self, file: TreeFile) -> str:
        if file.link is not None:
            return f"-> {safe_link(file)}"
        return f"{self._tree.digest(file.path)}{' x' if file.executable else ''}"


def _merge(source: Path, target: Path) -> None:
    """Move a file or folder to a place where there may be a folder already; what comes later stays."""
    if source.is_dir() and target.is_dir():
        for one in sorted(source.iterdir()):
            _merge(one, target / one.name)
    else:
        target.unlink(missing_ok=True)
        source.rename(target)


def _is_compiled(place: Path) -> bool:
    """Whether a file is a program or library of Linux (elf(5))."""
    with place.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _rename_inside(place: Path, folder: bytes) -> None:
    data = place.read_bytes()
    if folder in data and b"\0" not in data:
        place.chmod(0o600 | place.stat().st_mode)
        place.write_bytes(data.replace(folder, PROJECT.encode()))
