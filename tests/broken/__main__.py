"""`python -m tests.broken`: where what is said of faults differs from what was; with `--write`, take it as it is."""

import sys
import tempfile
from difflib import unified_diff
from pathlib import Path

from tests.broken.faults import Fault, faults, tried


def main(words: list[str]) -> int:
    """Try every fault, or those that are named; 1 when something differs and is not written."""
    named = {word for word in words if not word.startswith("-")}
    differing = 0
    for fault in faults():
        if not named or fault.name in named:
            differing += _differs(fault, write="--write" in words)
    return 1 if differing and "--write" not in words else 0


def _differs(fault: Fault, *, write: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        after = tried(fault, Path(folder))
    before = fault.text.read_text("utf-8")
    if before == after:
        return False
    if write:
        fault.text.write_text(after, "utf-8")
    was, now = (text.splitlines(keepends=True) for text in (before, after))
    sys.stdout.writelines(unified_diff(was, now, f"{fault.name} (was)", f"{fault.name} (is)"))
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
