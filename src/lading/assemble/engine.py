"""The embedded engine: a plan, its pins and a platform become an image in the store."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from lading.assemble.actions import History, explain
from lading.assemble.config import image_config
from lading.assemble.conflicts import settle
from lading.assemble.layers import LayerRecord, StoredLayer, compose, is_whole
from lading.assemble.python.bytecode import Compiler, tag_of
from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.python.interpreter import from_host, from_packages, identity_of, interpreter_packages
from lading.assemble.python.wheels import Target
from lading.assemble.result import BuildReport, LayerReport, PlatformReport, StepReport
from lading.assemble.steps import (
    ApplicationStep,
    BaseStep,
    Bytecode,
    FilesStep,
    LayerStep,
    layer_key,
    target_of,
)
from lading.assemble.stored import RemoteRecord, remote_key
from lading.assemble.workshop import Workshop, threads
from lading.digest import Digest, digest_of
from lading.errors import UsageError
from lading.lock.model import DebianPin, Pins
from lading.lock.request import compiler_base
from lading.oci.model import Image, Layer, Platform
from lading.oci.partial import image_of, index_of
from lading.plan.model import (
    Accounts,
    CopyFromStage,
    CopyTree,
    DebianBase,
    ImageBase,
    Plan,
    PythonDependencies,
    PythonProject,
    Step,
    WriteFile,
    output_of,
)

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


class Engine(Protocol):
    """What builds images. Two engines given the same plan and pins make the same files."""

    def build(self, plan: Plan, pins: Pins, platform: str) -> Image:
        """The image of a plan for one platform."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """An image and how it came to be."""

    image: Any
    report: PlatformReport
    steps: tuple[StepReport, ...]


class EmbeddedEngine:
    """Builds without a daemon, a registry or root. One engine serves any number of plans of one repository."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def build(self, plan: Plan, pins: Pins, platform: str) -> Image:
        """See `Engine.build`."""
        image: Image = self.build_platform(plan, pins, platform).image
        return image

    def build_service(self, plan: Plan, pins: Pins) -> tuple[Digest, BuildReport]:
        """Build every platform of a plan, store the image under its name, and look back.

        One platform gives an image, several an index: the digest is that of what the name stands for.
        """
        began = time.perf_counter()
        built = [self.build_platform(plan, pins, platform) for platform in plan.platforms]
        store = self._workshop.store
        for part in built:
            store.put(part.image.config)
            store.put(part.image.manifest)
        digest = built[0].report.manifest
        if len(built) > 1:
            index = index_of([(_platform(part.report.platform), part.image) for part in built])
            digest = store.put(index.manifest)
        store.name_image(plan.image, digest)
        largest = max(part.report.unpacked for part in built)
        whole = all(layer.unpacked >= 0 for part in built for layer in part.report.layers)
        return digest, BuildReport(
            service=plan.service,
            image=plan.image,
            digest=digest,
            platforms=tuple(part.report for part in built),
            steps=tuple(step for part in built for step in part.steps),
            seconds=time.perf_counter() - began,
            budget=plan.budget,
            within_budget=largest <= plan.budget if plan.budget is not None and whole else None,
            version=dict(plan.config.labels).get("org.opencontainers.image.version", ""),
            notes=plan.notes,
        )

    def build_platform(self, plan: Plan, pins: Pins, platform: str) -> Built:
        """The image of a plan for one platform, with its report."""
        work = _Work(self._workshop, plan, pins, platform)
        base_layers = work.base_layers()
        made = self._layers(work)
        own = [(record.title, StoredLayer(self._workshop.store, record)) for record, _ in made]
        config = image_config(
            plan.config,
            own,
            architecture=platform.split("/")[1],
            mtime=self._workshop.mtime,
            labels=work.labels,
            base=work.base_config,
        )
        layers: list[Layer] = [*base_layers, *(layer for _, layer in own)]
        image = image_of(config, layers)
        reports = [_base_report(layer) for layer in base_layers]
        reports += [_layer_report(record, step.reused) for record, step in made]
        return Built(
            image=image,
            report=PlatformReport(
                platform=platform,
                manifest=digest_of(image.manifest),
                layers=tuple(reports),
                size=sum(layer.size for layer in reports),
                unpacked=sum(max(0, layer.unpacked) for layer in reports),
            ),
            steps=tuple(step for _, step in made),
        )

    def _layers(self, work: "_Work") -> list[tuple[LayerRecord, StepReport]]:
        """The layers of an image. Steps share no output: one that has to be made is begun at once, on a thread, while
        those after it find out what they depend on; the last is made here, since for it alone a thread would cost more
        than it saves. The first to fail ends the build."""
        parts: list[Callable[[], tuple[LayerRecord, StepReport]]] = []
        with ExitStack() as stack:
            pool: ThreadPoolExecutor | None = None
            for one in work.asked():
                make = partial(self._layer, one, work.plan, work.platform)
                if one.record is None and one.step is not work.steps[-1]:
                    pool = pool or stack.enter_context(threads(len(work.steps), "lading-step"))
                    parts.append(pool.submit(make).result)
                else:
                    parts.append(make)
            return [part() for part in parts]

    def _layer(self, asked: "_Asked", plan: Plan, platform: str) -> tuple[LayerRecord, StepReport]:
        workshop, step, inputs, record = self._workshop, asked.step, asked.inputs, asked.record
        history = History(workshop.store, f"{plan.image}-{platform}-{step.title}")
        with workshop.timed(step.title, platform) as watch:
            before = history.last()
            watch.reused = record is not None and is_whole(workshop.store, record)
            packed, kept = 0, 0
            if record is None or not watch.reused:
                made = step.make()
                segments = settle(workshop, made.segments, plan.compression)
                record = compose(
                    workshop.store, step.title, segments, compression=plan.compression, mtime=workshop.mtime
                )
                workshop.store.put_action(asked.key, record)
                packed, kept = made.packed, len(segments) - made.packed
            if before != inputs:
                history.keep(inputs)
            report = StepReport(
                step=step.title,
                platform=platform,
                reused=watch.reused,
                seconds=watch.seconds,
                made=packed,
                kept=kept,
                reasons=explain(before or inputs, inputs) if not watch.reused else (),
                first=before is None,
            )
        return record, report


class _Asked(NamedTuple):
    """A step, what it depends on, and what the store has of it: asked once a build."""

    step: LayerStep
    inputs: dict[str, str]
    key: Digest
    record: LayerRecord | None


class _Work:
    """One plan on one platform: its steps, in the order of their layers."""

    def __init__(self, workshop: Workshop, plan: Plan, pins: Pins, platform: str) -> None:
        self._workshop = workshop
        self.plan = plan
        self._pins = pins
        self.platform = platform
        self._base = plan.runtime.base
        self.labels: dict[str, str] = {}
        python = _python_of(plan)
        self.base_config: Mapping[str, Any] | None = None
        self._base_image = self._open_base()
        self._packages = self._pinned_packages()
        self.bytecode = self._find_bytecode(python) if python else Bytecode("none", None)
        self._target = self._find_target(python) if python else None
        self.steps = self._make_steps()

    def base_layers(self) -> Sequence[Layer]:
        """The layers of an image base."""
        return self._base_image.layers if self._base_image else ()

    def asked(self) -> Iterator[_Asked]:
        """Every step, with its key and the layer that the store has for it, if any. Once something has to be made, the
        compiler gets ready."""
        warm = False
        for step in self.steps:
            inputs = step.inputs()
            key = layer_key(step, inputs, self._workshop, self.plan)
            record = self._workshop.store.get_action(key, LayerRecord)
            if record is None and self.bytecode.compiler and not warm:
                self.bytecode.compiler.warm()
                warm = True
            yield _Asked(step, inputs, key, record)

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

    def _pinned_packages(self) -> tuple[DebianPin, ...]:
        if not isinstance(self._base, DebianBase):
            return ()
        architecture = self.platform.split("/")[1]
        packages = self._pins.packages(self._base.suite, architecture, self._base.roots, self._base.without)
        if packages is None:
            raise _stale(f"the {self._base.name} base on {self._base.suite} for {self.platform}")
        return packages

    def _make_steps(self) -> list[LayerStep]:
        workshop, plan, platform = self._workshop, self.plan, self.platform
        bytecode, target = self.bytecode, self._target
        shipped = _shipped(plan)
        files = [step for step in shipped if isinstance(step, Accounts | WriteFile)]
        copies = [step for step in shipped if isinstance(step, CopyTree)]
        projects = [step for step in shipped if isinstance(step, PythonProject)]
        steps: list[LayerStep] = []
        if isinstance(self._base, DebianBase):
            steps.append(
                BaseStep(
                    workshop,
                    plan,
                    base=self._base,
                    packages=self._packages,
                    steps=files,
                    bytecode=bytecode,
                    platform=platform,
                )
            )
        elif files:
            steps.append(FilesStep(workshop, plan, files))
        for step in shipped:
            if isinstance(step, PythonDependencies):
                if target is None:
                    raise AssertionError("a plan with Python dependencies has a Python")
                steps.append(
                    DependenciesStep(workshop, plan, step=step, pins=self._pins, target=target, bytecode=bytecode)
                )
        if copies or projects:
            steps.append(
                ApplicationStep(
                    workshop,
                    plan,
                    copies=copies,
                    projects=projects,
                    pins=self._pins,
                    target=target,
                    bytecode=bytecode,
                    platform=platform,
                )
            )
        return steps

    def _find_target(self, python: str) -> Target:
        environment = ((self.base_config or {}).get("config") or {}).get("Env") or ()
        full = next((str(line)[15:] for line in environment if str(line).startswith("PYTHON_VERSION=")), "")
        return target_of(self._packages, python, self.platform, full)

    def _find_bytecode(self, python: str) -> Bytecode:
        workshop = self._workshop
        bases = [self._base] if isinstance(self._base, DebianBase) else []
        extra = compiler_base(python)
        packages = interpreter_packages(self._pins, [*bases, *([extra] if extra else [])], python)
        if packages:
            identity = identity_of(packages, python)
            return Bytecode(
                identity,
                workshop.compiler(
                    identity,
                    lambda: Compiler(
                        identity=identity,
                        tag=tag_of(python),
                        ready=lambda: from_packages(workshop.store, packages, python, workshop.packages),
                        processes=workshop.jobs,
                        spare=workshop.spare,
                    ),
                ),
                packages,
            )
        import shutil

        from lading.proc import Runner

        found = from_host(python, Runner(), shutil.which)
        if found is None:
            workshop.note(f"no Python {python} runs on this machine: the image has no bytecode and starts more slowly")
            return Bytecode("none", None)
        return Bytecode(
            found.identity,
            workshop.compiler(
                found.identity,
                lambda: Compiler(identity=found.identity, tag=found.tag, ready=lambda: found, processes=workshop.jobs),
            ),
        )


def _shipped(plan: Plan) -> list[Step]:
    """The steps whose output ships: the runtime stage's own, and those that made what it copies from other stages."""
    steps: list[Step] = []
    for step in plan.runtime.steps:
        if isinstance(step, CopyFromStage):
            steps += [made for made in plan.stage(step.stage).steps if output_of(made) == step.path]
        else:
            steps.append(step)
    return steps


def _python_of(plan: Plan) -> str:
    for stage in plan.stages:
        for step in stage.steps:
            if isinstance(step, PythonDependencies | PythonProject | CopyTree) and step.python:
                return step.python
    return ""


def _platform(text: str) -> Platform:
    os, architecture = text.split("/")[:2]
    return Platform(os=os, architecture=architecture)


def _stale(what: str) -> UsageError:
    return UsageError(f"the lock does not have {what}", where="lading.lock", fix="lading lock")


def _layer_report(record: LayerRecord, reused: bool) -> LayerReport:
    return LayerReport(
        title=record.title,
        digest=record.digest,
        size=record.size,
        unpacked=record.unpacked,
        files=record.files,
        reused=reused,
    )


def _base_report(layer: Layer) -> LayerReport:
    """A base image's layer: its files are not looked at, so their size is not known (-1)."""
    return LayerReport(
        title="base image",
        digest=layer.descriptor.digest,
        size=layer.descriptor.size,
        unpacked=-1,
        files=-1,
        reused=True,
    )
