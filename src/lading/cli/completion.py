"""`lading completion`: the completion script of a shell, made from the commands' own flags."""

import argparse

from lading.cli.context import Context
from lading.errors import EXIT_DONE

HELP = "print the completion script of a shell"
EPILOG = """\
where it goes:
  bash  lading completion bash > ~/.local/share/bash-completion/completions/lading
  zsh   lading completion zsh > a folder of $fpath, as _lading
  tcsh  lading completion tcsh > ~/.lading.tcsh, and in ~/.cshrc: source ~/.lading.tcsh"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `lading completion`."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="which shell")
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Print the script."""
    import shtab

    context.print(shtab.complete(_whole_parser(), shell=args.shell))
    return EXIT_DONE


def _whole_parser() -> argparse.ArgumentParser:
    """One parser of all commands. Only here: a run of Lading makes the parser of the command that was typed."""
    import shtab

    from lading.cli.arguments import add_global_flags
    from lading.cli.main import COMMANDS, load

    whole = argparse.ArgumentParser(prog="lading", allow_abbrev=False)
    add_global_flags(whole)
    commands = whole.add_subparsers(dest="name", metavar="COMMAND")
    for name, line in COMMANDS.items():
        parser = commands.add_parser(name, help=line, description=line, allow_abbrev=False)
        load(name).arguments(parser)
        add_global_flags(parser)
        for action in parser._actions:  # argparse has no other way to look at them
            if action.metavar == "PATH":
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab reads it
    return whole
