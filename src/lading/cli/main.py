"""The command line: finds the command that was typed, imports only its module, and turns errors into exit codes.

A command is a module of this package with `HELP` (one line), `arguments(parser)` and `run(args, context) -> int`. One
that sets `TAKES_COMMAND` gets what follows `--` as the list `args.command`.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise

from lading.errors import EXIT_BUG, EXIT_DONE, LadingError, Problems, UsageError

TYPE_CHECKING = False  # as `typing` has it, whose import takes 4 ms of every command
if TYPE_CHECKING:
    import argparse
    from typing import Any, Protocol

    from lading.cli.context import ColourChoice, Context

    class Command(Protocol):
        """What the module of a command has."""

        HELP: str

        def arguments(self, parser: argparse.ArgumentParser) -> None:
            """Add the command's own flags."""

        def run(self, args: argparse.Namespace, context: Context) -> int:
            """Do it; the exit code."""


COMMANDS = {
    "survey": "show what is in this repository: services and facts, each with its source",
    "plan": "show the stages of each service's image",
    "affected": "show which services have changed since a commit",
    "lock": "pin the base, its packages and the tools in lading.lock",
    "build": "build the images of services",
    "check": "find what is wrong with Dockerfiles, across their stages",
    "render": "write the Dockerfile and other files that stand for a plan",
    "run": "run an image with the container runtime that is there",
    "size": "show the layers and the largest packages of an image, or what it saves of another one",
    "audit": "find what an image holds that it should not, and what it lacks",
    "verify": "start an image and watch it: health, readiness, rights, what it writes, how it stops",
    "prove": "audit an image, run it, and hold it against the strategy",
    "validate": "check every digest, size and tar rule of an image",
    "doctor": "show what is there, and what to do about what is not",
    "prune": "bound the store by age and size",
    "schema": "print the JSON Schema of lading.toml",
    "completion": "print the completion script of a shell",
}
"""Every command with its line of help. Kept here so that `lading --help` imports none of them; a test holds it true."""

EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""
EXIT_PIPE = 141
"""128 and the number of SIGPIPE, as shells report a program whose reader went away."""

_GLOBAL_FLAGS = """\
global options:
  -q, --quiet           print nothing but results and errors
  -v, --verbose         show the commands that are run, and tracebacks of bugs
  --color WHEN          auto (the default), always or never; NO_COLOR and FORCE_COLOR count too
  --version             print the version
  -h, --help            print this help, or a command's own"""


def main(argv: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    _tolerate_any_text()
    try:
        code = _main(argv)
        sys.stdout.flush()
    except LadingError as error:
        print_error(error, argv)
        return error.exit_code
    except KeyboardInterrupt as error:
        return 128 + error.args[0] if error.args else EXIT_INTERRUPTED
    except BrokenPipeError:
        # What is still buffered cannot be written either, and the interpreter would complain of it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except Exception as error:  # noqa: BLE001  # whatever else arrives here is a bug of Lading
        if isinstance(error, PermissionError) and error.filename:
            print_error(_forbidden(error), argv)
            return UsageError.exit_code
        from lading.cli.crash import report_crash

        report_crash(error, argv)
        return EXIT_BUG
    return code


def _forbidden(error: PermissionError) -> UsageError:
    """What the system forbids where nothing better is known of it: the person's business, not a bug."""
    return UsageError(
        f"this user may not use a file or folder: {error.strerror}",
        where=str(error.filename),
        fix="change its permissions, or run Lading as the user whose it is",
    )


def _main(argv: Sequence[str]) -> int:
    before, name, after = split(argv)
    if name is None:
        return _without_command(before)
    module = load(name)
    from lading.cli.arguments import make_context, parse

    args = parse(name, module, [*before, *after])
    return EXIT_DONE if args is None else module.run(args, make_context(args))


def split(argv: Sequence[str]) -> tuple[list[str], str | None, list[str]]:
    """Global flags before the command, the command's name (or nothing), and all that follows it."""
    before: list[str] = []
    words = iter(argv)
    for word in words:
        if not word.startswith("-"):
            return before, word, list(words)
        before.append(word)
        if word == "--color":
            before.extend(value for value in (next(words, None),) if value is not None)
    return before, None, []


def load(name: str) -> "Command":
    """The module of a command; `UsageError` with the nearest names when there is no such command."""
    if name not in COMMANDS:
        from difflib import get_close_matches

        near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        fix = f"did you mean `lading {near[0]}`?" if near else "lading --help lists the commands"
        raise UsageError(f"there is no command {name!r}", fix=fix)
    module: Any = import_module(f"lading.cli.{name.replace('-', '_')}")
    found: Command = module
    return found


def usage() -> str:
    """The text of `lading --help`."""
    width = max(map(len, COMMANDS)) + 2
    commands = "\n".join(f"  {name:<{width}}{line}" for name, line in COMMANDS.items())
    return (
        "usage: lading COMMAND [options]\n\n"
        "Turns a repository of services into production container images, and proves that they are right.\n\n"
        f"commands:\n{commands}\n\n{_GLOBAL_FLAGS}\n\n`lading COMMAND --help` tells more of each."
    )


def print_error(error: LadingError, argv: Sequence[str] = ()) -> None:
    """Write an error in its three parts to standard error, coloured as the command line `argv` asks."""
    from lading.cli.context import takes_colour
    from lading.report.text import paint, printable

    colour = takes_colour(sys.stderr, os.environ, _colour_choice(argv))
    problems = error.problems if isinstance(error, Problems) else (error,)
    for problem in problems:
        first, _, rest = printable(str(problem)).partition("\n")
        print(f"{paint('error', 'red', colour)}: {first}", file=sys.stderr)
        if rest:
            print(rest, file=sys.stderr)


def _without_command(flags: Sequence[str]) -> int:
    if "--version" in flags:
        from lading import __version__

        print(f"lading {__version__}")
        return EXIT_DONE
    if "--help" in flags or "-h" in flags:
        print(usage())
        return EXIT_DONE
    raise UsageError("no command was given", fix="lading --help lists the commands")


def _colour_choice(argv: Sequence[str]) -> "ColourChoice":
    """What `--color` says, read by hand: an error may stand before a command line is understood."""
    own = list(argv[: argv.index("--")] if "--" in argv else argv)
    said = {word.removeprefix("--color=") for word in own if word.startswith("--color=")}
    said |= {value for flag, value in pairwise(own) if flag == "--color"}
    return "always" if "always" in said else "never" if "never" in said else "auto"


def _tolerate_any_text() -> None:
    """Let no file name, package name or character of ours crash the printing on a stream of a poorer encoding."""
    import codecs

    from lading.report.text import encodable

    codecs.register_error("lading", encodable)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="lading")
