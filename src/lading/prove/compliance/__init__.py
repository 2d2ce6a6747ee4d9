"""What a strategy asks of an image, held against what was audited and seen: the table that a proof is.

    compliance(expected, evidence).requirements

Pure: everything in it was measured before, and what was not is told as not looked at.
"""

from lading.prove.compliance.compliance import compliance
from lading.prove.compliance.expected import expected_of
from lading.prove.compliance.model import Compliance, Evidence, Expected, Part, Pinned, Rebuilt, Scan, Waived

__all__ = [
    "Compliance",
    "Evidence",
    "Expected",
    "Part",
    "Pinned",
    "Rebuilt",
    "Scan",
    "Waived",
    "compliance",
    "expected_of",
]
