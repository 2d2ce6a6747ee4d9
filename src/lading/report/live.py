"""A build while it runs: redrawn lines on a terminal, plain lines everywhere else.

The live view needs rich, whose import costs as much as half a build with nothing changed. So it appears only when a
build has run for `PATIENCE`, and until then nothing of rich is imported.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from lading.assemble.result import Event, Noted, StepBegan, StepEnded, StepMoved
from lading.report.progress import Key, Progress, told
from lading.report.text import duration, paint, printable

if TYPE_CHECKING:
    from rich.live import Live

PATIENCE = 0.2
"""Seconds that a build may run before the live view appears."""
HEARTBEAT = 10.0
"""Seconds between plain lines about one step that takes long: logs of a CI that say nothing look like a hang."""


class Screen(Protocol):
    """What a view needs to know of where it writes (the command line's context is one)."""

    @property
    def err(self) -> TextIO:
        """Where progress goes."""

    @property
    def terminal(self) -> bool:
        """Whether lines of `err` can be redrawn."""

    @property
    def err_colour(self) -> bool:
        """Whether `err` takes colours."""

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be shown."""

    @property
    def verbose(self) -> bool:
        """Whether commands are echoed to `err`: they and redrawn lines would spoil each other."""


class View(Protocol):
    """A listener for events of a build; `of` gives one whose lines name the service. Safe to use from many threads."""

    def __call__(self, event: Event) -> None:
        """Show one event."""

    def of(self, service: str) -> Callable[[Event], None]:
        """A listener for the events of one service of several."""


@contextmanager
def view(screen: Screen) -> Iterator[View]:
    """The view that suits the screen, for as long as the build runs. Nothing of a live view is left behind."""
    if screen.quiet:
        yield _Quiet()
    elif screen.terminal and not screen.verbose:
        live = _Redrawn(screen)
        try:
            yield live
        finally:
            live.close()
    else:
        yield _Lines(screen)


class _Base:
    """What all views share: events without a service's name."""

    def __call__(self, event: Event) -> None:
        self.show("", event)

    def of(self, service: str) -> Callable[[Event], None]:
        return lambda event: self.show(service, event)

    def show(self, service: str, event: Event) -> None:
        raise NotImplementedError


class _Quiet(_Base):
    """Shows nothing."""

    def show(self, service: str, event: Event) -> None:
        del service, event


class _Lines(_Base):
    """One line for what was made, and a heartbeat for what takes long. What was reused is told by the result."""

    def __init__(self, screen: Screen, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[Key, float] = {}

    def show(self, service: str, event: Event) -> None:
        if isinstance(event, Noted):
            self._print(f"{_prefix(service)}{_note(event, self._screen.err_colour)}")
            return
        key = Key(service, event.platform, event.step)
        with self._lock:
            line = self._line(key, event)
        if line:
            self._print(f"{_prefix(key.image)}{printable(key.step)}: {line}")

    def _line(self, key: Key, event: StepBegan | StepMoved | StepEnded) -> str:
        now = self._clock()
        last = self._told.setdefault(key, now)
        match event:
            case StepBegan():
                return ""
            case StepEnded():
                self._told.pop(key, None)
                return "" if event.reused else f"done in {duration(event.seconds)}"
            case StepMoved():
                complete = event.total > 0 and event.done >= event.total
                if not complete and now - last < HEARTBEAT:
                    return ""
                self._told[key] = now
                return told(event)

    def _print(self, line: str) -> None:
        _write(self._screen.err, f"{line}\n")


class _Redrawn(_Base):
    """Lines that rich redraws, from `PATIENCE` on. An event itself costs a few microseconds."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._progress = Progress(time.monotonic)
        self._began = time.monotonic()
        self._notes: list[str] = []
        self._live: Live | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._timer = threading.Timer(PATIENCE, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def show(self, service: str, event: Event) -> None:
        if not isinstance(event, Noted):
            self._progress.hear(service, event)
            return
        line = f"{_prefix(service)}{_note(event, self._screen.err_colour)}"
        with self._lock:
            if self._live is None:
                _write(self._screen.err, f"{line}\n")
            else:
                from rich.text import Text

                self._live.console.print(Text.from_ansi(line))

    def close(self) -> None:
        """Take the live view away, or see to it that it never appears."""
        self._timer.cancel()
        with self._lock:
            self._closed = True
            if self._live is not None:
                self._live.stop()
        if threading.current_thread() is not self._timer:
            self._timer.join()

    def _appear(self) -> None:
        # Imported outside the lock: events go on being heard meanwhile.
        from lading.report.redraw import live

        with self._lock:
            if not self._closed:
                self._live = live(self._screen.err, self._screen.err_colour, self._progress, self._began)
                self._live.start()


def _prefix(image: str) -> str:
    return f"[{printable(image)}] " if image else ""


def _note(event: Noted, colour: bool) -> str:
    return f"{paint('note', 'yellow', colour)}: {printable(event.text)}"


def _write(stream: TextIO, text: str) -> None:
    """Write progress; a listener must not raise, and a closed stream is no reason to stop a build."""
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        pass
