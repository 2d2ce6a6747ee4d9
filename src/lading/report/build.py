"""The result of a build as text for people and as JSON for machines."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lading.assemble.result import BuildReport, LayerReport, PlatformReport, Reason, StepReport
from lading.report.table import RULE, Column, render
from lading.report.text import count, duration, paint, printable, size

_LAYER_COLUMNS = (
    Column("layer", cut=True),
    Column("compressed", right=True),
    Column("unpacked", right=True),
    Column("files", right=True),
    Column(""),
)


def render_text(
    report: BuildReport, *, explain: bool = False, colour: bool = False, width: int = 80, took: str = ""
) -> str:
    """What one build made, with tables at most `width` columns wide. No line end at the end.

    With `explain`, each step tells whether it was reused and, if not, which input changed. `took` stands for the
    report's own time where that is told otherwise.
    """
    parts = [_head(report, colour), _layers(report, colour, width)]
    if explain:
        parts.append(_explain(report.steps, colour, width))
    parts.append(_end(report, colour, took or duration(report.seconds)))
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def render_json(reports: Sequence[BuildReport]) -> str:
    """The builds as JSON: `{"builds": […]}`, each with the fields of `BuildReport` (bytes and seconds)."""
    return msgspec.json.format(msgspec.json.encode({"builds": list(reports)}), indent=2).decode()


def _head(report: BuildReport, colour: bool) -> list[str]:
    return [paint(printable(report.image), "bold", colour), str(report.digest)]


def _layers(report: BuildReport, colour: bool, width: int) -> list[str]:
    several = len(report.platforms) > 1
    rows: list[Sequence[str]] = []
    for platform in report.platforms:
        if several:
            rows.append((platform.platform,))
        rows += [_layer_row(layer, "  " if several else "") for layer in platform.layers]
        rows += [RULE, _total_row(platform, report.budget, "  " if several else "")]
    return render(_LAYER_COLUMNS, rows, width=width, colour=colour)


def _layer_row(layer: LayerReport, indent: str) -> Sequence[str]:
    made = {True: "reused", False: "made", None: ""}[layer.reused]
    unknown = layer.files < 0  # the layers of an image base are not opened
    unpacked, files = ("", "") if unknown else (size(layer.unpacked), f"{layer.files:,}")
    return indent + layer.title, size(layer.size), unpacked, files, made


def _total_row(platform: PlatformReport, budget: int | None, indent: str) -> Sequence[str]:
    if all(layer.files < 0 for layer in platform.layers):
        return f"{indent}total", size(platform.size), "", "", ""
    files = sum(max(0, layer.files) for layer in platform.layers)
    share = f"{percent(platform.unpacked, budget)} of {size(budget, short=True)}" if budget else ""
    return f"{indent}total", size(platform.size), size(platform.unpacked), f"{files:,}", share


def percent(part: int, whole: int) -> str:
    """A share in words. Rounded up, so that 100% is never shown for what is over the budget by a little."""
    return f"{-(-100 * part // whole)}%"


def _end(report: BuildReport, colour: bool, took: str) -> list[str]:
    lines = [f"{paint('note', 'yellow', colour)}: {printable(note)}" for note in report.notes]
    if report.within_budget is False and report.budget is not None:
        largest = max(platform.unpacked for platform in report.platforms)
        over = f"{size(largest)} on disk, {size(largest - report.budget)} over the budget of "
        over += size(report.budget, short=True)
        lines.append(f"{paint('over budget', 'red', colour)}: {over}")
        lines.append(f"  do: lading size {printable(report.service)}")
    lines += [f"{printable(place)}" for place in report.delivered]
    lines.append(f"{_reuse(report.steps)} in {took}")
    return lines


def _reuse(steps: Sequence[StepReport]) -> str:
    made = list(dict.fromkeys(step.step for step in steps if not step.reused))
    if not made:
        return "nothing changed: all was reused,"
    if any(step.reasons is None for step in steps):
        ran = sum(not step.reused for step in steps)
        return f"ran {ran:,} of {count(len(steps), 'step')}"
    kept, fresh = sum(step.kept for step in steps), sum(step.made for step in steps)
    told = f"made {_listed(made)}"
    return f"{told} ({count(fresh, 'segment')} made, {kept:,} reused)" if fresh or kept else told


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _explain(steps: Iterable[StepReport], colour: bool, width: int) -> list[str]:
    """One line a step, and below it one line for each input that is not what it was."""
    columns = (Column("step"), Column("platform"), Column(""), Column("time", right=True), Column("segments", cut=True))
    shown = list(steps)
    rows = [
        (step.step, step.platform, "reused" if step.reused else "made", duration(step.seconds), _segments(step))
        for step in shown
    ]
    head, *lines = render(columns, rows, width=width, colour=colour)
    told = [head]
    for step, line in zip(shown, lines, strict=True):
        told.append(line)
        told += [f"  {paint('because', 'dim', colour)} {reason}" for reason in _reasons(step)]
    return told


def _segments(step: StepReport) -> str:
    parts = [f"{step.made:,} made" if step.made else "", f"{step.kept:,} kept" if step.kept else ""]
    return ", ".join(part for part in parts if part)


MOST_REASONS = 8
"""Changed inputs that are told of one step; a step whose every input changed is not explained by a list of them."""


def _reasons(step: StepReport) -> Iterator[str]:
    if step.reused or step.reasons is None:
        return
    if step.first:
        yield "it is the first build"
    elif not step.reasons:
        yield "its result is no longer in the store"
    for reason in step.reasons[:MOST_REASONS]:
        yield printable(told_reason(reason))
    if len(step.reasons) > MOST_REASONS:
        yield f"of {len(step.reasons) - MOST_REASONS:,} more changes"


_DIGEST = re.compile(r"sha256:([0-9a-f]{12})[0-9a-f]{52}")


def told_reason(reason: Reason) -> str:
    """What happened to one input. A digest by itself says nothing to a person, and beside other words its beginning
    is enough."""
    before, after = reason.before, reason.after
    if bool(before) != bool(after):
        value = before or after
        shown = "" if _DIGEST.fullmatch(value) else f" {_short(value)}"
        return f"{reason.input}{shown} was {'removed' if before else 'added'}"
    if not before or (_DIGEST.fullmatch(before) and _DIGEST.fullmatch(after)):
        return f"{reason.input} changed"
    return f"{reason.input} {_short(before)} → {_short(after)}"


def _short(value: str) -> str:
    return _DIGEST.sub(r"sha256:\1…", value)
