"""Two images held against each other, as text and as JSON."""

from collections.abc import Iterator, Sequence

import msgspec

from lading.prove.comparison import Comparison, Pair
from lading.report.size import KINDS
from lading.report.table import Column, render
from lading.report.text import paint, printable, size

_COLUMNS = (Column("the other", right=True), Column("this", right=True))


def render_text(
    name: str, other: str, found: Comparison, *, platform: str, top: int = 15, colour: bool = False, width: int = 80
) -> str:
    """The measures of both, then the `top` largest differences. No line end at the end."""
    head = [f"{paint(printable(name), 'bold', colour)}  {platform}", f"against {printable(other)}"]
    measures = render(
        (Column(""), *_COLUMNS, Column("reduction", right=True)), list(_measures(found)), width=width, colour=colour
    )
    parts = [head, measures]
    if found.differences:
        parts.append(_differences(found, top, colour, width))
    return "\n\n".join("\n".join(lines) for lines in parts)


def render_json(name: str, other: str, found: Comparison, *, platform: str) -> str:
    """All measures with their reductions (parts of 1), and all differences; sizes in bytes."""
    measures = {
        field: {"image": pair.image, "other": pair.other, "reduction": round(pair.reduction, 4)}
        for field, pair in _pairs(found)
    }
    told = {
        "image": name,
        "other": other,
        "platform": platform,
        **measures,
        "differences": [
            {"kind": one.kind, "name": one.name, "image": one.bytes.image, "other": one.bytes.other}
            for one in found.differences
        ],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _pairs(found: Comparison) -> Iterator[tuple[str, Pair]]:
    for field in ("unpacked", "size", "files", "packages", "layers"):
        yield field, getattr(found, field)


def _measures(found: Comparison) -> Iterator[Sequence[str]]:
    yield "on disk", size(found.unpacked.other), size(found.unpacked.image), _percent(found.unpacked)
    yield "compressed", size(found.size.other), size(found.size.image), _percent(found.size)
    for field, pair in _pairs(found):
        if field not in ("unpacked", "size"):
            yield field, f"{pair.other:,}", f"{pair.image:,}", _percent(pair)


def _differences(found: Comparison, top: int, colour: bool, width: int) -> list[str]:
    columns = (Column("largest differences", cut=True), Column("kind"), *_COLUMNS, Column("saved", right=True))
    rows = [
        (one.name, KINDS[one.kind], size(one.bytes.other), size(one.bytes.image), _signed(one.bytes.saved))
        for one in found.differences[:top]
    ]
    return render(columns, rows, width=width, colour=colour)


def _percent(pair: Pair) -> str:
    return f"{round(100 * pair.reduction)}%" if pair.other else ""  # a whole number has no -0


def _signed(saved: int) -> str:
    return size(saved) if saved >= 0 else f"-{size(-saved)}"
