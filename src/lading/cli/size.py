"""`lading size`: where an image's bytes are."""

import argparse

from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP, choose, find_image
from lading.errors import EXIT_DONE, UsageError

HELP = "show the layers and the largest packages of an image"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading size`."""
    parser.add_argument("image", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument("--platform", help="which image of several: linux/amd64, linux/arm64 (default: this machine's)")
    parser.add_argument("--top", type=int, default=15, metavar="N", help="so many packages at most (default: 15)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")


def run(args: argparse.Namespace, context: Context) -> int:
    """Measure the image and print it."""
    from lading.prove.size import measure
    from lading.report.size import render_json, render_text

    if args.top < 1:
        raise UsageError("--top takes a number from 1", where=f"--top {args.top}")
    found = find_image(context, args.image)
    result = measure(choose(found, args.platform))
    if args.format == "json":
        context.print(render_json(found.name, result))
    else:
        context.print(render_text(found.name, result, top=args.top, colour=context.colour))
    return EXIT_DONE
