"""`lading prune`: bounds the store by age and size."""

import argparse
import re
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.errors import EXIT_DONE, UsageError, raise_all

if TYPE_CHECKING:
    from lading.digest import Digest
    from lading.store.prune import Pruned

HELP = "bound the store by age and size"
EPILOG = """\
What images with a name need stays, and so does what is younger than an hour:
builds may run meanwhile. Leftovers of killed builds and unpacked images go
after a day. What was removed is made anew when it is needed."""

_AGES = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_SIZES = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading prune`."""
    parser.add_argument(
        "--older-than",
        metavar="AGE",
        default="14d",
        help="remove what was not used for so long: 30m, 12h, 14d, 2w (default: 14d)",
    )
    parser.add_argument(
        "--max-size", metavar="SIZE", help="then remove the least recently used down to this: 500MB, 10GB, 4GiB"
    )
    parser.add_argument(
        "--forget",
        action="append",
        default=[],
        metavar="IMAGE",
        help="take an image's name away first, so that it is no longer kept; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Prune, and say what went and what stays."""
    from lading.assemble.stored import blobs_of
    from lading.store.prune import prune

    older_than = parse_age(args.older_than)
    max_size = parse_size(args.max_size) if args.max_size else None
    images = dict(context.store.images())
    _check_names(args.forget, images)
    kept = {name: digest for name, digest in images.items() if name not in args.forget}
    if not args.dry_run:
        for name in args.forget:
            context.store.forget_image(name)
    needed: set[Digest] = set()
    for digest in set(kept.values()):
        needed |= blobs_of(context.store, digest)
    result = prune(
        context.store,
        needed=needed,
        older_than=older_than,
        max_size=max_size,
        now=context.now(),
        dry_run=args.dry_run,
    )
    _tell(result, context, images=len(kept), max_size=max_size, dry_run=args.dry_run)
    return EXIT_DONE


def parse_age(text: str) -> float:
    """Seconds. `UsageError` for anything but a number and `m`, `h`, `d` or `w`.

    >>> parse_age("12h")
    43200.0
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([mhdw])", text)
    if not match:
        raise UsageError(f"{text!r} is not an age", where="--older-than", fix="write 30m, 12h, 14d or 2w")
    return float(match[1]) * _AGES[match[2]]


def parse_size(text: str) -> int:
    """Bytes. `UsageError` for anything but a number and a unit.

    >>> parse_size("10GB"), parse_size("4GiB")
    (10000000000, 4294967296)
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?) ?([kmgt]?)(i?)b?", text.lower())
    if not match or (match[3] and not match[2]):
        raise UsageError(f"{text!r} is not a size", where="--max-size", fix="write 500MB, 10GB or 4GiB")
    return int(float(match[1]) * (_BINARY_SIZES if match[3] else _SIZES)[match[2]])


def _check_names(forget: list[str], images: "dict[str, Digest]") -> None:
    raise_all(
        UsageError(
            f"there is no image {name!r} in the store",
            where=f"--forget {name}",
            fix=f"choose one of: {', '.join(images)}" if images else "",
        )
        for name in forget
        if name not in images
    )


def _tell(result: "Pruned", context: Context, *, images: int, max_size: int | None, dry_run: bool) -> None:
    from lading.report.text import count, size

    if result.removed:
        verb = "would remove" if dry_run else "removed"
        context.print(f"{verb} {count(result.removed, 'file')}, {size(result.removed_bytes)}")
    else:
        context.print("nothing to remove")
    needed = f": {size(result.needed_bytes)} for {count(images, 'image')}" if images else ""
    context.note(f"{count(result.kept, 'file')}, {size(result.kept_bytes)} in {context.store.root}{needed}")
    if max_size is not None and result.kept_bytes > max_size:
        context.note(
            f"more than {size(max_size, short=True)} stays: what images need, or what was used within the hour "
            "(--forget takes an image's name away)"
        )
