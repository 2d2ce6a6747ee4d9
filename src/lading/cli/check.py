"""`lading check`: what is wrong with Dockerfiles, anyone's, before they are built."""

import argparse
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.findings import add_format_flags, exit_code_of, show
from lading.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from lading.cli.checking.checker import Checker, Outcome

HELP = "find what is wrong with Dockerfiles, across their stages"

STANDARD_INPUT = "-"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading check`."""
    parser.add_argument(
        "paths",
        nargs="*",
        default=[],
        metavar="PATH",
        help="Dockerfiles, compose files, or folders to search for them (default: here); - is standard input",
    )
    parser.add_argument(
        "--context", metavar="PATH", help="the folder that the Dockerfiles are built in (default: found)"
    )
    parser.add_argument("--target", metavar="STAGE", default="", help="the stage that ships (default: the last one)")
    parser.add_argument(
        "--build-arg", action="append", default=[], metavar="NAME=VALUE", help="an argument of the build"
    )
    add_format_flags(parser)
    _rules(parser)
    _fixing(parser)


def _rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what counts")
    group.add_argument("--ignore", action="append", default=[], metavar="RULE", help="leave the findings of a rule out")
    group.add_argument(
        "--only", action="append", default=[], metavar="RULE", help="tell the findings of these rules alone"
    )
    group.add_argument("--no-hadolint", action="store_true", help="do not ask hadolint, where it is installed")
    group.add_argument("--baseline", metavar="FILE", help="leave out what this file knows")
    group.add_argument("--write-baseline", metavar="FILE", help="write all that is found into a file for --baseline")
    group.add_argument("--rules", action="store_true", help="list the rules")


def _fixing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("mending")
    group.add_argument("--fix", action="store_true", help="mend what can be mended for certain, and show it as a diff")
    group.add_argument("--diff", action="store_true", help="with --fix: show the diff, and change nothing")


def run(args: argparse.Namespace, context: Context) -> int:
    """Check, mend or list, and print it."""
    from lading.cli.checking.checker import Checker

    if args.rules:
        return _list_rules(context)
    _refuse(args)
    checker = Checker(args, context, given=_given(args))
    outcome = _mended(checker, context, dry=args.diff) if args.fix else checker.check()
    if args.write_baseline:
        return _write_baseline(outcome, context, args.write_baseline)
    show(outcome.findings(checker.fail_on), args, context, name="lading check")
    return exit_code_of(outcome.findings(checker.fail_on))


def _refuse(args: argparse.Namespace) -> None:
    if args.diff and not args.fix:
        raise UsageError("--diff goes with --fix", where="--diff", fix="lading check --fix --diff")
    if args.fix and args.write_baseline:
        raise UsageError("--fix and --write-baseline contradict each other", fix="mend first")
    if STANDARD_INPUT in args.paths and (len(args.paths) > 1 or args.fix):
        raise UsageError("what comes from standard input is checked alone, and cannot be mended", where="-")


def _given(args: argparse.Namespace) -> str | None:
    """The Dockerfile on standard input, if that is what is checked."""
    if args.paths != [STANDARD_INPUT]:
        return None
    import sys

    from lading.check.look import LONGEST

    data = sys.stdin.buffer.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise UsageError(f"what has more than {LONGEST:,} bytes is no Dockerfile", where="standard input")
    return data.decode("utf-8", "surrogateescape")


def _mended(checker: "Checker", context: Context, *, dry: bool) -> "Outcome":
    """Mend round by round, since one fix can uncover or make room for the next; show the diff of it all."""
    from lading.cli.checking.mending import mend_all

    outcome, changes = mend_all(checker, dry=dry)
    for change in changes:
        context.print(*change.diff())
    told = "would be mended" if dry else "mended"
    context.note(f"{sum(one.mended for one in changes)} findings {told} in {len(changes)} files")
    return outcome


def _write_baseline(outcome: "Outcome", context: Context, path: str) -> int:
    from lading.check.baseline import write_baseline
    from lading.whole import write_whole

    file = context.cwd / path
    named = outcome.named(file.parent)
    try:
        write_whole(file, (write_baseline(named),))
    except OSError as error:
        raise UsageError(f"cannot write the baseline: {error.strerror}", where=str(file)) from error
    context.note(f"{file}: {len(named)} findings that do not count from now on")
    return EXIT_DONE


def _list_rules(context: Context) -> int:
    from lading.cli.checking.checker import all_rules

    for rule in all_rules():
        context.print(f"{rule.id}  {rule.severity}", f"  {rule.title}")
    return EXIT_DONE
