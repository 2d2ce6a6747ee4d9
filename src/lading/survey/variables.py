"""Which environment variables a service reads, whatever it is written in. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from lading.survey.model import Fact, Variable
from lading.survey.patterns import names_secret

PORT = "PORT"
"""The variable by which platforms tell a service its port."""

_OF_THE_SYSTEM = frozenset({
    PORT, "CI", "DEBUG", "DJANGO_SETTINGS_MODULE", "HOME", "HOSTNAME", "LANG", "PATH", "PWD", "PYTHONPATH", "SHELL",
    "TERM", "TMPDIR", "TZ", "USER",
})  # fmt: skip
"""What the image says itself, or what every shell has set for reasons of its own."""


class Reading(NamedTuple):
    """One place that reads a variable: its default in words (where it is known), and what pydantic calls its type."""

    name: str
    default: str
    required: bool
    kinds: tuple[str, ...]
    source: str


def variable_facts(reads: Iterable[Reading]) -> tuple[Fact[Variable], ...]:
    """What is read, each variable once, sorted by name; without what has nothing to do with this service."""
    found: dict[str, list[Reading]] = {}
    for read in reads:
        if read.required or read.name not in _OF_THE_SYSTEM:
            found.setdefault(read.name, []).append(read)
    return tuple(_fact(name, found[name]) for name in sorted(found))


def _fact(name: str, reads: list[Reading]) -> Fact[Variable]:
    required = [read for read in reads if read.required]
    secret = names_secret(name) or any("Secret" in kind for read in reads for kind in read.kinds)
    variable = Variable(name=name, required=bool(required), secret=secret)
    return Fact(value=variable, source=(required or reads)[0].source, certainty="found")
