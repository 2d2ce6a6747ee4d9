"""`lading affected`: the services whose images are not what they were at a commit, and why."""

import argparse

from lading.cli.context import Context
from lading.errors import EXIT_DONE

HELP = "show which services have changed since a commit"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading affected`."""
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="which services (default: all)")
    parser.add_argument("-C", "--directory", metavar="PATH", help="the repository or service (default: here)")
    parser.add_argument(
        "--changed-since",
        metavar="REV",
        default="HEAD",
        help="a commit, tag or branch; compared is where this branch left it (default: HEAD, what is not committed)",
    )
    parser.add_argument("--explain", action="store_true", help="show every input that differs")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")


def run(args: argparse.Namespace, context: Context) -> int:
    """Compare, and print: with `--quiet` the names alone, one a line."""
    from lading.cli.changes import changes_since
    from lading.cli.project import load_project

    project = load_project(context, args.directory)
    found = changes_since(project, context, args.changed_since, args.services)
    project.keep()
    if args.format == "json":
        import msgspec

        context.print(msgspec.json.format(msgspec.json.encode(found)).decode())
    elif context.quiet:
        context.print(*(one.service for one in found.affected))
    else:
        from lading.report.affected import render_affected

        context.print(*render_affected(found, explain=args.explain, colour=context.colour))
    return EXIT_DONE
