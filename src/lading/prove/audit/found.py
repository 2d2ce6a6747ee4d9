"""A rule and what was seen of it become a finding; many files of one kind become one."""

from collections.abc import Sequence

from lading.finding import Because, Finding, Place, Rule, Severity
from lading.prove.audit.inside import Inside

MOST_TOLD = 5
"""Files that one finding names; of the others it says how many they are."""


def found(
    rule: Rule,
    message: str,
    place: Place,
    *,
    because: Sequence[Because] = (),
    help: str = "",  # noqa: A002  # the finding's own word
    severity: Severity | None = None,
) -> Finding:
    """A finding of a rule, with its severity unless another is said."""
    return Finding(
        rule=rule.id,
        severity=severity or rule.severity,
        message=message,
        place=place,
        because=tuple(because),
        help=help,
    )


def listed(paths: Sequence[str], most: int = MOST_TOLD) -> str:
    """Some paths or names in words.

    >>> listed(["a", "b"]), listed(["a", "b", "c"], 2)
    ('a, b', 'a, b and 1 more')
    """
    more = len(paths) - most
    return ", ".join(paths[:most]) + (f" and {more} more" if more > 0 else "")


def whose(inside: Inside, path: str) -> str:
    """Whom a file belongs to, for the end of a sentence: ` (the base's)`, ` (the team's)`, or nothing."""
    layer = inside.files[path].layer if path in inside.files else -1
    said = inside.whose(layer) if layer >= 0 else ""
    return f" ({said})" if said else ""


def weight(size: int) -> str:
    """Bytes in decimal units, as registries count.

    >>> weight(999), weight(38_400), weight(38_400_000)
    ('999 B', '38.4 kB', '38.4 MB')
    """
    value, units = float(size), iter(("B", "kB", "MB", "GB"))
    unit = next(units)
    for larger in units:
        if value < 999.95:
            break
        value, unit = value / 1000, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
