"""An image becomes findings and facts: every layer is read once, as a stream, and what matters of each file is kept.

    audit(image, Expectations(budget=60_000_000)).findings

Each concern is a module with its `RULES` and one function `look(inside) -> Iterator[Finding]`.
"""

from lading.prove.audit.model import Audit, Expectations, Facts, Ignored, Linking, Modules, User

__all__ = ["Audit", "Expectations", "Facts", "Ignored", "Linking", "Modules", "User"]
