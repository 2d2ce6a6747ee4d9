"""The embedded engine: a plan, its pins and a platform become an image in the store."""

import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from lading.assemble.actions import History, explain
from lading.assemble.config import image_config
from lading.assemble.conflicts import settle
from lading.assemble.layers import LayerRecord, StoredLayer, compose, is_whole
from lading.assemble.result import BuildReport, LayerReport, PlatformReport, StepReport
from lading.assemble.work import Asked, Work
from lading.assemble.workshop import Workshop, threads
from lading.digest import Digest, digest_of
from lading.errors import StepFailed, raise_all
from lading.lock.model import Pins
from lading.oci.model import Image, Layer, Platform
from lading.oci.partial import image_of, index_of
from lading.plan.model import Plan

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
    notes: tuple[str, ...] = ()


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
            notes=tuple(dict.fromkeys((*plan.notes, *(note for part in built for note in part.notes)))),
        )

    def build_platform(self, plan: Plan, pins: Pins, platform: str) -> Built:
        """The image of a plan for one platform, with its report."""
        work = Work(self._workshop, plan, pins, platform)
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
            notes=_settled(work),
        )

    def _layers(self, work: Work) -> list[tuple[LayerRecord, StepReport]]:
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

    def _layer(self, asked: Asked, plan: Plan, platform: str) -> tuple[LayerRecord, StepReport]:
        workshop, step, inputs = self._workshop, asked.step, asked.inputs
        history = History(workshop.store, f"{plan.image}-{platform}-{step.title}")
        with workshop.timed(step.title, platform) as watch:
            before = history.last()
            watch.reused = asked.record is not None and is_whole(workshop.store, asked.record)
            if asked.record is not None and watch.reused:
                record, packed, kept = asked.record, 0, 0
            else:
                with workshop.turn(step.title) if step.shares else nullcontext():
                    # Another service may have made it since the store was asked.
                    found = workshop.store.get_action(asked.key, LayerRecord) if step.shares else None
                    watch.reused = found is not None and is_whole(workshop.store, found)
                    record, packed, kept = (found, 0, 0) if found and watch.reused else self._made(asked, plan)
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

    def _made(self, asked: Asked, plan: Plan) -> tuple[LayerRecord, int, int]:
        """A layer, made, and how many of its segments were packed and how many were there."""
        workshop, step = self._workshop, asked.step
        made = step.make()
        segments = settle(workshop, made.segments, plan.compression)
        record = compose(workshop.store, step.title, segments, compression=plan.compression, mtime=workshop.mtime)
        workshop.store.put_action(asked.key, record)
        return record, made.packed, len(segments) - made.packed


def _settled(work: Work) -> tuple[str, ...]:
    """Notes of libraries that are missing and may be. Raises for those that must not: each would only show when the
    service first needs it, which may be late."""
    found = work.unmet()
    missing = [one for one in found if one.library not in work.plan.missing_libraries]
    if missing:
        from lading.assemble.python.librarylock import usual_packages

        where = f"{work.plan.service} › {work.platform}"
        names = (next(iter(usual_packages(one.library)), "") for one in missing)
        raise_all(
            StepFailed(one.told(), where=where, fix=one.advice(name)) for one, name in zip(missing, names, strict=True)
        )
    return tuple(f"{one.told()}, as lading.toml allows" for one in found)


def _platform(text: str) -> Platform:
    os, architecture = text.split("/")[:2]
    return Platform(os=os, architecture=architecture)


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
