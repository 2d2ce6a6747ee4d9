"""Which environment variables a service reads. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lading.survey.model import Fact, Variable
from lading.survey.patterns import names_secret
from lading.survey.python.graph import LONGEST_CHAIN, Graph, Place
from lading.survey.python.module import Field, Settings
from lading.survey.python.reads import PORT

_BASES = frozenset({
    "pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings", "pydantic.BaseSettings",
    "pydantic.v1.BaseSettings",
})  # fmt: skip
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


def read_variables(graph: Graph, app: str) -> Iterator[Reading]:
    """Every reading of a variable, sorted by place. What only modules beside the app (its file, or empty for none)
    need, the app does not require."""
    reached = graph.reached([app]) if app else set(graph.modules)
    for file, facts in sorted(graph.modules.items()):
        for read in facts.env:
            default = "" if read.default is None else str(read.default)
            yield Reading(read.name, default, read.required and file in reached, (), f"{file}:{read.line}")
    for place, one in graph.all_settings():
        if _reads_environment(graph, place, one):
            for name, field in one.fields.items():
                if not name.startswith("_") and name != "model_config":
                    yield _of_field(graph, place, one, name, field, required=place.file in reached)


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


def _of_field(graph: Graph, place: Place, one: Settings, name: str, field: Field, *, required: bool) -> Reading:
    """pydantic-settings: the alias as it stands, else the prefix and the field's name, in any case
    (https://docs.pydantic.dev/latest/concepts/pydantic_settings/#environment-variable-names)."""
    variable = (field.alias or f"{one.prefix}{name}").upper()
    found = graph.value(field.value, place.file)
    default = str(found.value) if found else ""
    return Reading(variable, default, field.required and required, field.kinds, f"{place.file}:{field.line}")


def _reads_environment(graph: Graph, place: Place, one: Settings, depth: int = 0) -> bool:
    """Whether a class of settings is pydantic's: by a base of it, or by a base of a base."""
    if depth > LONGEST_CHAIN:
        return False
    if _BASES.intersection(one.bases):
        return True
    known = dict(graph.all_settings())
    bases = (graph.follow(base, place.file) for base in one.bases)
    return any(_reads_environment(graph, base, known[base], depth + 1) for base in bases if base in known)
