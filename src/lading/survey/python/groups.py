"""Dependency groups of a `pyproject.toml` (PEP 735), those that they include among them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lading.survey.python.tables import normalised, table, text


def declared_groups(whole: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The requirements of each group of `[dependency-groups]`, by normalised name."""
    found = {normalised(name): said for name, said in table(whole, "dependency-groups").items()}
    return {name: tuple(_lines(name, found, ())) for name in found if name}


def _lines(name: str, groups: Mapping[str, Any], around: Sequence[str]) -> Iterator[str]:
    said = groups.get(name)
    for one in said if isinstance(said, list) and name not in around else ():
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from _lines(normalised(text(one, "include-group")), groups, (*around, name))
