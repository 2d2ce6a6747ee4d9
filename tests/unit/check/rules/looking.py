"""Dockerfiles of a few lines, and what is found in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.check.compose import Service, read_compose
from lading.check.context import folder_context
from lading.check.dockerfile.parse import parse
from lading.check.rules.all import find
from lading.check.rules.subject import Decided
from lading.check.stages.evaluate import evaluate
from lading.finding import Finding


def looked(
    folder: Path,
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    compose: str = "",
    decided: Decided | None = None,
    path: str = "Dockerfile",
) -> Sequence[Finding]:
    """All findings of a Dockerfile in a folder with these files; every service of the compose file runs its image."""
    for name, content in (files or {}).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    services: Sequence[Service] = tuple(read_compose(compose, "compose.yml").services.values()) if compose else ()
    return list(find(evaluate(parse(text, path), folder_context(folder)), services, decided))


def rules_at(findings: Sequence[Finding]) -> set[tuple[str, int]]:
    """The rules that have found something, each with its line."""
    return {(one.rule, one.place.span.line if one.place.span else 0) for one in findings}
