"""Who builds a Dockerfile, and what runs its image, as compose files and the command line say."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lading.check.compose import ComposeFile, Service, read_compose
from lading.check.targets import COMPOSE


class Build(NamedTuple):
    """One way in which a Dockerfile is built, as far as somebody says so, and the services that run what comes of it.

    `context` is a folder; `target` is empty for the last stage.
    """

    context: Path | None = None
    target: str = ""
    arguments: Mapping[str, str] = {}
    services: tuple[Service, ...] = ()


class Builds(NamedTuple):
    """All that compose files say: how each Dockerfile is built, the texts of the files as findings name them, and those
    that could not be read, each with the reason."""

    of: dict[Path, tuple[Build, ...]]
    texts: dict[str, str]
    broken: dict[str, str]


def read_builds(files: Iterable[Path], *, read: Callable[[Path], str], shown: Callable[[Path], str]) -> Builds:
    """What compose files say. Services that build the same in the same way are told together."""
    found: dict[Path, list[Build]] = {}
    texts: dict[str, str] = {}
    broken: dict[str, str] = {}
    read_files: list[tuple[Path, ComposeFile]] = []
    for file in files:
        name = shown(file)
        texts[name] = read(file)
        compose = read_compose(texts[name], name)
        if compose.problem:
            broken[name] = compose.problem
        read_files.append((file.parent, compose))
        for path, build in _builds(compose, file.parent):
            found.setdefault(path, []).append(build)
    for path, build in _by_image(read_files):
        found.setdefault(path, []).append(build)
    return Builds({path: _together(builds) for path, builds in found.items()}, texts, broken)


def compose_files_around(dockerfiles: Iterable[Path], root: Path) -> list[Path]:
    """The compose files beside Dockerfiles and in the folders above them, up to `root`; each folder is read once."""
    folders: dict[Path, None] = {}
    for dockerfile in dockerfiles:
        folder = dockerfile.parent
        while folder not in folders:
            folders[folder] = None
            if folder == root or not folder.parent.is_relative_to(root):
                break
            folder = folder.parent
    return [file for folder in folders for file in _compose_files(folder)]


def _compose_files(folder: Path) -> Iterable[Path]:
    names = sorted(name for name in os.listdir(folder) if COMPOSE.match(name)) if folder.is_dir() else ()  # noqa: PTH208
    return (path for path in (folder / name for name in names) if path.is_file())


def _builds(compose: ComposeFile, folder: Path) -> Iterable[tuple[Path, Build]]:
    for service in compose.services.values():
        if not service.context or "$" in service.context + service.dockerfile or "://" in service.context:
            continue
        context = (folder / service.context).resolve()
        if context.is_dir():
            path = (context / (service.dockerfile or "Dockerfile")).resolve()
            known = {name: value for name, value in service.arguments.items() if value is not None}
            yield path, Build(context, service.target, known, (service,))


def _by_image(files: Sequence[tuple[Path, ComposeFile]]) -> Iterable[tuple[Path, Build]]:
    """Services that only name an image, and are built under the same name by another file of their folder.

    The file for production names what has been pushed, the one for development builds: with a Dockerfile of its own,
    while the one without a further name is production's.
    """
    contexts = {
        (folder, service.name): (folder / service.context).resolve()
        for folder, compose in files
        for service in compose.services.values()
        if service.context and "$" not in service.context and "://" not in service.context
    }
    for folder, compose in files:
        for service in compose.services.values():
            context = contexts.get((folder, service.name)) if not service.context and service.image else None
            path = context / "Dockerfile" if context is not None else None
            if context is not None and path is not None and path.is_file():
                yield path.resolve(), Build(context, services=(service,))


def _together(builds: Sequence[Build]) -> tuple[Build, ...]:
    merged: list[Build] = []
    for build in builds:
        same = next((number for number, one in enumerate(merged) if one[:3] == build[:3]), None)
        if same is None:
            merged.append(build)
        else:
            merged[same] = merged[same]._replace(services=(*merged[same].services, *build.services))
    return tuple(merged)
