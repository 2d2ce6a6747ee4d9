"""Services whose teams keep their own Dockerfiles: what BuildKit is asked for, from the strategy and the file.

Names, labels, platforms, budget and caches are those of a planned service; what is in the image is the file's affair.
"""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lading.buildkit.model import Job
from lading.cli.context import Context
from lading.cli.outside import mtime_of
from lading.errors import LadingError, UsageError, raise_all
from lading.strategy.model import Service as ServiceName

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.strategy.model import ServiceStrategy
    from lading.survey.model import Service

LONGEST = 1_000_000
"""Bytes of a Dockerfile. BuildKit itself takes no more than a few."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A job for BuildKit, and what its report is judged by. `root_allowed` is nothing where a plan sets the user."""

    job: Job
    budget: int | None
    version: str
    notes: tuple[str, ...] = ()
    root_allowed: bool | None = None


def configured(project: "Project", names: "list[str]", context: Context) -> list[Task]:
    """The services of lading.toml with a `dockerfile`, by name. Raises all that is wrong with any of them."""
    tasks: list[Task] = []
    problems: list[LadingError] = []
    for name in names:
        try:
            folder = project.apart[name]
            strategy = strategy_of(project, name, folder)
            where = f"{project.read.origin} › services.{name}.dockerfile"
            file = project.root / folder / strategy.dockerfile
            tasks.append(task_of(project, strategy, file, project.root / folder, context, where=where))
        except LadingError as error:
            problems.append(error)
    raise_all(problems)
    return tasks


def from_flag(args: argparse.Namespace, context: Context) -> "tuple[Project, Task]":
    """The one service of `--from-dockerfile PATH [SERVICE]`, and the repository that it is in.

    The context is `-C`, else the Dockerfile's folder. Its name is SERVICE, else that of the service there, else the
    folder's.
    """
    from lading.cli.project import load_project

    file = context.cwd / args.from_dockerfile
    if len(args.services) > 1:
        raise UsageError("--from-dockerfile builds one service", where=" ".join(args.services), fix="name one of them")
    around = (context.cwd / args.directory if args.directory else file.parent).resolve()
    project = load_project(context, str(around), foreign=True)
    name = args.services[0] if args.services else _name_of(project)
    try:
        msgspec.convert(name, ServiceName)
    except msgspec.ValidationError:
        raise UsageError(
            f"{name!r} is no name of a service",
            fix="name it behind the path, in lower-case letters, digits and `-`: --from-dockerfile PATH SERVICE",
        ) from None
    strategy = strategy_of(project, name, project.here)
    return project, task_of(
        project, strategy, file.resolve(), around, context, where=f"--from-dockerfile {args.from_dockerfile}"
    )


def strategy_of(project: "Project", name: str, folder: str) -> "ServiceStrategy":
    """What holds for a service, whether or not the survey knows it."""
    from lading.strategy.resolve import resolve

    return resolve(project.read, name, folder)


def task_of(
    project: "Project", strategy: "ServiceStrategy", file: Path, folder: Path, context: Context, *, where: str
) -> Task:
    """The build of one Dockerfile. `UsageError` when it cannot be read."""
    from lading.cli.revision import revision_of
    from lading.plan.running import labels_of

    text, ignore = read_dockerfile(file, where)
    facts = _facts(project, folder)
    labels = labels_of(strategy, facts, revision=revision_of(context.env, project.root))
    job = Job(
        service=strategy.service,
        image=strategy.image,
        dockerfile=text,
        ignore=ignore,
        file=_shown(file, context.cwd),
        own=True,
        context=folder,
        platforms=strategy.platforms,
        labels=labels,
        compression=strategy.compression,
        mtime=mtime_of(context.env),
    )
    version = dict(labels).get("org.opencontainers.image.version", "")
    return Task(job=job, budget=strategy.budget, version=version, root_allowed=strategy.uid == 0)


def _facts(project: "Project", folder: Path) -> "Service | None":
    services = (facts for facts, _ in project.services.values())
    return next((facts for facts in services if project.root / facts.folder == folder), None)


def _name_of(project: "Project") -> str:
    """The name that lading.toml or the survey has for the folder, else the folder's own in a service's letters."""
    from lading.strategy.resolve import normal_folder

    named = {one.folder: one.name for one in project.survey.unsupported}
    named |= {facts.folder: name for name, (facts, _) in project.services.items()}
    named |= {normal_folder(one.path): name for name, one in project.strategy.services.items() if one.path}
    own = (project.root / project.here).name.lower()
    return named.get(project.here) or re.sub(r"[^a-z0-9]+", "-", own).strip("-")[:63].strip("-")


def read_dockerfile(file: Path, where: str) -> tuple[str, str | None]:
    """The text of a Dockerfile, and of the ignore file of its own beside it, if it has one.

    `where` says who asked for it. `UsageError` when it cannot be read.
    """
    ignore = file.with_name(f"{file.name}.dockerignore")
    return _read(file, where), _read(ignore, where) if ignore.is_file() else None


def _read(file: Path, where: str) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(LONGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read {file.name}: {error.strerror}", where=where, fix=f"is there a {file}?") from None
    if len(data) > LONGEST:
        raise UsageError(f"a Dockerfile of more than {LONGEST:,} bytes", where=where)
    return data.decode(errors="surrogateescape")


def _shown(file: Path, cwd: Path) -> str:
    return str(file.relative_to(cwd)) if file.is_relative_to(cwd) else str(file)
