"""What can be wrong with what callers ask.

BookError
├── NotAllowed      401  no token, or one that this service has not signed
├── UnknownItem     404  nobody has entered the item
├── NotEnough       409  more would go than is there
└── ReferenceTaken  409  the reference belongs to another movement
"""

from typing import ClassVar


class BookError(Exception):
    """The root; ``status``, ``kind`` and the text make a problem document (RFC 9457)."""

    status: ClassVar[int]
    kind: ClassVar[str]


class NotAllowed(BookError):
    """There is no token, or it is not one that this service has signed."""

    status = 401
    kind = "not-allowed"


class UnknownItem(BookError):
    """Nobody has entered the item."""

    status = 404
    kind = "unknown-item"


class NotEnough(BookError):
    """More would go than is there."""

    status = 409
    kind = "not-enough"


class ReferenceTaken(BookError):
    """The reference belongs to another movement."""

    status = 409
    kind = "reference-taken"
