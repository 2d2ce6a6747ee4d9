"""`python -m tools.packages [--write] [SUITE…]`: make the data anew, and say how it differs from what is there."""

import argparse
import sys
from pathlib import Path

from lading.check.effects.packages import DATA, SUITES, PackageData
from lading.cli.context import Context
from lading.errors import LadingError
from tools.packages.archive import read_archive
from tools.packages.collect import collect, written

ROOTS = Path(__file__).with_name("roots.txt")


def main(arguments: list[str] | None = None) -> int:
    """Do it; 1 where the data is not what the archive says and nothing was written."""
    parser = argparse.ArgumentParser(prog="python -m tools.packages", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the data")
    parser.add_argument("suites", nargs="*", default=list(SUITES), metavar="SUITE")
    args = parser.parse_args(arguments)
    context = Context()
    changed = False
    for suite in args.suites:
        try:
            found = collect(read_archive(suite, context), ROOTS.read_text().split())
        except LadingError as error:
            print(f"error: {error}", file=sys.stderr)
            return error.exit_code
        changed |= _compare(suite, found, write=args.write)
    return 1 if changed and not args.write else 0


def _compare(suite: str, found: PackageData, *, write: bool) -> bool:
    path = DATA / f"debian-{suite}.json"
    text = written(found)
    before = path.read_text() if path.exists() else ""
    lines, known = set(text.splitlines()), set(before.splitlines())
    print(f"{suite}: {len(found)} packages, {len(lines - known)} lines new, {len(known - lines)} gone")
    if write and text != before:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return text != before


if __name__ == "__main__":
    sys.exit(main())
