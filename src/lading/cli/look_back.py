"""What BuildKit has made, looked back on as a build report: sizes, layers, budget."""

import re
from typing import TYPE_CHECKING

from lading.assemble.result import BuildReport, LayerReport, PlatformReport
from lading.buildkit.engine import Made
from lading.cli.own_dockerfile import Task
from lading.digest import digest_of
from lading.oci.model import Image, Index
from lading.oci.partial import config_of, images_of, manifest_of, platform_of
from lading.oci.validate import ATTESTATION, KIND
from lading.prove.history import titles
from lading.prove.size import ImageSize, measure

if TYPE_CHECKING:
    from lading.store import Store

ROOT = ("", "0", "root")
"""Users, before a colon, that are root."""
_BUILDKIT = re.compile(r" # buildkit$|^RUN (?:\|\d+ .*)?/bin/sh -c ")


def looked_back(task: Task, made: Made, content: Image | Index, store: "Store | None") -> BuildReport:
    """The report of what was made. Layers that lie in the `store` are opened and measured; without one (they are in a
    registry) their sizes as files are not known, and no budget is judged."""
    images = [image for descriptor, image in images_of(content) if descriptor.annotations.get(KIND) != ATTESTATION]
    platforms = tuple(_measured(image, made, store) if store else _listed(image) for image in images)
    largest = max(platform.unpacked for platform in platforms)
    judged = task.budget is not None and store is not None
    return BuildReport(
        service=task.job.service,
        image=task.job.image,
        digest=made.digest,
        platforms=platforms,
        steps=made.steps,
        seconds=made.seconds,
        budget=task.budget,
        within_budget=largest <= task.budget if judged and task.budget is not None else None,
        version=task.version,
        notes=(*task.notes, *_notes(task, images, judged=judged)),
    )


def _measured(image: Image, made: Made, store: "Store") -> PlatformReport:
    digest = digest_of(image.manifest)
    size = store.memo(digest_of(b"measured\0" + digest.encode()), ImageSize, lambda: measure(image))
    layers = tuple(
        LayerReport(
            title=_title(layer.title),
            digest=layer.digest,
            size=layer.size,
            unpacked=layer.unpacked,
            files=layer.files,
            reused=layer.digest in made.known,
        )
        for layer in size.layers
    )
    return PlatformReport(
        platform=size.platform, manifest=digest, layers=layers, size=size.size, unpacked=size.unpacked
    )


def _listed(image: Image) -> PlatformReport:
    descriptors = manifest_of(image).layers
    named = titles(config_of(image).history or (), len(descriptors))
    layers = tuple(
        LayerReport(title=_title(title), digest=layer.digest, size=layer.size, unpacked=-1, files=-1, reused=None)
        for title, layer in zip(named, descriptors, strict=True)
    )
    return PlatformReport(
        platform=str(platform_of(image)),
        manifest=digest_of(image.manifest),
        layers=layers,
        size=sum(layer.size for layer in layers),
        unpacked=-1,
    )


def _title(text: str) -> str:
    """A layer's instruction without what BuildKit writes around each."""
    return _BUILDKIT.sub(lambda match: "RUN " if match[0].startswith("RUN") else "", text)


def _notes(task: Task, images: "list[Image]", *, judged: bool) -> list[str]:
    notes = []
    if task.budget is not None and not judged:
        notes.append("its budget was not judged: the builder has pushed it, so its size on disk is not known here")
    users = {(config.user if (config := config_of(image).config) else "") for image in images}
    if task.root_allowed is False and any(user.partition(":")[0] in ROOT for user in users):
        notes.append(f"it runs as root: {task.job.file} sets no USER, and the strategy does not allow root")
    return notes
