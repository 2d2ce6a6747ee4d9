"""One plan on one platform as the layers that it will have, in their order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from lading.assemble.layers import LayerRecord
from lading.assemble.python.setting import PythonSetting
from lading.assemble.result import Unmet
from lading.assemble.smallfiles import SmallFiles
from lading.assemble.steps import ApplicationStep, BaseStep, Bytecode, FilesStep, LayerStep, layer_key
from lading.assemble.stored import RemoteRecord, remote_key
from lading.assemble.workshop import Workshop
from lading.digest import Digest, digest_of
from lading.errors import UsageError
from lading.lock.model import DebianPin, Pins
from lading.lock.request import is_linked
from lading.oci.model import Image, Layer
from lading.plan.model import (
    Accounts,
    BaseFiles,
    CopyFile,
    CopyFromStage,
    CopyTree,
    DebianBase,
    DebugShell,
    GoBinaries,
    ImageBase,
    MakeFolder,
    MakeLink,
    NodeBuild,
    NodeModules,
    NodeProgram,
    NodeStep,
    OwnProgram,
    Plan,
    PythonDependencies,
    PythonProject,
    SmallStep,
    Step,
    WriteFile,
    output_of,
)
from lading.tree import SubTree


class Asked(NamedTuple):
    """A step, what it depends on, and what the store has of it: asked once a build."""

    step: LayerStep
    inputs: dict[str, str]
    key: Digest
    record: LayerRecord | None


class Work:
    """One plan on one platform: its base and its steps, in the order of their layers.

    `labels` are those that the base brings, `base_config` is the configuration of an image base. Raises `UsageError`
    when the lock lacks what the plan stands on.
    """

    def __init__(self, workshop: Workshop, plan: Plan, pins: Pins, platform: str) -> None:
        self._workshop = workshop
        self.plan = plan
        self._pins = pins
        self.platform = platform
        self._base = plan.runtime.base
        self.labels: dict[str, str] = {}
        self._keys: dict[str, Digest] = {}
        self.base_config: Mapping[str, Any] | None = None
        self._base_image = self._open_base()
        self._packages = self._packages_of(self._base) if isinstance(self._base, DebianBase) else ()
        self._python = PythonSetting.of(
            workshop, plan, pins, platform, packages=self._packages, base_config=self.base_config
        )
        self.steps = self._make_steps()

    def base_layers(self) -> Sequence[Layer]:
        """The layers of an image base."""
        return self._base_image.layers if self._base_image else ()

    def unmet(self) -> tuple[Unmet, ...]:
        """Libraries that installed packages and programs need and the image does not have, looked for once for the same
        layers. An image base is not opened, so nothing is known of it. For when all layers are made."""
        if not isinstance(self._base, DebianBase) or not is_linked(self.plan):
            return ()
        layers = "\0".join(["unmet", *(self._keys.get(title, "") for title in ("base", "dependencies", "programs"))])
        return self._workshop.store.memo(digest_of(layers.encode()), tuple[Unmet, ...], self._find_unmet)

    def _find_unmet(self) -> tuple[Unmet, ...]:
        from lading.assemble.links import Installing, unmet

        base = next((step for step in self.steps if isinstance(step, BaseStep)), None)
        own = next((step for step in self.steps if isinstance(step, Installing)), None)
        return unmet(base, own) if base and own else ()

    def asked(self) -> Iterator[Asked]:
        """Every step, with its key and the layer that the store has for it, if any. Once something has to be made, the
        compiler gets ready."""
        warm = False
        compiler = self._python.bytecode.compiler if self._python else None
        for step in self.steps:
            inputs = step.inputs()
            key = layer_key(step, inputs, self._workshop, self.plan)
            record = self._workshop.store.get_action(key, LayerRecord)
            if record is None and compiler and not warm:
                compiler.warm()
                warm = True
            self._keys[step.title] = key
            yield Asked(step, inputs, key, record)

    def _open_base(self) -> Image | None:
        if not isinstance(self._base, ImageBase):
            return None
        pin = self._pins.base(self._base.reference, self.platform)
        if pin is None:
            raise _stale(f"{self._base.reference} for {self.platform}")
        image = self._workshop.sources.base_image(self._base.reference, pin.manifest)
        self.base_config = msgspec.json.decode(image.config)
        self.labels = {
            "org.opencontainers.image.base.name": self._base.reference,
            "org.opencontainers.image.base.digest": pin.digest,
        }
        for layer in image.layers:
            record = RemoteRecord(reference=self._base.reference, descriptor=layer.descriptor, diff_id=layer.diff_id)
            key = remote_key(layer.descriptor.digest)
            if self._workshop.store.get_action(key, RemoteRecord) != record:
                self._workshop.store.put_action(key, record)
        return image

    def _packages_of(self, base: DebianBase) -> tuple[DebianPin, ...]:
        packages = self._pins.packages(base.suite, self.platform.split("/")[1], base.roots, base.without)
        if packages is None:
            raise _stale(f"the {base.name} base on {base.suite} for {self.platform}")
        return packages

    def _make_steps(self) -> list[LayerStep]:  # noqa: C901  # a case for each type of step
        """The base's layer, one for each step that makes a layer of its own, and the application's. Here and nowhere
        else a step's type decides how it is assembled."""
        files: list[SmallStep] = []
        own: list[LayerStep] = []
        copies: list[CopyTree] = []
        projects: list[PythonProject] = []
        last: list[LayerStep] = []
        for step in _shipped(self.plan):
            match step:
                case Accounts() | WriteFile() | CopyFile() | MakeFolder() | MakeLink():
                    files.append(step)
                case PythonDependencies():
                    own.append(self._with_python.dependencies(step))
                case PythonProject():
                    projects.append(step)
                case CopyTree():
                    copies.append(step)
                case GoBinaries() | OwnProgram():
                    own.append(self._go(step))
                case BaseFiles():
                    own.append(self._base_files(step))
                case NodeModules() | NodeBuild() | NodeProgram():
                    own.append(self._node(step))
                case DebugShell():
                    last.append(self._debug_shell(step))
                case CopyFromStage():
                    raise AssertionError("the steps that made what it copies stand for it")
        return [*self._base_steps(files), *own, *self._application(copies, projects), *last]

    def _debug_shell(self, step: DebugShell) -> LayerStep:
        from lading.assemble.debug_shell import DebugShellStep

        base = step.base
        packages = self._pins.packages(base.suite, self.platform.split("/")[1], base.roots, base.without)
        if not packages:
            raise UsageError(
                f"the lock does not have {step.package} for {self.platform}",
                where="lading.lock",
                fix="lading lock --debug-shell",
            )
        return DebugShellStep(self._workshop, self.plan, step=step, package=packages[0])

    def _base_files(self, step: BaseFiles) -> LayerStep:
        from lading.assemble.basefiles import BaseFilesStep

        packages = self._packages_of(step.base)
        return BaseFilesStep(self._workshop, self.plan, step=step, packages=packages, platform=self.platform)

    def _go(self, step: GoBinaries | OwnProgram) -> LayerStep:
        from lading.assemble.go.steps import BinariesStep, OwnProgramStep

        if isinstance(step, GoBinaries):
            return BinariesStep(self._workshop, self.plan, step=step, pins=self._pins, platform=self.platform)
        return OwnProgramStep(self._workshop, self.plan, step=step, pins=self._pins, platform=self.platform)

    def _node(self, step: NodeStep) -> LayerStep:
        from lading.assemble.node.build import BuildStep
        from lading.assemble.node.modules import ModulesStep
        from lading.assemble.node.program import ProgramStep

        match step:
            case NodeModules():
                return ModulesStep(self._workshop, self.plan, step=step, pins=self._pins, platform=self.platform)
            case NodeBuild():
                return BuildStep(self._workshop, self.plan, step=step, pins=self._pins, platform=self.platform)
            case NodeProgram():
                return ProgramStep(self._workshop, self.plan, step=step, pins=self._pins, platform=self.platform)

    @property
    def _with_python(self) -> PythonSetting:
        if self._python is None:
            raise AssertionError("a plan with steps of Python has a Python")
        return self._python

    def _base_steps(self, steps: Sequence[SmallStep]) -> Iterator[LayerStep]:
        files = SmallFiles(steps, SubTree(self._workshop.tree, self.plan.context))
        if isinstance(self._base, DebianBase):
            yield BaseStep(
                self._workshop,
                self.plan,
                base=self._base,
                packages=self._packages,
                files=files,
                bytecode=self._bytecode,
                platform=self.platform,
            )
        elif files:
            yield FilesStep(self._workshop, self.plan, files)

    def _application(self, copies: Sequence[CopyTree], projects: Sequence[PythonProject]) -> Iterator[LayerStep]:
        if copies or projects:
            yield ApplicationStep(
                self._workshop,
                self.plan,
                copies=copies,
                projects=projects,
                pins=self._pins,
                target=self._python.target if self._python else None,
                bytecode=self._bytecode,
                platform=self.platform,
            )

    @property
    def _bytecode(self) -> Bytecode:
        return self._python.bytecode if self._python else Bytecode("none", None)


def _shipped(plan: Plan) -> Iterator[Step]:
    """The steps whose output ships: the runtime stage's own, and those that made what it copies from other stages."""
    for step in plan.runtime.steps:
        if isinstance(step, CopyFromStage):
            yield from (made for made in plan.stage(step.stage).steps if output_of(made) == step.path)
        else:
            yield step


def _stale(what: str) -> UsageError:
    return UsageError(f"the lock does not have {what}", where="lading.lock", fix="lading lock")
