"""`lading render`: plans as files that a team can read, own and leave with."""

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from lading.cli.context import Context
from lading.errors import EXIT_DONE, StrategyNotMet, UsageError, raise_all

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.cli.rendering.rendered import Rendered

    class Format(Protocol):
        """What the module of a format has."""

        def files(self, project: Project, args: argparse.Namespace, context: Context) -> Sequence[Rendered]:
            """The rendered files of the services that were named."""


HELP = "write the Dockerfile and other files that stand for a plan"

FORMATS: Mapping[str, str] = {
    "bake": "lading.cli.rendering.bake",
    "compose": "lading.cli.rendering.compose",
    "dockerfile": "lading.cli.rendering.dockerfile",
    "dockerignore": "lading.cli.rendering.dockerignore",
    "probes": "lading.cli.rendering.probes",
}
"""Every format and its module."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading render`."""
    parser.add_argument("format", choices=tuple(FORMATS), metavar="FORMAT", help=f"one of {', '.join(FORMATS)}")
    parser.add_argument("services", nargs="*", default=[], metavar="SERVICE", help="which services (default: all)")
    parser.add_argument("-C", "--directory", metavar="PATH", help="the repository or service (default: here)")
    parser.add_argument("--write", action="store_true", help="write the files into their places, and print nothing")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; show where committed files differ, and exit with 1 then"
    )
    parser.add_argument("--dev", action="store_true", help="compose, dockerfile: the ones for development")
    parser.add_argument(
        "--debug-shell",
        action="store_true",
        help="dockerfile: debug variants, with busybox, as Dockerfile.debug",
    )
    parser.add_argument("--debug", action="store_true", help="compose --dev: start services under debugpy")
    parser.add_argument(
        "--with",
        dest="extras",
        action="append",
        choices=("pgadmin",),
        metavar="NAME",
        help="compose --dev: add what the code does not need: pgadmin",
    )
    parser.add_argument("--force", action="store_true", help="with --write: overwrite files that Lading did not write")


def run(args: argparse.Namespace, context: Context) -> int:
    """Render, and print, write or compare."""
    from lading.cli.project import load_project

    if args.write and args.check:
        raise UsageError("--write and --check contradict each other", fix="leave one of them out")
    if args.force and not args.write:
        raise UsageError("--force is for --write", fix="leave it out, or add --write")
    _check_flags(args)
    args.extras = sorted(set(args.extras or ()))
    project = load_project(context, args.directory)
    module: Any = import_module(FORMATS[args.format])
    form: Format = module
    files = form.files(project, args, context)
    project.keep()
    if args.write:
        _write(project, files, context, force=args.force)
    elif args.check:
        _check(project, files, _command(args), context)
    else:
        _print(files, context)
    return EXIT_DONE


def _check_flags(args: argparse.Namespace) -> None:
    """Refuse flags that mean nothing together."""
    for_compose = args.debug or args.extras
    if args.dev and args.format not in ("compose", "dockerfile"):
        raise UsageError(f"there is no {args.format} for development", where="--dev", fix="leave it out")
    if args.debug_shell and (args.format != "dockerfile" or args.dev):
        raise UsageError("--debug-shell is for `lading render dockerfile`", fix="leave it out")
    if for_compose and not (args.dev and args.format == "compose"):
        raise UsageError("--debug and --with are for `lading render compose --dev`", fix="leave them out")


def _write(project: "Project", files: "Sequence[Rendered]", context: Context, *, force: bool) -> None:
    """Write all files, or none where one of them may not be overwritten."""
    from lading.cli.rendering.rendered import refusal, write

    if not force:
        raise_all(found for file in files if (found := refusal(project.root, file)))
    for file in files:
        changed = write(project.root, file)
        context.note(f"{'wrote' if changed else 'unchanged'} {file.path}")


def _command(args: argparse.Namespace) -> str:
    """What was typed, but for where and what to do with it."""
    said = (("--dev", args.dev), ("--debug", args.debug), ("--debug-shell", args.debug_shell))
    flags = [flag for flag, given in said if given]
    return " ".join(["lading render", args.format, *flags, *(f"--with {name}" for name in args.extras)])


def _check(project: "Project", files: "Sequence[Rendered]", command: str, context: Context) -> None:
    """Print how each committed file would have to change; `StrategyNotMet` names every one that must."""
    from difflib import unified_diff

    from lading.cli.rendering.rendered import committed
    from lading.report.text import printable

    stale = []
    for file in files:
        there = committed(project.root, file)
        if there == file.text:
            continue
        before, after = (text.split("\n") for text in (there or "", file.text))
        lines = unified_diff(before, after, f"{file.path} (committed)", f"{file.path} (plan)", lineterm="")
        context.print(*map(printable, lines))
        what = "the committed file is not what the plan says" if there is not None else "there is no such file yet"
        stale.append(StrategyNotMet(what, where=file.path, fix=f"{command} --write"))
    raise_all(stale)


def _print(files: "Sequence[Rendered]", context: Context) -> None:
    """Print a file as it is; several with a line above each that says which it is."""
    shown = [file for file in files if not file.companion]
    for file in shown:
        if len(shown) > 1:
            context.print(f"# ==> {file.path}")
        context.print(file.text.removesuffix("\n"))
