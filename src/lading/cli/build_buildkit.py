"""The half of `lading build` that goes through BuildKit, and the choice between the engines."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lading.assemble.result import BuildReport, Listener
from lading.buildkit.engine import BuildKitEngine
from lading.buildkit.model import Options
from lading.cli.build import (
    BUILDKIT_FLAGS,
    Results,
    adjusted,
    asked_platforms,
    build_embedded,
    check_tags,
    checked_pins,
    name_stored,
)
from lading.cli.context import Context
from lading.cli.deliver import deliver, names_for
from lading.cli.outside import mtime_of, outside_sources, registry_of
from lading.cli.own_dockerfile import Task, configured, from_flag
from lading.errors import LadingError, UsageError, raise_all

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.lock.model import Pins
    from lading.plan.model import Plan

SIDE_BY_SIDE = 4
"""Services that are built at once where nobody says how many: BuildKit itself runs their steps side by side."""


class Work(NamedTuple):
    """What a command line means: plans for the embedded engine, tasks for BuildKit, and their repository."""

    project: "Project"
    plans: "list[Plan]"
    tasks: list[Task]


def build_each(project: "Project", args: argparse.Namespace, context: Context) -> Results:
    """Build every service by the engine that it is for; each is tried. Raises `UsageError` before anything is built."""
    work = _work(project, args, context)
    _refuse_flags(work, args)
    options = options_of(args)
    embedded = build_embedded(work.project, work.plans, args, context) if work.plans else Results([], [])
    done = _build_all(work, options, args, context) if work.tasks else Results([], [])
    return Results([*embedded.reports, *done.reports], [*embedded.failed, *done.failed])


def options_of(args: argparse.Namespace) -> Options:
    """The flags that are BuildKit's own."""
    return Options(
        builder=args.builder or "",
        network=args.network or "",
        cache=args.cache or "",
        cache_from=tuple(args.cache_from or ()),
        cache_to=tuple(args.cache_to or ()),
        secrets=tuple(args.secret or ()),
        ssh=tuple(args.ssh or ()),
        contexts=tuple(args.build_context or ()),
        provenance=args.provenance or "false",
        sbom=args.sbom or "false",
    )


def _work(project: "Project", args: argparse.Namespace, context: Context) -> Work:
    if args.from_dockerfile:
        if args.engine == "embedded":
            raise UsageError("the embedded engine builds no Dockerfiles", where="--engine embedded", fix="leave it out")
        found, task = from_flag(args, context)
        return Work(found, [], [_adjusted(task, args)])
    names = list(dict.fromkeys(args.services)) or [*project.plannable(), *project.apart]
    own = configured(project, [name for name in names if name in project.apart], context)
    if own and args.engine == "embedded":
        raise UsageError(
            "the embedded engine builds no Dockerfiles",
            where=f"services.{own[0].job.service}.dockerfile",
            fix="leave --engine out, or name the other services",
        )
    rest = [name for name in names if name not in project.apart]
    # Without a name of its own, `plans` tells what is left out, and what to do when there is nothing.
    plans = project.plans(args.services and rest) if rest or not own else ()
    chosen = {plan.service: args.engine or project.services[plan.service][1].engine for plan in plans}
    ready = [adjusted(plan, args) for plan in plans]
    check_tags(ready, args)
    planned = _planned([plan for plan in ready if chosen[plan.service] == "buildkit"], project, args, context)
    tasks = [*planned, *(_adjusted(task, args) for task in own)]
    return Work(project, [plan for plan in ready if chosen[plan.service] == "embedded"], tasks)


def _planned(plans: "Sequence[Plan]", project: "Project", args: argparse.Namespace, context: Context) -> list[Task]:
    from lading.buildkit.jobs import job_of

    if not plans:
        return []
    pins = _pins(project, plans, args)
    # With its reasons the file is, line by line, the one that `lading render dockerfile` shows.
    why = {one.plan.service: one.decisions for one in project.planned([plan.service for plan in plans])}
    tasks: list[Task] = []
    problems: list[LadingError] = []
    for plan in plans:
        try:
            job = job_of(
                plan,
                pins,
                root=project.root,
                listing=project.tree.files(),
                reasons=why[plan.service],
                mtime=mtime_of(context.env),
            )
        except LadingError as error:
            problems.append(error)
            continue
        version = dict(plan.config.labels).get("org.opencontainers.image.version", "")
        tasks.append(Task(job=job, budget=plan.budget, version=version, notes=plan.notes))
    raise_all(problems)
    return tasks


def _pins(project: "Project", plans: "Sequence[Plan]", args: argparse.Namespace) -> "Pins | None":
    """The lock's pins. Without a lock the bases go by their tags alone, unless `--locked` asks for one."""
    from lading.cli.lockfile import read_pins

    pins = read_pins(project.root)
    return checked_pins(pins, project, plans, args) if pins or args.locked else None


def _adjusted(task: Task, args: argparse.Namespace) -> Task:
    """The task of a team's own Dockerfile with what the command line decides instead of the strategy."""
    if args.debug_shell:
        raise UsageError(
            "there is no debug variant of a Dockerfile of your own",
            where=f"--debug-shell, {task.job.service}",
            fix="give it a stage with a shell, or name the other services",
        )
    changes: dict[str, object] = {}
    if args.platform:
        changes["platforms"] = asked_platforms(args)
    if args.compression:
        changes["compression"] = args.compression
    return msgspec.structs.replace(task, job=msgspec.structs.replace(task.job, **changes))


def _refuse_flags(work: Work, args: argparse.Namespace) -> None:
    given = [flag for name, flag in BUILDKIT_FLAGS.items() if getattr(args, name)]
    if given and not work.tasks:
        raise UsageError(
            f"the embedded engine has no {', '.join(given)}",
            where=given[0],
            fix="add --engine buildkit, or leave it out",
        )
    for task in work.tasks:
        for tag in args.tag or ():
            names_for(task.job.image, task.version, [tag])


def _build_all(work: Work, options: Options, args: argparse.Namespace, context: Context) -> Results:
    """Every task, some of them at once. BuildKit makes a step that several builds share only once."""
    from lading.assemble.workshop import threads
    from lading.report.live import view

    reports: list[BuildReport] = []
    failed: list[LadingError] = []
    direct = bool(args.push and not args.load and not args.output) and _pushes_itself(options, context)
    _ = context.http, context.store  # made once, before several threads ask for them
    with view(context) as screen, threads(args.jobs or SIDE_BY_SIDE, "lading-buildkit") as pool:

        def build(task: Task) -> BuildReport | LadingError:
            listener = screen.of(task.job.service)
            try:
                one = _Build(engine_of(options, context, work.project, listener), task, args, context, work.project)
                return one.pushed(listener) if direct else one.stored(listener)
            except LadingError as error:
                return error

        for task, result in zip(work.tasks, pool.map(build, work.tasks), strict=True):
            if isinstance(result, BuildReport):
                reports.append(result)
                continue
            if len(work.tasks) > 1 and not result.where:
                result.where = task.job.service
            failed.append(result)
    return Results(reports, failed)


def engine_of(options: Options, context: Context, project: "Project", listener: Listener) -> BuildKitEngine:
    """The BuildKit engine of a command."""
    return BuildKitEngine(
        runner=context.runner,
        store=context.store,
        env=context.env,
        cwd=context.cwd,
        root=project.root,
        options=options,
        listener=listener,
        mtime=mtime_of(context.env),
    )


def _pushes_itself(options: Options, context: Context) -> bool:
    """Whether the builder sends images to registries with their times rewritten. Docker's own builder
    unpacks what it pushes, and refuses to do so with other times: what it builds is pushed from here."""
    from lading.buildkit.builder import driver_of

    return driver_of(context.runner, options.builder) != "docker"


class _Build:
    """One task on its way to a report."""

    def __init__(
        self, engine: BuildKitEngine, task: Task, args: argparse.Namespace, context: Context, project: "Project"
    ) -> None:
        self._engine = engine
        self._task = task
        self._args = args
        self._context = context
        self._project = project

    def stored(self, listener: Listener) -> BuildReport:
        """Build into the store, look back, deliver."""
        from lading.assemble.stored import open_stored
        from lading.cli.look_back import looked_back

        task, store = self._task, self._context.store
        made = self._engine.make(task.job, listener=listener)
        report = looked_back(task, made, open_stored(store, made.digest), store)
        store.name_image(task.job.image, made.digest)
        if self._args.tag:
            name_stored(report, self._args.tag, self._context)
        if not (self._args.push or self._args.load or self._args.output):
            return report
        sources = outside_sources(self._context, self._project)
        return deliver(made.digest, report, self._args, context=self._context, sources=sources, listener=listener)

    def pushed(self, listener: Listener) -> BuildReport:
        """Let the builder push, and look at what the registry has."""
        from lading.cli.look_back import looked_back

        task = self._task
        names = names_for(task.job.image, task.version, self._args.tag or ())
        made = self._engine.make(task.job, listener=listener, push=names)
        content = registry_of(self._context).open(f"{names[0].rpartition(':')[0]}@{made.digest}")
        report = looked_back(task, made, content, None)
        return msgspec.structs.replace(report, delivered=tuple(_told(names)))


def _told(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"pushed {name} (by the builder)"
