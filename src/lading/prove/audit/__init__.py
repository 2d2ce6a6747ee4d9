"""An image becomes findings and facts: every layer is read once, as a stream, and what matters of each file is kept.

    audit(image, expected=Expectations(budget=60_000_000)).findings

Each concern is a module with its `RULES` and one function `look(inside) -> Iterator[Finding]`.
"""

from lading.prove.audit.audit import RULES, audit
from lading.prove.audit.model import Accepted, Audit, Expectations, Facts, Ignored, Linking, Modules, User

__all__ = ["RULES", "Accepted", "Audit", "Expectations", "Facts", "Ignored", "Linking", "Modules", "User", "audit"]
