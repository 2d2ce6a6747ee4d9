"""`lading validate`: every digest, size and tar rule of an image, checked against its bytes."""

import argparse
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP, find_image
from lading.errors import EXIT_DONE, VerificationFailed, raise_all

if TYPE_CHECKING:
    from lading.oci.model import Image, Index

HELP = "check every digest, size and tar rule of an image"
OURS = "lading: "
"""How the history begins of a layer that Lading has made (`lading.assemble.config`)."""
EPILOG = """\
All platforms are checked. Layers that Lading has not made must be safe and
what the manifest says, and need not keep the rules that it sets itself. Exits
with 5 when something is wrong."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading validate`."""
    parser.add_argument("image", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Check the image; `VerificationFailed` (or `Problems`) tells everything that is wrong."""
    from lading.digest import digest_of
    from lading.oci.partial import images_of
    from lading.oci.validate import validate
    from lading.report.text import count

    found = find_image(context, args.image)
    problems = validate(found.content, base_layers=foreign_layers(found.content))
    digest = digest_of(found.content.manifest)
    if args.format == "json":
        import msgspec

        told = {"image": found.name, "digest": digest, "valid": not problems, "problems": problems}
        context.print(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
        return VerificationFailed.exit_code if problems else EXIT_DONE
    raise_all(VerificationFailed(problem.what, where=f"{found.name}: {problem.where}") for problem in problems)
    images = images_of(found.content)
    layers = sum(len(image.layers) for _, image in images)
    context.print(f"{found.name} is valid: {count(len(images), 'image')}, {count(layers, 'layer')}", str(digest))
    return EXIT_DONE


def foreign_layers(content: "Image | Index") -> int:
    """How many of the first layers somebody else has made, by the history; all of them where it does not tell."""
    from lading.errors import LadingError
    from lading.oci.partial import config_of, images_of

    most = 0
    try:
        for _, image in images_of(content):
            made = [event for event in config_of(image).history or () if not event.empty_layer]
            ours = [at for at, event in enumerate(made) if event.created_by.startswith(OURS)]
            most = max(most, ours[0] if ours else len(image.layers))
    except LadingError:
        return most  # what cannot be read is for the validator to tell
    return most
