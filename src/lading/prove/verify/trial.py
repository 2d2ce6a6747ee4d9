"""One run of the image: started, asked until it is well, looked at, and ended."""

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import NamedTuple

from msgspec.structs import replace

from lading.oci.documents import RunConfig
from lading.proc import LAST_LINES, Runner
from lading.prove.attend import end, exit_code, health_command
from lading.prove.container import Container, Request, Runtime, stop_signal
from lading.prove.verify import processes
from lading.prove.verify.ask import Connect, ask
from lading.prove.verify.door import inside, outside
from lading.prove.verify.model import Answer, Kind, Limits, Probe, Stop, Trial

PAUSE, LONGEST_PAUSE = 0.004, 0.25
"""Seconds between two questions to a container that is just starting, and to one that takes long."""
PART = 0.02
"""Of the time that has gone by, so much is waited until the next question."""
LOOK_EVERY = 0.002
"""Seconds between two looks at whether it has ended."""
SETTLE = 2.0
"""Seconds after which a process that serves nothing, and still runs, has started."""


UNSEEN = 15.0
"""Seconds until a process that cannot be seen is not waited for: a runtime that is this slow is elsewhere."""
SHORTEST_SECRET = 4
"""Characters of a value that is taken out of what a program wrote; shorter ones are words of any text."""


class NotStarted(Exception):
    """The runtime could not start the container, for this reason; another one may."""


class Course(NamedTuple):
    """What one trial is: the container that is asked for, what it is asked, and how long is waited.

    `once`: the process ends by itself, and is waited for. `secrets` are values that no report may hold.
    """

    kind: Kind
    process: str
    request: Request
    limits: Limits
    probe: Probe | None = None
    ready: str = ""
    gone: tuple[str, ...] = ()
    once: bool = False
    secrets: tuple[str, ...] = ()


def hold(course: Course, runtime: Runtime, *, runner: Runner, log: Path) -> Trial:
    """Run it; what was seen. Raises `NotStarted`, and whatever the runtime raises."""
    with log.open("wb") as output, runtime.container(course.request) as container:
        run = _Run(course, container, runner, runner.start(container.run, output=output))
        try:
            trial = run.watched()
        finally:
            end(container, run.process, runner)
        if run.process.returncode and (reason := container.not_started()):
            raise NotStarted(reason)
    return trial if trial.well else replace(trial, last=_last_lines(log, course.secrets))


class _Run:
    """A container from its start to its end."""

    def __init__(self, course: Course, container: Container, runner: Runner, process: "Popen[bytes]") -> None:
        self.process = process
        self._course = course
        self._container = container
        self._runner = runner
        self._began = time.monotonic()
        self._pid = 0

    def watched(self) -> Trial:
        """What there is to see."""
        course = self._course
        user = course.request.user or self._container.config.user
        trial = Trial(kind=course.kind, process=course.process, user=user, gone=course.gone)
        if course.once:
            self._wait(course.limits.patience)
        else:
            trial = self._while_it_runs(trial)
        if trial.stop or self.process.returncode is None:
            return trial
        return replace(trial, ended=exit_code(self.process.returncode))

    def _while_it_runs(self, trial: Trial) -> Trial:
        connect = self._door()
        health = self._until_well(connect)
        asked = time.monotonic()
        if self.process.poll() is not None:
            return replace(trial, health=health)
        trial = self._told(trial, health, asked)
        trial = replace(trial, check=self._check(), ready=self._ready(connect))
        if self._is_visible():
            trial = replace(trial, seen=processes.look(self._pid), memory=processes.memory(self._pid))
        if not self._course.request.read_only:
            trial = replace(trial, written=self._container.changes())
        return replace(trial, stop=self._stopped(connect))

    def _told(self, trial: Trial, health: Answer | None, asked: float) -> Trial:
        """The trial with its times: of the process where it can be seen, else of the command that runs it."""
        age = processes.age(self._pid) if self._is_visible() else None
        whole = asked - self._began
        if age is None:
            return replace(trial, health=health, healthy=whole if health and health.good else None)
        took = max(0.0, age - (time.monotonic() - asked))
        good = health is not None and health.good
        return replace(trial, health=health, start=max(0.0, whole - took), healthy=took if good else None)

    def _door(self) -> Connect | None:
        probe = self._course.probe
        if probe is None:
            return None
        if not self._course.request.isolated:
            return outside(self._container.address or f"127.0.0.1:{probe.port}")
        while not self._is_visible() and self.process.poll() is None and not self._over(UNSEEN):
            time.sleep(PAUSE)
        return inside(self._pid, probe.port) if self._is_visible() else None

    def _is_visible(self) -> bool:
        """Whether its first process can be seen from here. That of a remote engine cannot, though another one may have
        its number; no process of the container is older than the word to start it."""
        self._pid = self._pid or self._container.pid()
        age = processes.age(self._pid) if processes.visible(self._pid) else None
        return age is not None and age < time.monotonic() - self._began + 1

    def _until_well(self, connect: Connect | None) -> Answer | None:
        """Ask until the answer is good, the container ends, or nobody waits any more; the last answer. What has
        nothing to ask gets a while to fail in."""
        probe, answer = self._course.probe, None
        if not self._course.request.listens:
            self._wait(SETTLE)
            return None
        while self.process.poll() is None and not self._over(self._course.limits.patience):
            answer = (ask(probe, connect) if probe and connect else self._check()) or answer
            if answer and answer.good:
                return answer
            time.sleep(min(LONGEST_PAUSE, max(PAUSE, PART * (time.monotonic() - self._began))))
        return answer or Answer(good=False, said="no answer")

    def _check(self) -> Answer | None:
        """The image's own health check, run inside."""
        if not self._course.request.listens or not has_check(self._container.config):
            return None
        done = self._runner.run([*self._container.inside, *health_command(self._container.config)])
        said = (done.err.strip() or done.out.strip()).splitlines()[-1:] if done.code else []
        return Answer(good=done.code == 0, said=": ".join([f"exit code {done.code}", *said]))

    def _ready(self, connect: Connect | None) -> Answer | None:
        probe = self._course.probe
        if not (connect and probe and self._course.ready):
            return None
        asked = ask(Probe(port=probe.port, path=self._course.ready), connect)
        return asked or Answer(good=False, said="no answer")

    def _stopped(self, connect: Connect | None) -> Stop:
        """Ask it to end while somebody waits for an answer, and see how long that takes."""
        client = self._request_on_its_way(connect)
        began = time.monotonic()
        self._runner.run(self._container.ask)
        in_time = self._ends_within(self._course.limits.stop, began)
        seconds = time.monotonic() - began
        answered = _is_answered(client) if client else None
        end(self._container, self.process, self._runner)
        return Stop(
            signal=stop_signal(self._container.config),
            code=exit_code(self.process.returncode),
            seconds=seconds,
            in_time=in_time,
            answered=answered,
        )

    def _ends_within(self, seconds: float, began: float) -> bool:
        """Whether it ends in time. Looked at in the kernel where that can be: clients of engines take their time."""
        watch = self._is_visible()
        while time.monotonic() - began < seconds:
            if self.process.poll() is not None or (watch and not processes.alive(self._pid)):
                return True
            time.sleep(LOOK_EVERY)
        return False

    def _request_on_its_way(self, connect: Connect | None) -> socket.socket | None:
        """A connection that stays open, as a client's does, with a request that was just sent."""
        probe = self._course.probe
        if connect is None or probe is None or probe.protocol != "http":
            return None
        try:
            client = connect()
        except OSError:
            return None
        with suppress(OSError):
            client.sendall(f"GET {probe.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return client

    def _wait(self, seconds: float) -> None:
        with suppress(TimeoutExpired):
            self.process.wait(seconds)

    def _over(self, seconds: float) -> bool:
        return time.monotonic() - self._began > seconds


def has_check(config: RunConfig) -> bool:
    """Whether the image has a health check of its own; `NONE` takes away that of its base."""
    return config.healthcheck is not None and config.healthcheck.test not in ((), ("NONE",), ("CMD",))


def _is_answered(client: socket.socket) -> bool:
    with client, suppress(OSError):
        client.settimeout(1.0)
        return client.recv(5) == b"HTTP/"
    return False


def _last_lines(log: Path, secrets: Sequence[str]) -> tuple[str, ...]:
    """The end of what it wrote, without what the person gave it: a report is read by others."""
    lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
    for secret in sorted(secrets, key=len, reverse=True):
        lines = [line.replace(secret, "…") for line in lines] if len(secret) >= SHORTEST_SECRET else lines
    return tuple(lines)
