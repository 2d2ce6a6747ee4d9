"""Services with all that was found and decided about them, for formats that tell more than a plan."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.render.roles import Member


def members(project: "Project", names: Sequence[str]) -> "list[Member]":
    """The named services, or all here. Raises as `Project.plans` does."""
    from lading.render.roles import Member

    return [Member(plan, *project.services[plan.service]) for plan in project.plans(names)]
