"""`lading doctor`: what is there, and what to do about what is not."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.errors import EXIT_DONE, Unavailable

if TYPE_CHECKING:
    from lading.prove.doctor import Check
    from lading.report.text import Colour

HELP = "show what is there, and what to do about what is not"
EPILOG = f"""\
Exits with {Unavailable.exit_code} when something is missing that a build with the defaults needs:
uv, a store that can be written to, Debian's mirror. Container engines are not
needed to build; `lading run` needs one of them."""
PATIENCE = 10.0
"""Seconds that a mirror gets to answer."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading doctor`."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Look, and tell."""
    from lading.cli.outside import mirrors_of
    from lading.http import Http
    from lading.plan.bases import SUITES
    from lading.prove.doctor import look

    http = Http(retries=0, timeout=PATIENCE)
    checks = look(
        runner=context.runner,
        http=http,
        store=context.store,
        env=context.env,
        mirrors=lambda: mirrors_of(context, None),
        suite=next(iter(SUITES.values())),
    )
    http.close()
    if args.format == "json":
        import msgspec

        context.print(msgspec.json.format(msgspec.json.encode({"checks": checks}), indent=2).decode())
    else:
        _tell(checks, context)
    return Unavailable.exit_code if any(check.state == "missing" for check in checks) else EXIT_DONE


def _tell(checks: "Sequence[Check]", context: Context) -> None:
    from lading.report.table import Column, render
    from lading.report.text import paint, printable

    colours: dict[str, Colour] = {"ok": "green", "absent": "dim", "missing": "red"}
    words = {"ok": "ok", "absent": "-", "missing": "missing"}
    names = render((Column(""), Column("")), [(check.name, words[check.state]) for check in checks])
    width = max(map(len, names))
    for check, name in zip(checks, names, strict=True):
        head = paint(name, colours[check.state], context.colour) + " " * (width - len(name))
        context.print(f"{head}  {printable(check.detail)}")
        if check.fix:
            context.print(f"{' ' * width}  do: {printable(check.fix)}")
