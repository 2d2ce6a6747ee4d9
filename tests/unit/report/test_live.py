import io
import subprocess
import sys
import threading

import pytest

from lading.assemble.result import Noted, StepBegan, StepEnded, StepMoved
from lading.report import live
from lading.report.live import HEARTBEAT, view

BEGAN = StepBegan(step="dependencies", platform="linux/amd64")
FETCHED = StepMoved(step="dependencies", platform="linux/amd64", doing="fetch", done=47, total=47, unit="packages")
HALF = StepMoved(step="dependencies", platform="linux/amd64", doing="fetch", done=12, total=47, unit="packages")
ENDED = StepEnded(step="dependencies", platform="linux/amd64", reused=False, seconds=3.14)


class Screen:
    """A place to write to, as the command line's context is one."""

    def __init__(self, *, terminal: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.err = io.StringIO()
        self.terminal = terminal
        self.err_colour = False
        self.quiet = quiet
        self.verbose = verbose


def test_plain_lines_tell_what_was_made() -> None:
    screen = Screen()
    with view(screen) as shown:
        listen = shown.of("riskshield")
        for event in (BEGAN, HALF, FETCHED, ENDED, Noted(text="no bytecode")):
            listen(event)
        shown(StepEnded(step="base", platform="linux/arm64", reused=True, seconds=0.01))
    assert screen.err.getvalue().splitlines() == [
        "[riskshield linux/amd64] dependencies: 47 packages fetched",
        "[riskshield linux/amd64] dependencies: done in 3.1 s",
        "[riskshield] note: no bytecode",
    ]


def test_what_takes_long_gives_a_sign_of_life() -> None:
    screen, now = Screen(), [0.0]
    lines = live._Lines(screen, lambda: now[0])
    for at in (0.0, HEARTBEAT - 1, HEARTBEAT + 1, HEARTBEAT + 2):
        now[0] = at
        lines(HALF)
    assert screen.err.getvalue() == "[linux/amd64] dependencies: fetching 12 of 47 packages\n"


def test_quiet_shows_nothing() -> None:
    screen = Screen(terminal=True, quiet=True)
    with view(screen) as shown:
        shown(Noted(text="x"))
        shown.of("a")(ENDED)
    assert screen.err.getvalue() == ""


def test_a_verbose_build_has_plain_lines() -> None:
    screen = Screen(terminal=True, verbose=True)
    with view(screen) as shown:
        shown(ENDED)
    assert screen.err.getvalue() == "[linux/amd64] dependencies: done in 3.1 s\n"


def test_a_short_build_shows_nothing_on_a_terminal_and_imports_no_rich() -> None:
    code = (
        "import sys, types\n"
        "from lading.report.live import view\n"
        "from lading.assemble.result import StepBegan\n"
        "screen = types.SimpleNamespace(err=sys.stderr, terminal=True, err_colour=True, quiet=False, verbose=False)\n"
        "with view(screen) as shown:\n"
        "    shown(StepBegan(step='base', platform='linux/amd64'))\n"
        "print(any(name.split('.')[0] == 'rich' for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_long_build_is_redrawn_and_leaves_no_debris(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    screen = Screen(terminal=True)
    with view(screen) as shown:
        shown.of("riskshield")(HALF)
        shown._timer.join()  # type: ignore[attr-defined]  # the moment at which the live view appears
        shown.of("riskshield")(Noted(text="no bytecode"))
        shown._live.refresh()  # type: ignore[attr-defined]
    text = screen.err.getvalue()
    assert "fetching 12 of 47 packages" in text
    assert "[riskshield] note: no bytecode" in text
    hidden, cleared, back = text.index("\x1b[?25l"), text.rindex("\x1b[2K"), text.rindex("\x1b[?25h")
    assert hidden < cleared
    assert hidden < back
    assert text[cleared:].replace("\x1b[?25h", "").strip() == "\x1b[2K"


def test_an_interrupted_build_gives_the_cursor_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    screen = Screen(terminal=True)

    def interrupted() -> None:
        with view(screen) as shown:
            shown(HALF)
            shown._timer.join()  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert screen.err.getvalue().rindex("\x1b[?25h") > screen.err.getvalue().rindex("\x1b[?25l")


def test_no_thread_is_left_behind() -> None:
    with view(Screen(terminal=True)) as shown:
        shown(BEGAN)
    assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())


def test_a_closed_stream_stops_no_build() -> None:
    screen = Screen()
    screen.err.close()
    with view(screen) as shown:
        shown(ENDED)
