"""Findings for a terminal: the lines at fault, marked, with what made them so."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lading.finding import SEVERITIES, Finding, Place, Severity, Span, rule_name
from lading.report.findings.model import Findings
from lading.report.text import count, paint, printable

TYPE_CHECKING = False  # as in `lading.report.text`
if TYPE_CHECKING:
    from lading.report.text import Colour

_COLOURS: "Mapping[Severity, Colour]" = {"error": "red", "warning": "yellow", "info": "blue"}
_NARROWEST = 20
"""Columns of a source line that are shown, however narrow the terminal is."""


class _Look(NamedTuple):
    colour: bool
    width: int


def render_text(found: Findings, *, colour: bool = False, width: int = 80) -> str:
    """Each finding with its lines, then how many there are. Source lines are cut to `width` columns."""
    look = _Look(colour, width)
    blocks = ["\n".join(_finding(one, found.sources, look)) for one in found.findings]
    return "\n\n".join([*blocks, "\n".join(_end(found, colour))])


def _finding(finding: Finding, sources: Mapping[str, str], look: _Look) -> Iterator[str]:
    severity = paint(finding.severity, _COLOURS[finding.severity], look.colour)
    at = paint(_at(finding.place), "bold", look.colour)
    rule = paint(f"[{printable(rule_name(finding))}]", "dim", look.colour)
    yield f"{at}: {severity}: {printable(finding.message)} {rule}"
    yield from _frame(finding.place, sources, look)
    for one in finding.because:
        shown = list(_frame(one.place, sources, look))
        yield f"  {printable(one.text)}" + ("" if shown else f" ({_at(one.place)})")
        yield from shown
    if finding.fix:
        yield f"  fix: {printable(finding.fix.title)} (--fix)"
    elif finding.help:
        yield f"  do: {printable(finding.help)}"


def _at(place: Place) -> str:
    """A place on one line, whatever its file is called."""
    return printable(place.written).replace("\n", "\\n")


def _frame(place: Place, sources: Mapping[str, str], look: _Look) -> Iterator[str]:
    """The first line of a span with a mark below the part that is meant; nothing for a file whose text is not there."""
    if place.span is None:
        if place.layer:
            yield f"       in the layer {printable(place.layer)}"
        return
    lines = sources.get(place.path, "").split("\n")
    if not 0 < place.span.line <= len(lines):
        return
    line, mark = _window(lines[place.span.line - 1].rstrip("\r"), place.span, max(_NARROWEST, look.width - 8))
    bar = paint("│", "dim", look.colour)
    yield f" {place.span.line:>4} {bar} {line}".rstrip()
    yield f"      {bar} {paint(mark, 'green', look.colour)}".rstrip()


def _window(line: str, span: Span, room: int) -> tuple[str, str]:
    """The part of a line that fits, and the marks below it. What a character takes when it is escaped is counted."""
    start = max(0, span.column - 1)
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    cells = [printable(char).replace("\t", " ") for char in line]
    shift = max(0, min(start - 4, len(cells) - room)) if len(cells) > room else 0
    shown = "".join(cells[shift:])[:room]
    before = sum(len(cell) for cell in cells[shift:start])
    marked = max(1, sum(len(cell) for cell in cells[start:end]))
    return shown, (" " * before + "^" * marked)[:room]


def summary(found: Findings, *, colour: bool = False) -> str:
    """How many there are of each severity: `1 error, 3 warnings in 2 files`."""
    numbers = {level: sum(one.severity == level for one in found.findings) for level in SEVERITIES}
    told = [
        paint(count(number, level) if level != "info" else f"{number} info", _COLOURS[level], colour)
        for level, number in numbers.items()
        if number
    ]
    looked = count(len(found.looked_at), found.noun)
    return f"{', '.join(told) or 'nothing found'} in {looked}"


def _end(found: Findings, colour: bool) -> Iterator[str]:
    yield summary(found, colour=colour)
    mended = sum(one.fix is not None for one in found.findings)
    if mended:
        yield f"{mended} of them can be mended by --fix; --fix --diff shows how"
    if found.suppressed:
        yield f"{count(len(found.suppressed), 'finding')} left out: by comment, setting or baseline"
