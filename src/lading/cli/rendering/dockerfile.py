"""`lading render dockerfile`: the Dockerfile of each service, in its folder, and the ignore file that belongs to it."""

import argparse
from collections.abc import Iterator, Sequence
from posixpath import join, normpath
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.rendering.members import members
from lading.cli.rendering.rendered import Rendered

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.lock.model import Pins
    from lading.plan.reasons import Planned
    from lading.render.roles import Member

DOCKERFILE = "Dockerfile"
IGNORE_FILE = f"{DOCKERFILE}.dockerignore"
"""The name that BuildKit takes before a folder's `.dockerignore`."""


def files(project: "Project", args: argparse.Namespace, _context: Context) -> Sequence[Rendered]:
    """The Dockerfiles of the services that were named, pinned as far as there is a lock. Without their ignore files
    they would let secrets into the build, so these come along."""
    from lading.cli.lockfile import read_pins

    pins = read_pins(project.root)
    if args.dev:
        return [file for member in members(project, args.services) for file in _development(member, pins)]
    return [file for planned in project.planned(args.services) for file in _files(planned, pins)]


def _files(planned: "Planned", pins: "Pins | None") -> Iterator[Rendered]:
    from lading.render.dockerfile import dockerfile
    from lading.render.dockerignore import dockerignore

    plan = planned.plan
    yield Rendered(in_folder(plan.folder, DOCKERFILE), dockerfile(plan, pins=pins, reasons=planned.decisions))
    yield Rendered(in_folder(plan.folder, IGNORE_FILE), dockerignore(plan), companion=True)


def _development(member: "Member", pins: "Pins | None") -> Iterator[Rendered]:
    from lading.render.desk import development_dockerfile, development_dockerignore
    from lading.render.development import DOCKERFILE as NAME

    folder = member.plan.folder
    yield Rendered(in_folder(folder, NAME), development_dockerfile(member, pins=pins))
    yield Rendered(in_folder(folder, f"{NAME}.dockerignore"), development_dockerignore(member), companion=True)


def in_folder(folder: str, name: str) -> str:
    """The path of a file in a service's folder, relative to the repository."""
    return normpath(join(folder, name))
