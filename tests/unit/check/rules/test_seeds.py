"""What is known to be wrong with the decision records' Dockerfiles is found, where it is."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.seeds.facts import ALL, FOUND_ONLY, WARNED, Defect, Variant

from lading.check.compose import read_compose
from lading.check.context import folder_context
from lading.check.dockerfile.parse import parse
from lading.check.rules.all import find
from lading.check.stages.evaluate import evaluate
from lading.finding import Finding

COMPOSE = {"Dockerfile": "docker-compose.prod.yml", "Dockerfile.dev": "docker-compose.yml"}


def findings(variant: Variant, folder: Path) -> Sequence[Finding]:
    """All findings of a variant, with the service that runs it; paths are those of the project."""
    dockerfile = variant.write(folder)
    if variant.seed == "riskshield":
        (folder / "uv.lock").write_text(LOCK)
    model = evaluate(parse(dockerfile.read_text(), variant.dockerfile), folder_context(folder, dockerfile=dockerfile))
    compose = folder / COMPOSE.get(variant.dockerfile, "none.yml")
    services = read_compose(compose.read_text(), compose.name).services.values() if compose.exists() else ()
    return list(find(model, [one for one in services if one.name == "app"]))


LOCK = """
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "fastapi"
version = "0.165.0"
source = { registry = "https://packages.example/simple" }

[[package]]
name = "pytest"
version = "8.4.0"
source = { registry = "https://packages.example/simple" }

[[package]]
name = "riskshield"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "fastapi" }, { name = "uvicorn" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "uvicorn"
version = "0.54.0"
source = { registry = "https://packages.example/simple" }
"""


@pytest.mark.parametrize("defect", [*ALL, *FOUND_ONLY], ids=lambda one: one.name)
def test_every_defect_is_found_at_its_line(defect: Defect, tmp_path: Path) -> None:
    file = defect.file or defect.variant.dockerfile
    found = [one for one in findings(defect.variant, tmp_path) if one.rule == defect.rule and one.place.path == file]
    lines = (tmp_path / file).read_text().split("\n")
    at = [" ".join(lines[one.place.span.line - 1 : one.place.span.end_line]) for one in found if one.place.span]
    assert any(defect.at in text for text in at), at


@pytest.mark.parametrize(("rule", "variant", "at"), [(rule, *known) for rule, known in WARNED.items()])
def test_what_breaks_nothing_is_found_too(rule: str, variant: Variant, at: str, tmp_path: Path) -> None:
    found = [one for one in findings(variant, tmp_path) if one.rule == rule]
    lines = (tmp_path / variant.dockerfile).read_text().split("\n")
    spans = [one.place.span for one in found if one.place.span]
    assert any(at in "".join(lines[span.line - 1 : span.end_line]) for span in spans)
