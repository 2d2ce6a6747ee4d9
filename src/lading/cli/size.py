"""`lading size`: where an image's bytes are, and what it saves of another image."""

import argparse
from typing import TYPE_CHECKING

from lading.cli import compared
from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP, choose
from lading.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from lading.cli.images import Found
    from lading.oci.model import Image

HELP = "show the layers and the largest packages of an image, or what it saves of another one"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading size`."""
    parser.add_argument("image", metavar="IMAGE", help=f"{IMAGE_HELP}; docker-daemon:NAME is one in Docker")
    parser.add_argument("--platform", help="which image of several: linux/amd64, linux/arm64 (default: this machine's)")
    parser.add_argument(
        "--top", type=int, default=15, metavar="N", help="so many packages or differences at most (default: 15)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    group = compared.arguments(parser)
    group.add_argument("--network", metavar="MODE", help="the network of the build's steps")


def run(args: argparse.Namespace, context: Context) -> int:
    """Measure the image, or both, and print it."""
    if args.top < 1:
        raise UsageError("--top takes a number from 1", where=f"--top {args.top}")
    show = _compare if compared.asked(args) else _measure
    with compared.image_of(context, args.image) as found:
        show(found, choose(found, args.platform), args, context)
    return EXIT_DONE


def _measure(found: "Found", image: "Image", args: argparse.Namespace, context: Context) -> None:
    from lading.prove.size import measure
    from lading.report.size import render_json, render_text

    result = measure(image)
    if args.format == "json":
        context.print(render_json(found.name, result))
    else:
        context.print(render_text(found.name, result, top=args.top, colour=context.colour))


def _compare(found: "Found", image: "Image", args: argparse.Namespace, context: Context) -> None:
    from lading.oci.partial import platform_of
    from lading.prove.comparison import compare
    from lading.prove.size import measure
    from lading.report.comparison import render_json, render_text

    platform = platform_of(image)
    with compared.other_image(args, context, platform) as other:
        result = compare(measure(image), measure(choose(other, str(platform))))
    if args.format == "json":
        context.print(render_json(found.name, other.name, result, platform=str(platform)))
    else:
        told = render_text(found.name, other.name, result, platform=str(platform), top=args.top, colour=context.colour)
        context.print(told)
