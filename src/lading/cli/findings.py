"""Findings on their way out: the format that was asked for, and the exit code."""

import argparse
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.errors import EXIT_DONE, StrategyNotMet, UsageError

if TYPE_CHECKING:
    from lading.report.findings.model import Findings

FORMATS = ("text", "json", "sarif", "junit", "markdown", "github", "gitlab", "azure")
FAIL_ON = ("error", "warning", "info", "never")


def add_format_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say how findings are told, and which of them make the command fail."""
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="how findings are told (default: text)", metavar="FORMAT"
    )
    parser.add_argument("--output", metavar="FILE", help="write the findings into a file")
    parser.add_argument(
        "--fail-on", choices=FAIL_ON, help="the mildest finding that makes the command fail (default: error)"
    )


Renderers = Mapping[str, Callable[[bool], str]]
"""A command's own way with some formats: from whether colours are wanted to the text."""


def show(
    found: "Findings",
    args: argparse.Namespace,
    context: Context,
    *,
    name: str,
    own: Renderers = MappingProxyType({}),
) -> None:
    """Print findings, or write them where `--output` says. `name` is the command's, for formats that tell it; `own` are
    formats that it has more to tell in."""

    def rendered(colour: bool) -> str:
        return own[args.format](colour) if args.format in own else _rendered(found, args.format, name, colour)

    if args.output is None:
        text = rendered(context.colour)
        if text:
            context.print(text)
        return
    from lading.whole import write_whole

    text = rendered(False)
    file = context.cwd / args.output
    try:
        write_whole(file, (f"{text}\n".encode("utf-8", "backslashreplace"),))
    except OSError as error:
        raise UsageError(f"cannot write the findings: {error.strerror}", where=str(file)) from error
    if args.format != "text":
        from lading.report.findings.text import summary

        context.note(f"{summary(found)}; see {args.output}")


def exit_code_of(found: "Findings") -> int:
    """0, or that of a strategy that is not met where a finding counts."""
    return StrategyNotMet.exit_code if found.failing else EXIT_DONE


def _rendered(found: "Findings", form: str, name: str, colour: bool) -> str:
    from importlib import import_module

    if form == "text":
        from lading.report.findings.text import render_text

        return render_text(found, colour=colour)
    if form == "junit":
        from lading.report.findings.junit import render_junit

        return render_junit(found, name=name)
    module = import_module(f"lading.report.findings.{_MODULES.get(form, form)}")
    render: Callable[[Findings], str] = getattr(module, f"render_{form}")
    return render(found)


_MODULES: Mapping[str, str] = {"github": "annotations", "gitlab": "annotations", "azure": "annotations"}
