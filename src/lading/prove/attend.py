"""A container while it runs: signals passed on, its health asked, its end awaited."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired, run
from types import FrameType
from typing import IO

from lading.errors import LadingError, StepFailed, Unavailable, UsageError
from lading.oci.documents import RunConfig
from lading.proc import LAST_LINES, Runner
from lading.prove.container import Container, Request, Runtime

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
PATIENCE = 15.0
"""Seconds that a container gets to end before it is killed: more than the ten that the runtimes give the process."""
PAUSE = 0.05
"""Seconds between two health checks of a container that is just starting."""
TOUCH_EVERY = 3600.0
"""Seconds. `prune` takes what was not touched for a day for unused."""
IMPATIENT = 3
"""So many interruptions kill the container, as with Docker's own client."""

Attend = Callable[[Container, "Popen[bytes]"], int]
"""What is done with a container that runs; the exit code."""


def run_container(
    request: Request,
    runtimes: Sequence[Runtime],
    *,
    runner: Runner,
    attend: Attend,
    say: Callable[[str], None],
    output: IO[bytes] | None = None,
) -> int:
    """Run a request with the first runtime that can; the exit code that `attend` gives.

    `say` hears which runtime it is and what spoke against the ones before. Raises `Unavailable` when none can.
    """
    against: list[str] = []
    for runtime in runtimes:
        problem = runtime.problem(request)
        if not problem:
            with ended_by_signals(), runtime.container(request) as container:
                for line in against:
                    say(line)
                at = f" at {container.address}" if container.address else ""
                say(f"{request.name} runs with {runtime.name}{at}")
                process = runner.start(container.run, output=output)
                code = _attended(container, process, attend, runner)
                problem = container.not_started() if process.returncode else ""
            if not problem:
                return code
        against.append(f"{runtime.name}: {problem}")
    told = "\n".join(f"  | {line}" for line in against)
    raise Unavailable(f"nothing here can run {request.name}\n{told}", fix="lading doctor says what to do")


def _attended(container: Container, process: "Popen[bytes]", attend: Attend, runner: Runner) -> int:
    try:
        return attend(container, process)
    except LadingError:
        # What went wrong may be that the container never started; then another runtime is asked instead.
        if process.poll() and container.not_started():
            return process.returncode
        raise
    finally:
        end(container, process, runner)


def attend_to_the_end(container: Container, process: "Popen[bytes]") -> int:
    """Pass signals on until the container ends by itself; its exit code."""
    with forwarding(process, container):
        while True:
            try:
                return exit_code(process.wait(TOUCH_EVERY))
            except TimeoutExpired:
                container.touch()


def wait_healthy(
    container: Container, process: "Popen[bytes]", *, runner: Runner, timeout: float, log: Path | None = None
) -> float:
    """Ask the image's own health check until it passes; the seconds that took.

    Raises `UsageError` when the image has none, `StepFailed` when the container ends or `timeout` (seconds) is over;
    `log` is shown then.
    """
    command = health_command(container.config)
    began = time.monotonic()
    while process.poll() is None:
        asked = runner.run([*container.inside, *command])
        if asked.code == 0:
            return time.monotonic() - began
        if time.monotonic() - began > timeout:
            last = (asked.err.strip() or asked.out.strip()).splitlines()[-1:]
            raise StepFailed(
                f"it was not healthy within {timeout:g} seconds{_quoted(last)}{_end_of(log)}",
                where=f"health check: {' '.join(command)}"[:300],
                fix="--timeout gives it longer",
            )
        time.sleep(PAUSE)
    raise StepFailed(f"it ended with exit code {exit_code(process.returncode)} before it was healthy{_end_of(log)}")


def health_command(config: RunConfig) -> list[str]:
    """The command of the image's health check (Docker's extension of the configuration)."""
    test = list(config.healthcheck.test) if config.healthcheck else []
    match test:
        case ["CMD", *command] if command:
            return command
        case ["CMD-SHELL", line]:
            return ["/bin/sh", "-c", line]
    raise UsageError("the image has no health check", fix="add one to lading.toml, or leave out --wait-healthy")


def end(container: Container, process: "Popen[bytes]", runner: Runner) -> None:
    """Stop a container that still runs, with its own stop signal first."""
    for command in (container.stop, container.kill):
        if process.poll() is not None:
            return
        runner.run(command)
        try:
            process.wait(PATIENCE)
        except TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait()


@contextmanager
def forwarding(process: "Popen[bytes]", container: Container) -> Iterator[None]:
    """Pass signals of this process on to the container's, the third interruption as a kill."""
    interruptions = 0

    def forward(number: int, frame: FrameType | None) -> None:
        nonlocal interruptions
        del frame
        interruptions += number == signal.SIGINT
        if interruptions >= IMPATIENT:
            run(container.kill, stdin=DEVNULL, capture_output=True, check=False)
        elif process.returncode is None:
            process.send_signal(number)

    with _handled(FORWARDED, forward):
        yield


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the signals that end a program end it in order, so that no container is left behind."""

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        raise KeyboardInterrupt(number)

    with _handled((signal.SIGTERM, signal.SIGHUP), leave):
        yield


@contextmanager
def _handled(numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def exit_code(code: int) -> int:
    """The code of a process as shells report it: 128 and the signal's number for one that a signal ended."""
    return 128 - code if code < 0 else code


def _end_of(log: Path | None) -> str:
    if log is None:
        return ""
    return _quoted(log.read_text(errors="replace").splitlines()[-LAST_LINES:])


def _quoted(lines: Sequence[str]) -> str:
    return "".join(f"\n  | {line}" for line in lines)
