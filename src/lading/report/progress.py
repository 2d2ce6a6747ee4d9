"""What is under way in a build, kept from its events: the state that a view shows. Pure but for a lock."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from lading.assemble.result import Event, Noted, StepBegan, StepEnded, StepMoved
from lading.report.text import count, size


class Key(NamedTuple):
    """A step of one image: the service (or empty), the platform and the step's name."""

    service: str
    platform: str
    step: str

    @property
    def image(self) -> str:
        """Whose step it is: `riskshield linux/amd64`."""
        return " ".join(part for part in (self.service, self.platform) if part)


class Running(NamedTuple):
    """A step under way: when it began (seconds of the clock) and the last that was heard of it."""

    key: Key
    began: float
    moved: StepMoved | None = None


class Progress:
    """The steps under way, in the order in which they began, and how many are done. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[Key, Running] = {}
        self._done = 0

    def hear(self, service: str, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, Noted):
            return
        key = Key(service, event.platform, event.step)
        with self._lock:
            match event:
                case StepEnded():
                    self._running.pop(key, None)
                    self._done += 1
                case StepBegan() | StepMoved():
                    began = self._running[key].began if key in self._running else self._clock()
                    moved = event if isinstance(event, StepMoved) else None
                    self._running[key] = Running(key, began, moved)

    def snapshot(self) -> tuple[tuple[Running, ...], int]:
        """The steps under way, and the number of steps that are done."""
        with self._lock:
            return tuple(self._running.values()), self._done


DOING = {
    "fetch": ("fetching", "fetched"),
    "install": ("installing", "installed"),
    "compile": ("compiling", "compiled"),
    "pack": ("packing", "packed"),
    "push": ("pushing", "pushed"),
    "load": ("loading", "loaded"),
    "write": ("writing", "written"),
}
"""What a step does, while it does it and afterwards."""


def told(moved: StepMoved) -> str:
    """A movement in words: `fetching 12 of 47 packages`, or `47 packages fetched` when it is complete."""
    present, past = DOING[moved.doing]
    if moved.total and moved.done >= moved.total:
        return f"{_amount(moved.total, moved)} {past}"
    if moved.unit == "bytes":
        return f"{present} {size(moved.done)}" + (f" of {size(moved.total)}" if moved.total else "")
    return f"{present} {moved.done:,} of {_amount(moved.total, moved)}" if moved.total else present


def _amount(number: int, moved: StepMoved) -> str:
    return size(number) if moved.unit == "bytes" else count(number, moved.unit.removesuffix("s"))
