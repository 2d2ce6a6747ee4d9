"""The parser of one command, with the flags that all commands share."""

import argparse
from collections.abc import Sequence

from lading.cli.context import Context
from lading.errors import UsageError

TYPE_CHECKING = False  # as in `lading.cli.main`
if TYPE_CHECKING:
    from typing import NoReturn

    from lading.cli.main import Command


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are `UsageError`s, like every other error of Lading."""

    def error(self, message: str) -> "NoReturn":
        """Raise what argparse would print and exit with."""
        raise UsageError(message, fix=f"{self.prog} --help")


class _Version(argparse.Action):
    """`--version` after a command, too."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> "NoReturn":
        from lading import __version__

        print(f"lading {__version__}")
        parser.exit()


def make_parser(name: str, module: "Command") -> argparse.ArgumentParser:
    """The parser of one command: its own flags, then the global ones."""
    parser = Parser(
        prog=f"lading {name}",
        description=module.HELP[:1].upper() + module.HELP[1:] + ".",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.color = False  # type: ignore[attr-defined,unused-ignore]  # Python 3.14 colours help by its own rules
    module.arguments(parser)
    add_global_flags(parser)
    return parser


def add_global_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every command has."""
    shared = parser.add_argument_group("global options")
    shared.add_argument("-q", "--quiet", action="store_true", help="print nothing but results and errors")
    shared.add_argument("-v", "--verbose", action="store_true", help="show the commands that are run")
    shared.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        metavar="WHEN",
        help="auto (the default), always or never",
    )
    shared.add_argument("--version", action=_Version, nargs=0, help="print the version")


def parse(name: str, module: "Command", words: Sequence[str]) -> argparse.Namespace | None:
    """The command line as a namespace, or nothing when it only asked for help or the version.

    Raises `UsageError` when it cannot be understood.
    """
    takes_command = getattr(module, "TAKES_COMMAND", False)
    own, rest = list(words), list[str]()
    if takes_command and "--" in own:
        at = own.index("--")
        own, rest = own[:at], own[at + 1 :]
    try:
        args = make_parser(name, module).parse_intermixed_args(own)
    except SystemExit:
        return None
    if takes_command:
        args.command = rest
    if args.quiet and args.verbose:
        raise UsageError("--quiet and --verbose contradict each other", fix="leave one of them out")
    return args


def make_context(args: argparse.Namespace) -> Context:
    """The context that the global flags ask for."""
    return Context(colour=args.color, quiet=args.quiet, verbose=args.verbose)
