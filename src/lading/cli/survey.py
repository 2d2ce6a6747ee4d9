"""`lading survey`: what is in this repository, services and facts, each with its source."""

import argparse

from lading.cli.context import Context
from lading.errors import EXIT_DONE

HELP = "show what is in this repository: services and facts, each with its source"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading survey`."""
    parser.add_argument("path", nargs="?", metavar="PATH", help="the repository or service (default: here)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")


def run(args: argparse.Namespace, context: Context) -> int:
    """Survey, and print. A project that cannot be built is part of the result, and no failure."""
    from lading.cli.project import load_project

    project = load_project(context, args.path)
    found = project.surveyed()
    project.keep()
    if args.format == "json":
        import msgspec

        context.print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return EXIT_DONE
    from lading.report.survey import render_survey

    context.print(*render_survey(found, colour=context.colour))
    return EXIT_DONE
