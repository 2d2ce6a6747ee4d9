"""Requirements as a table of text: what is asked, whether it is met, and how one knows."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from lading.prove.requirement import STATUSES, Requirement, Status
from lading.report.table import GAP, text_width
from lading.report.text import paint, printable

TYPE_CHECKING = False  # as in `lading.report.text`
if TYPE_CHECKING:
    from lading.report.text import Colour

_COLOURS: "Mapping[Status, Colour]" = {"met": "green", "not met": "red", "not looked at": "yellow"}
_NARROWEST = 20
"""Columns of the last column, however narrow the terminal is."""


def table(rows: Sequence[Requirement], *, colour: bool = False, width: int = 80) -> list[str]:
    """A row a requirement, in its order. The last column goes on in further lines, at most `width` columns wide."""
    titles = [printable(row.title) for row in rows]
    first = max([len("requirement"), *map(text_width, titles)])
    second = max([len("status"), *(len(row.status) for row in rows)])
    room = max(_NARROWEST, width - first - second - 2 * len(GAP))
    lines = [paint(GAP.join(("requirement".ljust(first), "status".ljust(second), "implementation")), "dim", colour)]
    for title, row in zip(titles, rows, strict=True):
        told = wrap(printable(said(row)), room, break_on_hyphens=False) or [""]
        status = paint(row.status, _COLOURS[row.status], colour) + " " * (second - len(row.status))
        lines.append(GAP.join((title + " " * (first - text_width(title)), status, told[0])).rstrip())
        lines += [" " * (first + second + 2 * len(GAP)) + line for line in told[1:]]
    return lines


def said(row: Requirement) -> str:
    """The implementation and the evidence on one line."""
    return "; ".join(part for part in (row.implementation, row.evidence) if part)


def counted(rows: Sequence[Requirement]) -> str:
    """`14 met, 1 not met, 2 not looked at`."""
    return ", ".join(_counts(rows)) or "nothing is asked of it"


def _counts(rows: Sequence[Requirement]) -> Iterator[str]:
    for status in reversed(STATUSES):
        number = sum(row.status == status for row in rows)
        if number:
            yield f"{number} {status}"
