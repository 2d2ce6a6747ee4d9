"""From a plan to what BuildKit is asked for. Pure."""

import re
from collections.abc import Sequence
from pathlib import Path

from lading.buildkit.model import Job
from lading.lock.model import Pins
from lading.plan.model import Plan
from lading.plan.reasons import Decision
from lading.render.dockerfile import REVISION, dockerfile
from lading.render.dockerignore import dockerignore
from lading.tree.tree import TreeFile

_SYNTAX = re.compile(r"\A# syntax=.*")
"""What names a frontend to be pulled. Every builder since BuildKit 0.13 brings along one that reads what Lading writes,
so a build needs no registry for it; the line stays, for the numbers of those below it."""


def job_of(
    plan: Plan,
    pins: Pins | None,
    *,
    root: Path,
    listing: Sequence[TreeFile] = (),
    reasons: Sequence[Decision] = (),
    mtime: int = 0,
) -> Job:
    """The build of a plan whose repository is at `root` (absolute) and has these files. `UsageError` for what no
    Dockerfile can say."""
    return Job(
        service=plan.service,
        image=plan.image,
        dockerfile=_SYNTAX.sub("#", dockerfile(plan, pins=pins, reasons=reasons, listing=listing)),
        ignore=dockerignore(plan),
        file=f"the Dockerfile of {plan.service}",
        context=root / plan.context,
        platforms=plan.platforms,
        labels=tuple((name, value) for name, value in plan.config.labels if name == REVISION),
        compression=plan.compression,
        mtime=mtime,
    )
