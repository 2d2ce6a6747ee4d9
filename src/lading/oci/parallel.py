"""Several transfers at once: a handful of threads, and the first error ends them all."""

import threading
from collections.abc import Callable, Sequence

WORKERS = 4
"""Transfers at once: what go-containerregistry and Docker settled on; more gains little and angers registries."""


class Stopped(Exception):  # not an error: told to the other workers when one has failed
    """Raised inside a task that should end because another one failed."""


def run_all(tasks: Sequence[Callable[[], None]], stop: threading.Event, *, workers: int = WORKERS) -> None:
    """Run every task, `workers` of them at a time, the calling thread being one of the workers.

    When one raises, `stop` is set (long tasks look at it), no further task starts, and its error is raised.
    """
    waiting = list(reversed(tasks))
    errors: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        while not stop.is_set():
            with lock:
                task = waiting.pop() if waiting else None
            if task is None:
                return
            try:
                task()
            except Stopped:
                return
            except BaseException as error:  # noqa: BLE001  # handed to the caller, whatever it is
                errors.append(error)
                stop.set()

    # Daemons: an interrupt of the program must not wait for an upload to end.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(tasks)) - 1)]
    for thread in threads:
        thread.start()
    try:
        work()
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set()
        raise
    if errors:
        raise errors[0]
