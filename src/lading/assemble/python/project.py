"""A project that is a package: its wheel, built in a copy of its source, installed and packed like any other wheel."""

from pathlib import Path
from posixpath import dirname
from typing import BinaryIO

from lading.assemble.actions import key_of
from lading.assemble.application import encodable, safe_link
from lading.assemble.compress import NAMES
from lading.assemble.python.bytecode import Compiler
from lading.assemble.python.distribution import Distribution
from lading.assemble.python.installed import installed_below
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_packer import INSTALL_VERSION, WheelPacker
from lading.assemble.python.wheels import Target, Wheel, wheel_at
from lading.assemble.segment import Segment
from lading.assemble.workshop import Workshop
from lading.errors import StepFailed, UsageError
from lading.lock.model import BuildPin, Pins
from lading.lock.request import build_set
from lading.plan.model import Plan, PythonProject
from lading.tree import Patterns, Tree


class ProjectWheel:
    """The wheel of one project."""

    def __init__(
        self, workshop: Workshop, plan: Plan, *, step: PythonProject, pins: Pins, tree: Tree, bytecode: str
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._pins = pins
        self._tree = tree
        self._bytecode = bytecode
        folder = dirname(step.project)
        self._below = f"{folder}/" if folder else ""
        own = tuple(file for file in tree.files() if file.path.startswith(self._below))
        self._files = encodable(own, Patterns(step.exclude))

    def inputs(self) -> dict[str, str]:
        """Every source file that the build may read, and what builds it."""
        named = {
            file.path: f"-> {safe_link(file)}" if file.link is not None else str(self._tree.digest(file.path))
            for file in self._files
        }
        named |= {f"lading.lock: build {pin.name}": f"{pin.version} {' '.join(pin.digests)}" for pin in self._pinned()}
        return named

    def segment(self, target: Target, compiler: Compiler | None) -> tuple[Segment, bool]:
        """The project's segment, and whether it had to be packed."""
        key = key_of(
            "project",
            {
                **self.inputs(),
                "\0venv": self._step.venv,
                "\0python": target.minor,
                "\0bytecode": self._bytecode,
                "\0layout": INSTALL_VERSION,
                "\0compression": NAMES[self._plan.compression],
                "\0time": str(self._workshop.mtime),
            },
        )
        store = self._workshop.store
        found = store.get_action(key, Segment)
        if found and store.has(found.digest, found.size):
            return found, False
        segment = self._build(target, compiler)
        store.put_action(key, segment)
        return segment, True

    def _build(self, target: Target, compiler: Compiler | None) -> Segment:
        uv = self._workshop.sources.uv(self._workshop.folder / self._plan.context, self._pins)
        with self._workshop.store.scratch() as folder:
            self._copy_source(folder / "source")
            path = uv.build_wheel(folder / "source", folder / "wheels", self._constraints())
            wheel = wheel_at(path)
            if not path.name.endswith("-none-any.whl"):
                raise UsageError(
                    f"{path.name} holds compiled code, which Lading does not build for an image yet",
                    where=str(self._step.project),
                    fix="publish its wheels for the target platforms to an index and depend on them",
                )
            packer = WheelPacker(
                self._workshop.store,
                venv=self._step.venv,
                target=target,
                compression=self._plan.compression,
                mtime=self._workshop.mtime,
                compiler=compiler,
                bytecode=self._bytecode,
            )
            from lading.assemble.python.wheel_archive import opened

            with opened(path) as file:
                return packer.pack(self._laid_out(file, wheel, uv, target, folder / "install" / "prefix"), wheel.digest)

    def _laid_out(self, file: BinaryIO, wheel: Wheel, uv: Uv, target: Target, prefix: Path) -> Distribution:
        """The wheel as it stands, or installed below `prefix` where it is more than a plain one."""
        from lading.assemble.python.wheel_archive import Unusual, WheelArchive

        try:
            return WheelArchive(file, name=wheel.name, version=wheel.version)
        except Unusual:
            prefix.mkdir(parents=True)
            uv.install([wheel], target, prefix)
        installed = installed_below(prefix).get(wheel.name)
        if installed is None:
            raise StepFailed(f"uv did not install {wheel.filename}", where=self._step.project)
        return installed

    def _copy_source(self, folder: Path) -> None:
        for file in self._files:
            target = folder / file.path.removeprefix(self._below)
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.link is not None:
                target.symlink_to(file.link)
                continue
            with target.open("xb") as copy:
                for chunk in self._tree.chunks(file.path):
                    copy.write(chunk)
            target.chmod(0o755 if file.executable else 0o644)

    def _pinned(self) -> tuple[BuildPin, ...]:
        wanted = build_set(self._plan, self._step)
        pinned = self._pins.build_requirements(wanted.project, wanted.python, wanted.requires)
        if pinned is None:
            raise UsageError(
                f"the lock does not have what builds {wanted.project}", where="lading.lock", fix="lading lock"
            )
        return pinned

    def _constraints(self) -> str:
        return "".join(
            f"{pin.name}=={pin.version} {' '.join(f'--hash={digest}' for digest in pin.digests)}\n"
            for pin in self._pinned()
        )
