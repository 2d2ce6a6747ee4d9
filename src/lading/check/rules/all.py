"""All rules, and all findings of one Dockerfile."""

from collections.abc import Iterable, Sequence

from lading.check.compose import Service
from lading.check.model.step import Model
from lading.check.rules import (
    composed,
    copied,
    decided,
    habits,
    leftovers,
    libc,
    managers,
    migrations,
    modes,
    needed,
    order,
    programs,
    secrets,
    shells,
    unused,
    users,
    venv,
    writing,
)
from lading.check.rules.subject import Decided, FindRule, subject_of
from lading.finding import Finding, Rule

_FILES = (
    copied, venv, programs, shells, modes, needed, libc, users, migrations, secrets, habits, order, unused, leftovers,
    decided, composed, writing, managers,
)  # fmt: skip
RULES: tuple[Rule, ...] = tuple(rule for file in _FILES for rule in file.RULES)
"""Every rule once."""
FINDERS: tuple[FindRule, ...] = tuple(file.find for file in _FILES)


def find(model: Model, services: Sequence[Service] = (), team: Decided | None = None) -> Iterable[Finding]:
    """All findings of a Dockerfile, in the order of their places, each once. `services` are those of compose files that
    run its image, `team` what has been decided."""
    if not model.stages:
        return []
    subject = subject_of(model, tuple(services), team)
    found = dict.fromkeys(finding for finder in FINDERS for finding in finder(subject))
    return sorted(found, key=lambda one: (one.place.path != subject.path, one.place.path, _order(one), one.rule))


def _order(finding: Finding) -> tuple[int, int]:
    span = finding.place.span
    return (span.line, span.column) if span is not None else (0, 0)
