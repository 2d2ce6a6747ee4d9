"""`lading schema`: the JSON Schema of lading.toml, for editors."""

import argparse

from lading.cli.context import Context
from lading.errors import EXIT_DONE

HELP = "print the JSON Schema of lading.toml"


def arguments(_parser: argparse.ArgumentParser) -> None:
    """There are no flags."""


def run(_args: argparse.Namespace, context: Context) -> int:
    """Print the schema that ships with this version."""
    from lading.strategy.schema import SHIPPED

    context.print(SHIPPED.read_text(encoding="utf-8").rstrip("\n"))
    return EXIT_DONE
