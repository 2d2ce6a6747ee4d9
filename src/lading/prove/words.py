"""Small words that evidence is told in."""

from collections.abc import Iterable

MOST_TOLD = 3


def listed(words: Iterable[str]) -> str:
    """The first words of a list, and how many there are beside them: `a, b, c and 4 more`."""
    told = list(words)
    rest = len(told) - MOST_TOLD
    return ", ".join(told[:MOST_TOLD]) + (f" and {rest} more" if rest > 0 else "")


def megabytes(count: int) -> str:
    """Bytes in words: `103.1 MB`."""
    return f"{count / 1_000_000:.1f} MB"
