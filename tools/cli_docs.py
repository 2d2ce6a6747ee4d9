"""The tables of flags in docs/cli.md, made from the commands' own parsers: `python -m tools.cli_docs` writes them anew.

The prose between them is written by hand; a test holds the tables true.
"""

import argparse
import re
from pathlib import Path

from lading.cli.arguments import Parser, add_global_flags
from lading.cli.main import COMMANDS, load

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
GLOBAL = "global"
_TABLE = re.compile(r"(?P<begin><!-- flags: (?P<name>[a-z-]+) -->\n)(?P<table>.*?)(?P<end><!-- end -->)", re.DOTALL)


def main() -> None:
    """Write every table anew. A command without one is an error: its prose is still to be written."""
    page = PAGE.read_text()
    absent = [name for name in COMMANDS if name not in tables(page)]
    if absent:
        raise SystemExit(f"docs/cli.md has no table for {', '.join(absent)}")
    PAGE.write_text(renewed(page))


def renewed(page: str) -> str:
    """The page with every table as the parsers have it now."""
    return _TABLE.sub(lambda match: f"{match['begin']}\n{table(match['name'])}\n{match['end']}", page)


def tables(page: str) -> list[str]:
    """The names of the tables in the page, in its order."""
    return [match["name"] for match in _TABLE.finditer(page)]


def table(name: str) -> str:
    """The flags of a command, or those that all share, as a table in Markdown."""
    parser = Parser(prog=f"lading {name}", add_help=False)
    if name == GLOBAL:
        add_global_flags(parser)
    else:
        load(name).arguments(parser)
    rows = [f"| `{_written(action)}` | {_told(action)} |\n" for action in parser._actions]
    if not rows:
        return "It has no options of its own.\n"
    return "| flag | what it does |\n|---|---|\n" + "".join(rows)


def _written(action: argparse.Action) -> str:
    """`-o`, `--output PATH`, as it is typed; a positional by its name."""
    value = action.metavar if isinstance(action.metavar, str) else ""
    if not value and action.choices:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    if not value and action.nargs != 0 and not isinstance(action, argparse.BooleanOptionalAction):
        value = action.dest.upper()
    if not action.option_strings:
        return f"[{value}…]" if action.nargs == "*" else f"[{value}]" if action.nargs == "?" else value
    return "`, `".join(action.option_strings) + (f" {value}" if value and action.nargs != 0 else "")


def _told(action: argparse.Action) -> str:
    return (action.help or "").replace("|", "\\|")


if __name__ == "__main__":
    main()
