"""A table of plain text: aligned, at most as wide as the terminal, and without rich.

Importing rich takes 40 to 50 ms, half of a build with nothing changed (`docs/dependencies.md`).
"""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from lading.report.text import paint, printable

GAP = "  "


class Column(NamedTuple):
    """A column: its title, whether it stands at the right (numbers do), and whether it may be cut to fit."""

    title: str
    right: bool = False
    cut: bool = False


RULE: tuple[str, ...] = ()
"""A row that is a line: what follows it is a total."""


def render(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    width: int = 80,
    indent: int = 0,
    colour: bool = False,
) -> list[str]:
    """The lines of a table at most `width` columns wide, as far as its `cut` columns can give way.

    A row may be shorter than the columns; the empty row is a rule. Lines do not end in spaces. Without any title there
    is no line of titles.
    """
    cells = [[printable(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    titles = [column.title for column in columns]
    widths = [
        max([text_width(title), *(text_width(row[at]) for row in cells if at < len(row))])
        for at, title in enumerate(titles)
    ]
    _fit(widths, columns, width - indent)
    lines = [_line(row, columns, widths) if row else _rule(widths) for row in cells]
    margin = " " * indent
    head = [paint(_line(titles, columns, widths), "dim", colour)] if any(titles) else []
    return [f"{margin}{line}" for line in [*head, *lines]]


def text_width(text: str) -> int:
    """Columns that a terminal needs for `text`: wide East Asian characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


def shorten(text: str, width: int) -> str:
    """`text` in at most `width` columns, with `…` where something was left out at the end."""
    if text_width(text) <= width:
        return text
    kept, used = [], 1
    for char in text:
        used += _char_width(char)
        if used > width:
            break
        kept.append(char)
    return "".join(kept) + "…" if width > 0 else ""


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _fit(widths: list[int], columns: Sequence[Column], room: int) -> None:
    """Narrow the columns that may be cut, the widest first, down to their title or eight columns."""
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0:
        giving = [
            at for at, column in enumerate(columns) if column.cut and widths[at] > max(8, text_width(column.title))
        ]
        if not giving:
            return
        widest = max(giving, key=lambda at: widths[at])
        widths[widest] -= 1
        excess -= 1


def _line(row: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    parts = []
    for cell, column, width in zip(row, columns, widths, strict=False):
        shown = shorten(cell, width) if column.cut else cell
        space = " " * (width - text_width(shown))
        parts.append(space + shown if column.right else shown + space)
    return GAP.join(parts).rstrip()


def _rule(widths: Sequence[int]) -> str:
    return "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
