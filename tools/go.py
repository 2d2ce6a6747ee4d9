"""`python -m tools.go`: print the folder of the go command that tests need, fetched where the machine has none."""

import sys

from tools.engine.home import find_home
from tools.linters import LinterError, go


def main() -> int:
    """Print it; the exit code."""
    try:
        print(go(find_home().folder / "linters").parent)
    except LinterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
