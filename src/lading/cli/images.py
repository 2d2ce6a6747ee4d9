"""What people call an image on the command line, found: a service, a name in the store, a file, a reference."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lading.cli.context import Context
from lading.errors import StepFailed, UsageError

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.oci.layout import Layout
    from lading.oci.model import Image, Index, Platform

IMAGE_HELP = (
    "a service, the folder of one, an image's name in the store, an OCI layout or archive (PATH or PATH:NAME), "
    "or a reference to a registry"
)


class Found(NamedTuple):
    """An image or index, and what it is called."""

    name: str
    content: "Image | Index"


def find_image(context: Context, text: str) -> Found:
    """The image that `text` means.

    In this order: a layout or archive on disk, a name in the store, a service of the project here, the folder of a
    service, a reference to a registry (only what has a `/`, `:` or `@`: a word alone means nothing far away).
    Raises `UsageError` when it is none of them, `StepFailed` for a service that is not built yet.
    """
    found = _on_disk(context, text) or _in_store(context, text) or _of_service(context, text)
    if found:
        return found
    if any(mark in text for mark in "/:@") and not text.startswith((".", "/")):
        from lading.cli.outside import registry_of

        return Found(text, registry_of(context).open(text))
    names = [name for name, _ in context.store.images()]
    raise UsageError(
        f"there is no image {text!r}",
        where=str(context.store.root),
        fix=f"in the store there are: {', '.join(names)}" if names else "lading build makes one",
    )


def choose(found: Found, platform: str | None) -> "Image":
    """The image for a platform (`linux/arm64`), else the one for this machine's, else the first there is."""
    from lading.oci.content import is_index, select
    from lading.oci.partial import images_of, platform_of

    wanted = parse_platform(platform) if platform is not None else None
    if is_index(found.content):
        return select(found.content, wanted or _default(found), where=found.name)
    ((_, image),) = images_of(found.content)
    if wanted and _runs_on(platform_of(image)) != _runs_on(wanted):
        raise UsageError(f"it is for {platform_of(image)} only", where=found.name, fix="leave out --platform")
    return image


def _default(found: Found) -> "Platform":
    from lading.oci.partial import images_of
    from lading.prove.container import machine

    offered = [child.platform for child, _ in images_of(found.content) if child.platform]
    own = [platform for platform in offered if _runs_on(platform) == _runs_on(machine())]
    return (own or offered or [machine()])[0]


def _runs_on(platform: "Platform") -> tuple[str, str]:
    return platform.os, platform.architecture


def parse_platform(text: str) -> "Platform":
    """`linux/arm64` or `linux/arm/v7`. `UsageError` for anything else."""
    from lading.oci.model import Platform

    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise UsageError(f"{text!r} is not a platform", where="--platform", fix="write linux/amd64 or linux/arm64")
    return Platform(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else "")


def _on_disk(context: Context, text: str) -> Found | None:
    """A layout or archive: `PATH`, or `PATH:NAME` where it holds several."""
    path, colon, name = text, "", ""
    while True:
        layout = _layout(context.cwd / path)
        if layout:
            return Found(text, layout.open(name))
        head, colon, tail = path.rpartition(":")
        if not colon:
            return None
        path, name = head, f"{tail}:{name}" if name else tail


def _layout(path: Path) -> "Layout | None":
    if (path / "oci-layout").is_file():
        from lading.oci.layout import read_layout

        return read_layout(path)
    if path.suffix in (".tar", ".oci") and path.is_file():
        from lading.oci.archive import read_archive

        return read_archive(path)
    return None


def _in_store(context: Context, name: str) -> Found | None:
    digest = context.store.image(name)
    if digest is None:
        return None
    from lading.assemble.stored import open_stored
    from lading.cli.outside import outside_sources

    return Found(name, open_stored(context.store, digest, outside_sources(context, None).remote_layer))


def _of_service(context: Context, text: str) -> Found | None:
    """The image of a service of the project here, or of the one service in a folder."""
    named = _named(context, text)
    if named is None:
        return None
    service, name = named
    image = _in_store(context, name)
    if image is None:
        flag = f"-C {text}" if (context.cwd / text).is_dir() else service
        raise StepFailed(f"{service} is not built yet", fix=f"lading build {flag}")
    return image


def _named(context: Context, text: str) -> tuple[str, str] | None:
    """A service and its image's name."""
    from lading.cli.project import load_project

    if (context.cwd / text).is_dir():
        project = load_project(context, text)
        plans = () if project.apart and not project.plannable() else project.plans()
        found = [(plan.service, plan.image) for plan in plans]
        found += [(name, _own_image(project, name)) for name in project.apart]
        if len(found) > 1:
            raise UsageError(
                f"{text} holds several services", fix=f"name one of: {', '.join(name for name, _ in found)}"
            )
        return found[0]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        return None
    project = load_project(context)
    if text in project.apart:
        return text, _own_image(project, text)
    return (text, project.plans([text])[0].image) if text in project.services else None


def _own_image(project: "Project", service: str) -> str:
    """The image of a service with a Dockerfile of its own."""
    from lading.strategy.resolve import resolve

    return resolve(project.read, service, project.apart[service]).image
