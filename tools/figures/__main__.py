"""Measure, and write the tables into examples/README.md, between its markers."""

import re
import sys
import tempfile
from pathlib import Path

from tools.figures.measure import ROOT, measure
from tools.figures.systems import SYSTEMS
from tools.figures.table import section

README = ROOT / "examples" / "README.md"


def main(names: list[str]) -> int:
    """Measure the systems that are named, or all; those that are not stay as they were."""
    unknown = set(names) - {system.folder for system in SYSTEMS}
    if unknown:
        print(f"there is no example {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    for system in SYSTEMS:
        if not names or system.folder in names:
            print(f"measuring {system.folder} …", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="lading-figures-", ignore_cleanup_errors=True) as scratch:
                lines = section(system, measure(system, Path(scratch)))
            README.write_text(replaced(README.read_text("utf-8"), system.folder, lines), "utf-8")
    return 0


def replaced(text: str, name: str, lines: list[str]) -> str:
    r"""A text with other lines between the markers of a system. `ValueError` where it has no such markers.

    >>> replaced("<!-- figures: a -->old<!-- end -->.", "a", ["new"])
    '<!-- figures: a -->\n\nnew\n\n<!-- end -->.'
    """
    begin, end = f"<!-- figures: {name} -->", "<!-- end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the text has no {begin}")
    body = "\n".join(lines)
    return pattern.sub(lambda _: f"{begin}\n\n{body}\n\n{end}", text, count=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
