"""`lading plan`: the stages of each service's image, and why they are so."""

import argparse
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.errors import EXIT_DONE

if TYPE_CHECKING:
    from lading.cli.project import Project

HELP = "show the stages of each service's image"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading plan`."""
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="which services (default: all)")
    parser.add_argument("-C", "--directory", metavar="PATH", help="the repository or service (default: here)")
    parser.add_argument("--why", action="store_true", help="show the facts and decisions behind each step")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")


def run(args: argparse.Namespace, context: Context) -> int:
    """Plan, and print."""
    from lading.cli.project import load_project

    project = load_project(context, args.directory)
    if args.format == "json":
        _print_json(project, args, context)
    else:
        _print_text(project, args, context)
    project.keep()
    return EXIT_DONE


def _print_text(project: "Project", args: argparse.Namespace, context: Context) -> None:
    from lading.report.plan import render_plan

    if args.why:
        shown = [render_plan(one.plan, one.decisions, colour=context.colour) for one in project.planned(args.services)]
    else:
        shown = [render_plan(plan, colour=context.colour) for plan in project.plans(args.services)]
    for position, lines in enumerate(shown):
        context.print(*([""] if position else []), *lines)


def _print_json(project: "Project", args: argparse.Namespace, context: Context) -> None:
    """A list of plans; with `--why` each with its decisions, as `{"plan": …, "why": […]}`."""
    import msgspec

    value: object = project.plans(args.services)
    if args.why:
        value = [{"plan": one.plan, "why": one.decisions} for one in project.planned(args.services)]
    context.print(msgspec.json.format(msgspec.json.encode(value)).decode())
