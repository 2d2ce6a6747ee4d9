"""Measure, and write the tables into examples/README.md, between its markers."""

import re
import sys
import tempfile
from pathlib import Path

from tools.figures.measure import ROOT, measure, proven
from tools.figures.proof import proof_section
from tools.figures.systems import SYSTEMS, System
from tools.figures.table import section

README = ROOT / "examples" / "README.md"
PROOFS = "--proofs"


def main(names: list[str]) -> int:
    """Measure the systems that are named, or all; those that are not stay as they were. With `--proofs` only what is
    proven is written anew."""
    alone = PROOFS in names
    names = [name for name in names if name != PROOFS]
    unknown = set(names) - {system.folder for system in SYSTEMS}
    if unknown:
        print(f"there is no example {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    for system in SYSTEMS:
        if not names or system.folder in names:
            print(f"measuring {system.folder} …", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="lading-figures-", ignore_cleanup_errors=True) as scratch:
                write(system, Path(scratch), proofs_alone=alone)
    return 0


def write(system: System, scratch: Path, *, proofs_alone: bool) -> None:
    """Measure one system, and write what came of it between its markers."""
    text = README.read_text("utf-8")
    if proofs_alone:
        proofs = proven(system, scratch)
    else:
        found = measure(system, scratch)
        text, proofs = replaced(text, f"figures: {system.folder}", section(system, found)), found.proofs
    text = replaced(text, f"proof: {system.folder}", proof_section(system, proofs))
    README.write_text(text, "utf-8")


def replaced(text: str, name: str, lines: list[str]) -> str:
    r"""A text with other lines between the markers of a part. `ValueError` where it has no such markers.

    >>> replaced("<!-- figures: a -->old<!-- end -->.", "figures: a", ["new"])
    '<!-- figures: a -->\n\nnew\n\n<!-- end -->.'
    """
    begin, end = f"<!-- {name} -->", "<!-- end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the text has no {begin}")
    body = "\n".join(lines)
    return pattern.sub(lambda _: f"{begin}\n\n{body}\n\n{end}", text, count=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
