"""Which services have changed since a commit, and why."""

from collections.abc import Iterator

from lading.assemble.inputs import Affected, Changes
from lading.assemble.result import Reason
from lading.report.build import MOST_REASONS, told_reason
from lading.report.text import count, paint, printable

_FIRST = 1
"""Reasons that are told of a service unless all are asked for."""


def render_affected(found: Changes, *, explain: bool = False, colour: bool = False) -> list[str]:
    """The lines: each affected service with what has changed, then how many there are."""
    most = MOST_REASONS if explain else _FIRST
    lines = [line for one in found.affected for line in _service(one, most, colour)]
    total = count(len(found.affected) + len(found.unaffected), "service")
    lines += [f"gone since then: {printable(', '.join(found.gone))}"] if found.gone else []
    return [*lines, *([""] if lines else []), f"{len(found.affected)} of {total} affected since {found.since[:12]}"]


def _service(one: Affected, most: int, colour: bool) -> Iterator[str]:
    yield paint(printable(one.service), "bold", colour)
    if one.new:
        yield "  it is new"
    if one.refused:
        yield f"  it could not be built then: {printable(one.refused)}"
    # What is of the source tells more than what follows from it.
    ordered = sorted(one.reasons, key=_length)
    for reason in ordered[:most]:
        yield f"  {printable(_short(reason))}"
    if len(ordered) > most:
        yield f"  and {count(len(ordered) - most, 'more change')}"


def _length(reason: Reason) -> tuple[bool, int, str]:
    return reason.input.startswith("plan: "), len(reason.before) + len(reason.after), reason.input


_LONGEST = 100


def _short(reason: Reason) -> str:
    told = told_reason(reason)
    return told if len(told) <= _LONGEST else f"{reason.input} changed"
