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
