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
    from lading.plan.model import Plan
    from lading.plan.reasons import Planned
    from lading.render.roles import Member

DOCKERFILE = "Dockerfile"
IGNORED = ".dockerignore"
"""The end of the name that BuildKit takes before a folder's `.dockerignore`."""


def files(project: "Project", args: argparse.Namespace, _context: Context) -> Sequence[Rendered]:
    """The Dockerfiles of the services that were named, pinned as far as there is a lock. Without their ignore files
    they would let secrets into the build, so these come along."""
    from lading.cli.lockfile import read_pins

    pins = read_pins(project.root)
    if args.dev:
        return [file for member in members(project, args.services) for file in _development(member, pins)]
    found = project.planned(args.services)
    return [file for planned in found for file in _files(project, planned, pins, debug_shell=args.debug_shell)]


def _files(
    project: "Project", planned: "Planned", pins: "Pins | None", *, debug_shell: bool = False
) -> Iterator[Rendered]:
    from lading.plan.debug import with_debug_shell
    from lading.render.dockerfile import dockerfile
    from lading.render.dockerignore import dockerignore

    plan = planned.plan
    path = dockerfile_path(project, plan)
    if debug_shell:
        plan, path = with_debug_shell(plan), f"{path}.debug"
    yield Rendered(path, dockerfile(plan, pins=pins, reasons=planned.decisions, listing=project.tree.files()))
    yield Rendered(f"{path}{IGNORED}", dockerignore(plan), companion=True)


def dockerfile_path(project: "Project", plan: "Plan") -> str:
    """Where a plan's Dockerfile is: in the service's folder; that of an image of packages, which has none, at the root
    with its name in front (`postgres.Dockerfile`)."""
    from lading.survey.model import PackagesService

    named = isinstance(project.services[plan.service][0], PackagesService)
    return in_folder(plan.folder, f"{plan.service}.{DOCKERFILE}" if named else DOCKERFILE)


def _development(member: "Member", pins: "Pins | None") -> Iterator[Rendered]:
    from lading.render.desks import desk_of
    from lading.render.development import DOCKERFILE as NAME

    folder, desk = member.plan.folder, desk_of(member)
    if desk is None:
        return  # it is developed without a container, or runs as in production
    yield Rendered(in_folder(folder, NAME), desk.dockerfile(pins))
    yield Rendered(in_folder(folder, f"{NAME}.dockerignore"), desk.dockerignore(), companion=True)


def in_folder(folder: str, name: str) -> str:
    """The path of a file in a service's folder, relative to the repository."""
    return normpath(join(folder, name))
