"""What a project of Poetry says of itself in `[tool.poetry]`, where `[project]` does not. Pure.

https://python-poetry.org/docs/pyproject/
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from lading.survey.python import poetry
from lading.survey.python.poetryversions import requires_python
from lading.survey.python.project import ProjectFacts, described
from lading.survey.python.tables import table, text


def with_poetry(facts: ProjectFacts, whole: Mapping[str, Any]) -> ProjectFacts:
    """The facts of a `pyproject.toml`, with what `[tool.poetry]` adds to them. What `[project]` says, counts."""
    said = table(table(whole, "tool"), "poetry")
    urls = {key: text(said, key) for key in ("repository",) if text(said, key)}
    scripts = {
        name: one if isinstance(one, str) else text(one, "reference")
        for name, one in table(said, "scripts").items()
        if isinstance(one, str | dict)
    }
    own = described({**said, "urls": {**table(said, "urls"), **urls}, "scripts": scripts})
    if urls and own["source"]:
        own["source_key"] = "repository"
    new = {key: value for key, value in own.items() if value and not getattr(facts, key)}
    python = table(said, "dependencies").get("python")
    if isinstance(python, str) and not facts.requires_python:
        new |= {"requires_python": requires_python(python), "requires_key": "tool.poetry.dependencies.python"}
    return msgspec.structs.replace(
        facts,
        project=facts.project or bool(own["name"] or "dependencies" in said),
        table=facts.table if facts.name else "tool.poetry",
        extras=tuple(sorted({*facts.extras, *poetry.extras(whole)})),
        groups=tuple(sorted({*facts.groups, *poetry.groups(whole)})),
        **new,
    )
