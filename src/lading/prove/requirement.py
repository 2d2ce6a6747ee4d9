"""What is asked of an image, and what became of it: one row of the table that a proof is."""

from typing import Literal

import msgspec

Status = Literal["met", "not met", "not looked at"]

STATUSES: tuple[Status, ...] = ("not met", "not looked at", "met")
"""What a reader must see first comes first."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement: a stable `id` (words with dashes), a title of a few words, and what became of it.

    `implementation` says how the image does it (`65532:65532, by number`), `evidence` what was seen or measured, or why
    nobody looked. Both are parts of a sentence without a full stop; either may be empty.
    """

    id: str
    title: str
    status: Status
    implementation: str = ""
    evidence: str = ""


def row(name: str, title: str, met: bool, implementation: str, evidence: str) -> Requirement:
    """A requirement that was looked at."""
    status: Status = "met" if met else "not met"
    return Requirement(id=name, title=title, status=status, implementation=implementation, evidence=evidence)


def unseen(name: str, title: str, why: str) -> Requirement:
    """A requirement that nobody has looked at, and why."""
    return Requirement(id=name, title=title, status="not looked at", evidence=why)
