"""`lading render compose`: one file for all services, for production or (`--dev`) for development."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.rendering.members import members
from lading.cli.rendering.rendered import Rendered

if TYPE_CHECKING:
    from lading.cli.project import Project

FILE = "compose.yaml"
"""What `docker compose` looks for first (https://docs.docker.com/compose/intro/compose-application-model/)."""


def files(project: "Project", args: argparse.Namespace, _context: Context) -> Sequence[Rendered]:
    """The file at the repository's root."""
    chosen = members(project, args.services)
    if args.dev:
        from lading.render.development import FILE as DEVELOPMENT
        from lading.render.development import development

        return [Rendered(DEVELOPMENT, development(chosen, debug=args.debug, extras=args.extras))]
    from lading.render.compose import compose

    return [Rendered(FILE, compose(chosen))]
