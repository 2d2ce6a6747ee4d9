"""A proof as findings, for the formats that CI systems read: what is not met, and what the audit found."""

from collections.abc import Sequence

from lading.finding import Finding, Place, Severity
from lading.prove.audit import RULES
from lading.prove.compliance import Compliance, Evidence
from lading.prove.requirement import Requirement, Status
from lading.report.findings.model import Findings
from lading.report.requirements import said

Proof = tuple[Compliance, Evidence]

_SEVERITIES: dict[Status, Severity] = {"not met": "error", "not looked at": "warning", "met": "info"}


def findings_of(proofs: Sequence[Proof], *, also_met: bool = False) -> Findings:
    """Every requirement that is not met is an error, and one that nobody looked at a warning; with `also_met` those
    that are met are there, too, as JUnit shows cases that have passed. Findings of the audit keep their severities."""
    found = [one for proof in proofs for one in _of(proof, also_met=also_met)]
    return Findings(
        findings=tuple(found),
        looked_at=tuple(compliance.name for compliance, _ in proofs),
        noun="image",
        rules={rule.id: rule for rule in RULES},
    )


def _of(proof: Proof, *, also_met: bool) -> list[Finding]:
    compliance, evidence = proof
    rows = [row for row in compliance.requirements if also_met or row.status != "met"]
    return [*(_finding(row, compliance) for row in rows), *evidence.audit.findings]


def _finding(row: Requirement, compliance: Compliance) -> Finding:
    return Finding(
        rule=row.id,
        severity=_SEVERITIES[row.status],
        message=f"{row.title}: {row.status}; {said(row)}" if said(row) else f"{row.title}: {row.status}",
        place=Place(path=compliance.name),
        tool="prove",
    )
