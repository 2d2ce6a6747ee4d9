"""`lading build`: the images of services, from their plans and the lock, by the embedded engine or by BuildKit."""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lading.cli.context import Context
from lading.errors import EXIT_DONE, LadingError, StrategyNotMet, UsageError, raise_all

if TYPE_CHECKING:
    from lading.assemble.python.bytecode import Interpreter
    from lading.assemble.python.running import Running
    from lading.assemble.result import BuildReport
    from lading.cli.again import Memory
    from lading.cli.early import Early
    from lading.cli.project import Project
    from lading.lock.model import Pins
    from lading.plan.model import Plan

HELP = "build the images of services"

BUILDKIT_FLAGS = {
    name: f"--{name.replace('_', '-')}"
    for name in (
        "builder",
        "cache",
        "cache_from",
        "cache_to",
        "secret",
        "ssh",
        "build_context",
        "provenance",
        "sbom",
        "network",
    )
}
"""What only BuildKit has, by the name that the parser gives it."""


class Results(NamedTuple):
    """What was built, and what went wrong with the rest."""

    reports: "list[BuildReport]"
    failed: list[LadingError]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading build`."""
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="which services (default: all)")
    parser.add_argument("-C", "--directory", metavar="PATH", help="the repository or service (default: here)")
    parser.add_argument(
        "--platform",
        action="append",
        metavar="LIST",
        help="build for these instead of the strategy's, separated by commas: linux/amd64,linux/arm64",
    )
    parser.add_argument("--compression", choices=("gzip", "zstd"), help="how layers are compressed")
    parser.add_argument("--locked", action="store_true", help="fail when lading.lock is missing or stale")
    parser.add_argument(
        "-t", "--tag", action="append", metavar="NAME", help="a tag, or a whole name with its tag; may be repeated"
    )
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        metavar="PATH",
        help="write an OCI layout into a folder, or an archive where PATH ends with .tar; may be repeated",
    )
    parser.add_argument("--push", action="store_true", help="push to the registry that the image's name says")
    parser.add_argument("--load", action="store_true", help="load into Docker or Podman, sending only missing layers")
    parser.add_argument(
        "--changed-since", metavar="REV", help="only services that have changed since a commit (see lading affected)"
    )
    parser.add_argument(
        "--debug-shell",
        action="store_true",
        help="build debug variants instead: the same layers with busybox on top, as NAME-debug",
    )
    parser.add_argument(
        "--prove", action="store_true", help="audit what was built, run it, and hold it against the strategy"
    )
    parser.add_argument("--explain", action="store_true", help="say for each step whether it was reused, or why not")
    parser.add_argument("--jobs", type=int, metavar="N", help="how much is done at once (default: one a core)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    parser.add_argument(
        "--engine", choices=("embedded", "buildkit"), help="what builds (default: the strategy's, else embedded)"
    )
    parser.add_argument(
        "--from-dockerfile", metavar="PATH", help="build a team's own Dockerfile with BuildKit; SERVICE is its name"
    )
    _buildkit_arguments(parser.add_argument_group("for BuildKit (docker buildx)"))


def _buildkit_arguments(group: "argparse._ArgumentGroup") -> None:
    """Values are passed to buildx as they are."""
    group.add_argument("--builder", metavar="NAME", help="the builder (default: buildx's current one)")
    group.add_argument(
        "--cache", metavar="REF", help="a repository for caches: REF/SERVICE:PLATFORM is read and written, mode=max"
    )
    for flag, metavar, told in (
        ("--cache-from", "CACHE", "a cache to read"),
        ("--cache-to", "CACHE", "a cache to write"),
        ("--secret", "SECRET", "a secret for RUN --mount=type=secret: id=NAME,env=VARIABLE or id=NAME,src=PATH"),
        ("--ssh", "AGENT", "an SSH agent or key for RUN --mount=type=ssh: default"),
        ("--build-context", "NAME=VALUE", "what a name in the Dockerfile stands for: a folder, docker-image://, …"),
    ):
        group.add_argument(flag, action="append", metavar=metavar, help=f"{told}; may be repeated")
    group.add_argument(
        "--provenance",
        choices=("false", "true", "min", "max"),
        help="attest how the image was built (default: false, since some registries and tools stumble over the "
        "unknown/unknown platform that attestations appear as)",
    )
    group.add_argument("--sbom", metavar="SCANNER", help="attest what is in it: true, or the scanner's image")
    group.add_argument("--network", metavar="MODE", help="the network of RUN: default, none or host")


def run(args: argparse.Namespace, context: Context) -> int:
    """Build, deliver, and report. Every service is tried; `StrategyNotMet` when one is over its budget, or with
    `--prove` not what else the strategy asks for."""
    from lading.cli.again import Memory

    memory = Memory(context, args)
    if memory.recall():
        return EXIT_DONE
    if args.jobs is not None and args.jobs < 1:
        raise UsageError("--jobs takes a number from 1", where=f"--jobs {args.jobs}")
    if args.prove:
        _check_provable(args)
    from lading.cli.early import Early

    if args.debug_shell and args.tag:
        from lading.plan.debug import debug_name

        args.tag = [debug_name(tag) for tag in args.tag]
    with Early(context) as early:
        return _run(args, context, memory, early)


def _run(args: argparse.Namespace, context: Context, memory: "Memory", early: "Early") -> int:
    from lading.cli.project import load_project

    began = time.perf_counter()
    project = load_project(context, args.directory)
    if args.changed_since and not _narrow(project, args, context):
        _print([], args, context, seconds=0)
        return EXIT_DONE
    alone = not _concerns_buildkit(project, args)
    if alone:
        plans = [adjusted(plan, args) for plan in project.plans(args.services)]
        check_tags(plans, args)
        reports, failed = build_embedded(project, plans, args, context, spare=early.take)
    else:
        from lading.cli.build_buildkit import build_each

        reports, failed = build_each(project, args, context)
    project.keep()
    _print(reports, args, context, seconds=time.perf_counter() - began)
    raise_all(failed)
    if args.prove:
        from lading.cli.prove import prove_built

        prove_built(reports, args.directory, context)
    raise_all(_over_budget(report) for report in reports if report.within_budget is False)
    if alone:
        memory.keep(project, reports)
    return EXIT_DONE


def _check_provable(args: argparse.Namespace) -> None:
    if args.debug_shell:
        raise UsageError("a debug variant is not for production", where="--prove --debug-shell", fix="leave one out")
    if args.format != "text":
        raise UsageError(
            "--prove tells people", where=f"--prove --format {args.format}", fix=f"lading prove --format {args.format}"
        )


def _narrow(project: "Project", args: argparse.Namespace, context: Context) -> bool:
    """Leave only the services that have changed since a commit; whether there are any."""
    from lading.cli.changes import changes_since
    from lading.report.affected import render_affected

    found = changes_since(project, context, args.changed_since, args.services)
    context.note(render_affected(found)[-1])
    args.services = [one.service for one in found.affected]
    return bool(args.services)


def _concerns_buildkit(project: "Project", args: argparse.Namespace) -> bool:
    """Whether anything may go through BuildKit, or is asked of it: a quick look, since most builds have nothing to do
    with it and do not import it."""
    asked = args.from_dockerfile or args.engine == "buildkit" or any(getattr(args, name) for name in BUILDKIT_FLAGS)
    return bool(asked) or project.mentions(b"buildkit", b"dockerfile")


def adjusted(plan: "Plan", args: argparse.Namespace) -> "Plan":
    """The plan with what the command line decides instead of the strategy."""
    import msgspec

    changes: dict[str, object] = {}
    if args.platform:
        changes["platforms"] = asked_platforms(args)
    if args.compression:
        changes["compression"] = args.compression
    found = msgspec.structs.replace(plan, **changes) if changes else plan
    if args.debug_shell:
        from lading.plan.debug import with_debug_shell

        found = with_debug_shell(found)
    return found


def asked_platforms(args: argparse.Namespace) -> tuple[str, ...]:
    """The platforms of `--platform`. `UsageError` for one that Lading does not build for."""
    from lading.plan.model import GO_ARCHITECTURES

    platforms = [word.strip() for words in args.platform for word in words.split(",") if word.strip()]
    unknown = [platform for platform in platforms if platform not in GO_ARCHITECTURES]
    if unknown or not platforms:
        raise UsageError(
            f"cannot build for {', '.join(unknown) or 'no platform'}",
            where="--platform",
            fix=f"choose from {', '.join(GO_ARCHITECTURES)}",
        )
    return tuple(dict.fromkeys(platforms))


def check_tags(plans: "Sequence[Plan]", args: argparse.Namespace) -> None:
    """Refuse a tag that is none before anything is built."""
    if args.tag:
        from lading.cli.deliver import whole_name

        for plan in plans:
            for tag in args.tag:
                whole_name(plan.image, tag)


def _pins(project: "Project", plans: "Sequence[Plan]", args: argparse.Namespace, context: Context) -> "Pins":
    """The lock's pins, made when there is no lock; one that is there is never changed."""
    from lading.cli.lockfile import LOCK_NAME, lock_again, read_pins

    pins = read_pins(project.root)
    if pins is None and not args.locked:
        context.note(f"there is no {LOCK_NAME}: making one")
        return lock_again(project, context, _lock_platforms(plans, args), debug_shell=args.debug_shell)
    return checked_pins(pins, project, plans, args)


def checked_pins(pins: "Pins | None", project: "Project", plans: "Sequence[Plan]", args: argparse.Namespace) -> "Pins":
    """The pins of a lock. `UsageError` when there is none, or it does not have what the plans need."""
    from lading.cli.lockfile import LOCK_NAME

    platforms = _lock_platforms(plans, args)
    words = ["lading lock", *([f"--platform {','.join(platforms)}"] if platforms else [])]
    command = " ".join([*words, *(["--debug-shell"] if args.debug_shell else [])])
    if pins is None:
        raise UsageError("there is no lock", where=str(project.root / LOCK_NAME), fix=command)
    from lading.lock.make import covers
    from lading.lock.request import request_of

    missing = covers(pins, request_of(plans))
    if missing:
        listed = "\n".join(f"  | {line}" for line in missing)
        raise UsageError(f"the lock is stale\n{listed}", where=str(project.root / LOCK_NAME), fix=command)
    return pins


def _lock_platforms(plans: "Sequence[Plan]", args: argparse.Namespace) -> tuple[str, ...]:
    """The platforms that a lock is asked for: the strategy's own unless the command line names others."""
    return tuple(dict.fromkeys(on for plan in plans for on in plan.platforms)) if args.platform else ()


def build_embedded(
    project: "Project",
    plans: "Sequence[Plan]",
    args: argparse.Namespace,
    context: Context,
    *,
    spare: "Callable[[Interpreter], Running | None]" = lambda _: None,
) -> Results:
    """Build plans with the embedded engine, and deliver them. Every one is tried. `spare`: see `Workshop`."""
    from lading.assemble.engine import EmbeddedEngine
    from lading.assemble.workshop import Workshop
    from lading.cli.outside import mtime_of, outside_sources
    from lading.report.live import view

    pins = _pins(project, plans, args, context)
    sources = outside_sources(context, project)
    if args.push:
        from lading.cli.deliver import prepare_push

        prepare_push()
    with (
        view(context) as screen,
        Workshop(
            store=context.store,
            sources=sources,
            tree=project.tree,
            folder=project.root,
            listener=screen,
            mtime=mtime_of(context.env),
            jobs=args.jobs,
            spare=spare,
            plans=plans,
        ) as workshop,
    ):

        def build(plan: "Plan") -> "BuildReport":
            listener = screen.of(plan.service)
            digest, report = EmbeddedEngine(workshop.of(listener)).build_service(plan, pins)
            if args.tag:
                name_stored(report, args.tag, context)
            if args.push or args.load or args.output:
                from lading.cli.deliver import deliver

                report = deliver(digest, report, args, context=context, sources=sources, listener=listener)
            return report

        return each(build, plans, at_once=workshop.jobs)


def each(build: "Callable[[Plan], BuildReport]", plans: "Sequence[Plan]", *, at_once: int) -> Results:
    """Build every plan, a few at once, and keep what became of each, in their order: one that fails ends no other."""

    def outcome(plan: "Plan") -> "BuildReport | LadingError":
        try:
            return build(plan)
        except LadingError as error:
            if len(plans) > 1 and plan.service not in error.where:
                error.where = f"{plan.service}: {error.where}" if error.where else plan.service
            return error

    if len(plans) == 1:
        found = [outcome(plan) for plan in plans]
    else:
        from lading.assemble.workshop import threads

        with threads(min(len(plans), at_once), "lading-service") as pool:
            found = list(pool.map(outcome, plans))
    return Results(
        [one for one in found if not isinstance(one, LadingError)],
        [one for one in found if isinstance(one, LadingError)],
    )


def name_stored(report: "BuildReport", tags: "Sequence[str]", context: Context) -> None:
    """Let the image have its tags in the store too, so that `lading run NAME:TAG` finds it."""
    from lading.cli.deliver import names_of

    for name in names_of(report, tags):
        context.store.name_image(name, report.digest)


def _print(reports: "Sequence[BuildReport]", args: argparse.Namespace, context: Context, *, seconds: float) -> None:
    if args.format == "json":
        from lading.report.build import render_json

        context.print(render_json(reports).rstrip("\n"))
    elif context.quiet and not args.explain:
        context.print(*(report.digest for report in reports))
    elif reports:
        from lading.report.fleet import render_reports
        from lading.report.text import duration

        context.print(render_reports(reports, took=duration(seconds), explain=args.explain, colour=context.colour))


def _over_budget(report: "BuildReport") -> StrategyNotMet:
    from lading.report.text import size

    largest = max(report.platforms, key=lambda platform: platform.unpacked)
    return StrategyNotMet(
        f"{report.service} is over its budget: {size(largest.unpacked)} on disk, {size(report.budget or 0)} allowed",
        where=f"lading.toml › services.{report.service}.budget",
        fix=f"lading size {report.image}, to see what is large",
    )
