"""`lading render probes`: the health checks of services as Kubernetes has them."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.rendering.members import members
from lading.cli.rendering.rendered import Rendered

if TYPE_CHECKING:
    from lading.cli.project import Project

FILE = "probes.yaml"


def files(project: "Project", args: argparse.Namespace, _context: Context) -> Sequence[Rendered]:
    """One file at the repository's root, for people to copy from and for tools that make deployments."""
    from lading.render.probes import probes

    return [Rendered(FILE, probes(members(project, args.services)))]
