"""`lading render dockerignore`: what the context of each service's Dockerfile does not have."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.rendering.dockerfile import IGNORED, dockerfile_path
from lading.cli.rendering.rendered import Rendered

if TYPE_CHECKING:
    from lading.cli.project import Project


def files(project: "Project", args: argparse.Namespace, _context: Context) -> Sequence[Rendered]:
    """The ignore files of the services that were named."""
    from lading.render.dockerignore import dockerignore

    plans = project.plans(args.services)
    return [Rendered(f"{dockerfile_path(project, plan)}{IGNORED}", dockerignore(plan)) for plan in plans]
