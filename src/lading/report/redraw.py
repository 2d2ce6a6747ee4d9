"""The live view itself. The only module that imports rich; `lading.report.live` imports it when a build takes long."""

import time
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from lading.report.progress import Progress, Running, told
from lading.report.table import Column, render
from lading.report.text import duration

MOST_LINES = 10
"""Lines of the view at most, so that it fits any terminal and leaves the eye in peace."""
FRAMES_PER_SECOND = 8
BAR = 16
"""Columns of a bar."""


def live(stream: TextIO, colour: bool, progress: Progress, began: float) -> Live:
    """A view of `progress` on a terminal, not yet started. `began` is when the build did (seconds, monotonic)."""
    console = Console(file=stream, force_terminal=True, no_color=not colour, highlight=False, soft_wrap=False)
    return Live(
        _Picture(progress, began, Spinner("dots" if console.encoding.startswith("utf") else "line")),
        console=console,
        refresh_per_second=FRAMES_PER_SECOND,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _Picture:
    """What is drawn anew for each frame."""

    def __init__(self, progress: Progress, began: float, spinner: Spinner) -> None:
        self._progress = progress
        self._began = began
        self._spinner = spinner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        running, done = self._progress.snapshot()
        now = time.monotonic()
        room = max(1, min(MOST_LINES, options.max_height) - 1)
        # Sorted, so that a line stays where it is while its neighbours come and go.
        shown = sorted(running) if len(running) <= room else sorted(running)[:room]
        for line in lines(shown, now, options.max_width):
            yield Text(line, no_wrap=True, overflow="crop")
        words = [f"{len(running)} under way", f"{done} done", duration(now - self._began)]
        if len(running) > len(shown):
            words.insert(1, f"{len(running) - len(shown)} of them not shown")
        head = self._spinner.render(now)
        yield Text.assemble(head if isinstance(head, Text) else "", " ", Text(", ".join(words), style="dim"))


def lines(running: Sequence[Running], now: float, width: int) -> list[str]:
    """A line for each step, all aligned, at most `width` columns wide; bars where there is room for them."""
    bars = width >= 100
    columns = [Column("", cut=True), Column(""), Column("", cut=True), Column("", right=True)]
    if bars:
        columns.insert(2, Column(""))
    rows = [
        (
            step.key.image,
            step.key.step,
            *((_bar(step),) if bars else ()),
            told(step.moved) if step.moved else "",
            duration(now - step.began),
        )
        for step in running
    ]
    return render(columns, rows, width=width - 1)


def _bar(step: Running) -> str:
    if step.moved is None or not step.moved.total:
        return ""
    full = BAR * min(step.moved.done, step.moved.total) // step.moved.total
    return "━" * full + "─" * (BAR - full)
