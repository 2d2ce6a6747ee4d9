"""`lading verify`: starts an image with a real runtime, and watches it."""

import argparse
from typing import TYPE_CHECKING

from lading.cli import watched
from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP
from lading.errors import EXIT_DONE

if TYPE_CHECKING:
    from lading.prove.verify import Subject, Verification

HELP = "start an image and watch it: health, readiness, rights, what it writes, how it stops"
EPILOG = """\
It is started as its own user, then as a user that no image knows, on a
read-only root without capabilities and with limited memory; then with a root
that can be written to, to see what it would write; then each other process
of the service. Where it needs a database, --env leads it there; without one,
and in the end, it is led nowhere: then it must be alive, and not ready.
The exit code is 1 when something is not as it should be."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading verify`."""
    parser.add_argument("image", metavar="IMAGE", help=f"{IMAGE_HELP}; docker-daemon:NAME is one in Docker")
    watched.arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Watch it, and print what was seen. Raises `StrategyNotMet` when it is not as it should be."""
    from lading.cli.compared import image_of
    from lading.prove.verify import judge
    from lading.report.verify import render_json, render_text

    known = watched.known_of(context, args.image)
    watched.check_waived(known)
    with image_of(context, args.image) as found:
        seen = watch(watched.subject_of(found, known, args, context), args, context)
    rows = watched.unwaived(judge(seen), known)
    if args.format == "json":
        context.print(render_json(seen, rows))
    else:
        context.print(render_text(seen, rows, colour=context.colour))
    watched.refuse(found.name, rows)
    return EXIT_DONE


def watch(subject: "Subject", args: argparse.Namespace, context: Context) -> "Verification":
    """The evidence."""
    from lading.cli.run import runtimes
    from lading.prove.verify import verify

    return verify(
        subject,
        runtimes(args.runtime, context),
        runner=context.runner,
        scratch=context.store.scratch,
        say=context.note,
    )
