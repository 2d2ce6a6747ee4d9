import io

import pytest

from lading.assemble.result import StepBegan, StepMoved
from lading.report.progress import Key, Progress, Running
from lading.report.redraw import MOST_LINES, lines, live


def running(service: str) -> Running:
    event = StepMoved(step="dependencies", platform="linux/amd64", doing="fetch", done=12, total=48, unit="packages")
    return Running(Key(service, "linux/amd64", "dependencies"), 1.0, event)


def test_a_line_has_a_bar_where_there_is_room() -> None:
    assert lines([running("riskshield")], 3.5, 120) == [
        "riskshield linux/amd64  dependencies  ━━━━────────────  fetching 12 of 48 packages  2.5 s"
    ]
    assert lines([running("riskshield")], 3.5, 81) == [
        "riskshield linux/amd64  dependencies  fetching 12 of 48 packages  2.5 s"
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_fit_the_terminal(width: int) -> None:
    assert all(len(line) < width for line in lines([running("a" * 90), running("b")], 1e6, width))


def test_many_steps_do_not_flood_the_terminal() -> None:
    progress = Progress(lambda: 0.0)
    for number in range(40):
        progress.hear(f"service{number}", StepBegan(step="base", platform="linux/amd64"))
    stream = io.StringIO()
    view = live(stream, False, progress, 0.0)
    view.console.print(view.renderable)
    told = stream.getvalue().strip().splitlines()
    assert len(told) == MOST_LINES
    assert "40 under way, 31 of them not shown, 0 done" in told[-1]
