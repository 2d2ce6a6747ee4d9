"""`lading render bake`: one file for BuildKit that builds the images of all services."""

import argparse
from collections.abc import Iterator, Sequence
from posixpath import join
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.rendering.dockerfile import dockerfile_path
from lading.cli.rendering.members import members
from lading.cli.rendering.rendered import Rendered

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.render.bake import Target


def files(project: "Project", args: argparse.Namespace, context: Context) -> Sequence[Rendered]:
    """The file at the repository's root, with the services that were named, else all here."""
    from lading.render.bake import FILE, bake

    own = [name for name in args.services or project.apart if name in project.apart]
    rest = [name for name in args.services if name not in own]
    targets = list(_planned(project, rest)) if rest or not args.services else []
    targets += _own(project, own, context)
    return [Rendered(FILE, bake(sorted(targets, key=lambda one: one.service)))]


def _planned(project: "Project", names: Sequence[str]) -> "Iterator[Target]":
    from lading.render.bake import Target
    from lading.render.compose import tag

    for member in members(project, names):
        plan = member.plan
        yield Target(
            service=plan.service,
            context=plan.context,
            dockerfile=dockerfile_path(project, plan),
            image=plan.image,
            version=tag(member),
            platforms=plan.platforms,
        )


def _own(project: "Project", names: Sequence[str], context: Context) -> "Iterator[Target]":
    """Services whose teams keep their own Dockerfiles."""
    from lading.cli.own_dockerfile import configured, strategy_of
    from lading.render.bake import Target

    for task in configured(project, list(names), context):
        job = task.job
        folder = project.apart[job.service]
        yield Target(
            service=job.service,
            context=folder,
            dockerfile=join(folder, strategy_of(project, job.service, folder).dockerfile),
            image=job.image,
            version=task.version or "latest",
            platforms=job.platforms,
        )
