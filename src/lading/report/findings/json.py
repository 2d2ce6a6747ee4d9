"""Findings as JSON of our own: every field of `Finding`, as it is."""

import msgspec

from lading.finding import rule_name
from lading.report.findings.model import Findings, identity


def render_json(found: Findings) -> str:
    """The `document` as text."""
    return msgspec.json.format(msgspec.json.encode(document(found)), indent=2).decode()


def document(found: Findings) -> dict[str, object]:
    """`{"findings": […], "suppressed": […], "looked_at": […], "failed": bool}`.

    A finding has the fields of `lading.finding.Finding` and its `fingerprint`, which stays the same while the file
    changes around it.
    """

    def told(finding: object) -> dict[str, object]:
        fields: dict[str, object] = msgspec.to_builtins(finding)
        return fields

    return {
        "findings": [
            {**told(one), "rule": rule_name(one), "fingerprint": identity(one, found.sources)} for one in found.findings
        ],
        "suppressed": [
            {"kind": one.kind, "reason": one.reason, "finding": told(one.finding)} for one in found.suppressed
        ],
        "looked_at": list(found.looked_at),
        "failed": bool(found.failing),
    }
