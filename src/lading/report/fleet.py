"""Many builds on one page: a line for each service, and what is to be told of them beneath."""

from collections.abc import Iterator, Sequence

from lading.assemble.result import BuildReport
from lading.digest import hex_of
from lading.report.build import percent, render_text
from lading.report.table import Column, render
from lading.report.text import count, duration, paint, printable, size

FEW = 3
"""Services that are told of one by one, each layer on a line."""

_COLUMNS = (
    Column("service", cut=True),
    Column("digest"),
    Column("compressed", right=True),
    Column("unpacked", right=True),
    Column("budget", right=True),
    Column("", cut=True),
    Column("time", right=True),
)
_DIGEST = 12
"""Letters of a digest that tell it from others; the whole one is in `--quiet` and `--format json`."""


def render_reports(
    reports: Sequence[BuildReport], *, took: str, explain: bool = False, colour: bool = False, width: int = 80
) -> str:
    """What a build made: of a few services each layer, of many a line each. `took` is the time of all together; see
    `render_text`."""
    if len(reports) > FEW and not explain:
        return render_fleet(reports, took=took, colour=colour, width=width)
    alone = took if len(reports) == 1 else ""
    return "\n".join(render_text(one, explain=explain, colour=colour, width=width, took=alone) for one in reports)


def render_fleet(reports: Sequence[BuildReport], *, took: str, colour: bool = False, width: int = 80) -> str:
    """What a build of many services made, at most `width` columns wide. `took` is the time of all together."""
    rows = [_row(one) for one in reports]
    shown = [at for at, column in enumerate(_COLUMNS) if column.title != "budget" or any(row[at] for row in rows)]
    columns = [_COLUMNS[at] for at in shown]
    lines = render(columns, [[row[at] for at in shown] for row in rows], width=width, colour=colour)
    lines += ["", *_notes(reports, colour), *_delivered(reports)]
    made = sum(any(not step.reused for step in one.steps) for one in reports)
    told = "nothing changed: all was reused," if not made else f"made {made:,} of {count(len(reports), 'service')}"
    return "\n".join([*lines, f"{told} in {took}"])


def _row(one: BuildReport) -> Sequence[str]:
    compressed, unpacked = (sum(getattr(part, what) for part in one.platforms) for what in ("size", "unpacked"))
    largest = max(part.unpacked for part in one.platforms)
    made = list(dict.fromkeys(step.step for step in one.steps if not step.reused))
    return (
        one.service,
        hex_of(one.digest)[:_DIGEST],
        size(compressed),
        size(unpacked) if unpacked > 0 else "",
        percent(largest, one.budget) if one.budget and largest > 0 else "",
        ", ".join(made) or "reused",
        duration(one.seconds) if made else "",
    )


def _notes(reports: Sequence[BuildReport], colour: bool) -> Iterator[str]:
    """Each note once, with the services that it is about."""
    about: dict[str, list[str]] = {}
    for one in reports:
        for note in one.notes:
            about.setdefault(note, []).append(one.service)
    for note, services in about.items():
        named = ", ".join(services) if len(services) <= FEW else count(len(services), "service")
        yield f"{paint('note', 'yellow', colour)}: {printable(named)}: {printable(note)}"


def _delivered(reports: Sequence[BuildReport]) -> Iterator[str]:
    for one in reports:
        yield from map(printable, one.delivered)
