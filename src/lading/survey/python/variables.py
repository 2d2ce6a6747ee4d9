"""Which environment variables a service reads. Pure."""

from collections.abc import Iterator

from lading.survey.python.graph import LONGEST_CHAIN, Graph, Place
from lading.survey.python.module import Field, Settings
from lading.survey.variables import Reading

_BASES = frozenset({
    "pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings", "pydantic.BaseSettings",
    "pydantic.v1.BaseSettings",
})  # fmt: skip


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
