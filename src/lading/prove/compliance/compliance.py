"""The table: what was promised, held against what was found."""

from collections.abc import Iterator, Sequence

from lading.prove.compliance.model import Compliance, Evidence, Expected, Part, Waived
from lading.prove.compliance.rows import FIRST, THEN, Row
from lading.prove.requirement import Requirement
from lading.prove.size import ImageSize
from lading.prove.verify.judge import judge, unjudged

PROCESS = "process-"
"""What the ids of requirements of single processes start with."""
IDS = (
    "multi-stage",
    "non-root",
    "base",
    "budget",
    "port",
    "starts",
    "healthy-in-time",
    "health-check",
    "ready",
    "not-ready",
    "read-only-root",
    "writes-nothing",
    "no-root",
    "no-privileges",
    "any-user",
    "clean-stop",
    "memory",
    "no-shell",
    "no-tools",
    "no-development",
    "no-secrets",
    "no-privileged-files",
    "complete",
    "audit",
    "scanned",
    "pinned",
    "reproducible",
    "labels",
    "platforms",
)
"""The ids of all other requirements, in their order."""


def compliance(expected: Expected, evidence: Evidence) -> Compliance:
    """Every requirement that is made of the image, and what became of it; what is waived stands apart."""
    rows = [*_asked(FIRST, expected, evidence), *_run(expected, evidence), *_asked(THEN, expected, evidence)]
    waived = dict(expected.waived)
    size = evidence.audit.facts.size
    return Compliance(
        name=evidence.name,
        manifest=size.manifest,
        platform=size.platform,
        requirements=tuple(row for row in rows if row.id not in waived),
        waived=tuple(Waived(requirement=row, reason=waived[row.id]) for row in rows if row.id in waived),
        parts=parts_of(size, evidence.audit.facts.base_layers),
        against=evidence.against,
        comparison=evidence.comparison,
    )


def parts_of(size: ImageSize, base_layers: int) -> tuple[Part, ...]:
    """The base's layers together, then every other layer by its title."""
    base, others = size.layers[:base_layers], size.layers[base_layers:]
    parts = [Part(name=layer.title, unpacked=layer.unpacked, size=layer.size) for layer in others]
    if base:
        whole = Part(name="base", unpacked=sum(one.unpacked for one in base), size=sum(one.size for one in base))
        parts.insert(0, whole)
    return tuple(parts)


def _asked(rows: Sequence[Row], expected: Expected, evidence: Evidence) -> Iterator[Requirement]:
    for row in rows:
        found = row(expected, evidence)
        if found:
            yield found


def _run(expected: Expected, evidence: Evidence) -> tuple[Requirement, ...]:
    if evidence.verification:
        return judge(evidence.verification)
    return unjudged(evidence.unseen or "it was not run", serves=expected.serves or bool(evidence.audit.facts.health))
