"""Bytecode, compiled by the target's own interpreter, in as many processes as the machine has cores."""

import os
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Self

import msgspec

from lading.assemble.python.running import Running
from lading.errors import StepFailed

LARGEST_SOURCE = 8 << 20
"""Bytes. A larger module is data in disguise; it ships without bytecode."""
PIPE = 1 << 16
"""Bytes that a pipe takes when it is empty (pipe(7), "Pipe capacity")."""
WINDOW = 256
"""How many modules may be under way or waiting to be written: bounds memory, keeps the processes busy."""


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """A Python that can compile for the image.

    `identity` says which, for keys and people (`Debian python3.13-minimal 3.13.5-2`); `command` starts it on this
    machine with `environment` and nothing else; `tag` names its bytecode files (`cpython-313`).
    """

    identity: str
    tag: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


class Promise:
    """The bytecode of one module, to come, for one who waits. What `concurrent.futures` has costs 15 ms to import, a
    whole build 100; and a bare lock takes a tenth of the system calls of an `Event`, for thousands of modules."""

    def __init__(self) -> None:
        self._pending = allocate_lock()
        self._pending.acquire()
        self._data = b""
        self._error: Exception | None = None

    def keep(self, data: bytes) -> None:
        """It has come."""
        self._data = data
        self._pending.release()

    def fail(self, error: Exception) -> None:
        """It will not come."""
        self._error = error
        self._pending.release()

    def wait(self) -> None:
        """Wait until it has come, or will not."""
        with self._pending:
            pass

    def result(self) -> bytes:
        """Wait for it; raises what `fail` was told."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._data


Job = tuple[str, bytes, Promise]


class Compiler:
    """A pool of interpreters, started when the first module comes. A context manager: leaving it ends them.

    `identity` and `tag` are those of the `Interpreter` that `ready` gives; `ready` may take its time (it unpacks one).
    `spare` is asked once for one that runs already.
    """

    def __init__(
        self,
        *,
        identity: str,
        tag: str,
        ready: Callable[[], Interpreter],
        processes: int,
        spare: Callable[[Interpreter], Running | None] = lambda _: None,
    ) -> None:
        self.identity = identity
        self.tag = tag
        self._ready = ready
        self._interpreter: Interpreter | None = None
        self._processes = processes
        self._spare = spare
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._preparing = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def submit(self, source: bytes, name: str) -> Promise:
        """The .pyc of a module to come; empty bytes when it does not compile. `name` is its path in the image."""
        with self._lock:
            if len(self._threads) < self._processes:
                thread = Thread(target=self._serve, name="lading-compile", daemon=True)
                thread.start()
                self._threads.append(thread)
        future = Promise()
        self._jobs.put((name, source, future))
        return future

    def warm(self) -> None:
        """Make the interpreter ready while other things are fetched. What goes wrong is told to the first module."""
        self.submit(b"", "/")

    def _serve(self) -> None:
        line = _Line(self._start)
        more = True
        while more or line.given:
            job, more = self._next(wait=not line.given) if more else (None, False)
            if job is not None:
                line.give(job)
            if line.given and (job is None or len(line.given) == line.DEPTH):
                line.take()
        line.end()

    def _next(self, *, wait: bool) -> tuple[Job | None, bool]:
        """The next job, or nothing when there is none yet; and whether more may come."""
        try:
            job = self._jobs.get(block=wait)
        except Empty:
            return None, True
        return job, job is not None

    def _start(self) -> "_Worker":
        # A lock of its own: who submits must not wait while an interpreter is being unpacked.
        with self._preparing:
            if self._interpreter is None:
                self._interpreter = self._ready()
                running = self._spare(self._interpreter)
                if running is not None:
                    return _Worker(running)
        return _Worker(Running(self._interpreter.command, self._interpreter.environment))


class _Line:
    """One interpreter and the modules that it has been given: the next one while it compiles the one before, so that it
    never waits for the threads here to take turns. Every promise is kept or fails."""

    DEPTH = 2

    def __init__(self, start: "Callable[[], _Worker]") -> None:
        self._start = start
        self._worker: _Worker | None = None
        self.given: deque[Job] = deque()

    def give(self, job: Job) -> None:
        """Hand on a module; one that does not fit into the pipe waits until the interpreter has nothing else to do."""
        while self.given and not _fits(job):
            self.take()
        self.given.append(job)
        try:
            self._worker = self._worker or self._start()
            self._worker.send(job)
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it, even of a bug
            self._fail(error)

    def take(self) -> None:
        """Wait for the bytecode of the module that was given first."""
        if self._worker is None:
            raise AssertionError("a module was given to it")
        try:
            data = self._worker.receive()
        except Exception as error:  # noqa: BLE001  # as above
            self._fail(error)
        else:
            self.given.popleft()[2].keep(data)

    def end(self) -> None:
        """End the interpreter."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _fail(self, error: Exception) -> None:
        self.end()
        for name, _, promise in self.given:
            promise.fail(_told(error, name))
        self.given.clear()


def _fits(job: Job) -> bool:
    """Whether a module can be sent before the answer to the last one is read: it fits into an empty pipe, so that the
    two sides never wait for each other to read."""
    return 4 * len(job[0]) + len(job[1]) + 8 <= PIPE


class _Worker:
    """The two sides of the talk with a running interpreter."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._pending = b""

    def send(self, job: Job) -> None:
        """Send a module to be compiled."""
        name, source, _ = job
        encoded = name.encode("utf-8", "surrogateescape")
        head = len(encoded).to_bytes(4, "little") + len(source).to_bytes(4, "little")
        message = memoryview(head + encoded + source)
        while message:
            message = message[os.write(self._running.to, message) :]

    def receive(self) -> bytes:
        """The .pyc of the module that was sent first, or nothing when it does not compile."""
        while len(self._pending) < 4:  # bytes of the length
            self._pending += self._read()
        end = 4 + int.from_bytes(self._pending[:4], "little")
        parts, size = [self._pending], len(self._pending)
        while size < end:
            parts.append(self._read())
            size += len(parts[-1])
        whole = b"".join(parts)
        self._pending = whole[end:]
        return whole[4:end]

    def end(self) -> None:
        """End the interpreter."""
        self._running.end()

    def _read(self) -> bytes:
        part = os.read(self._running.answers, PIPE)
        if not part:
            raise StepFailed("the interpreter that compiles bytecode ended early", fix="lading doctor")
        return part


class PycMemory:
    """The bytecode of a folder's last build, by module path and source digest: only changed modules are compiled.

    `kept` is what the next build should be given: plain values, so that the store can hold them.
    """

    def __init__(self, kept: "Mapping[str, tuple[str, bytes]] | None") -> None:
        self._old = kept or {}
        self.kept: dict[str, tuple[str, bytes]] = {}

    def find(self, path: str, digest: str) -> bytes | None:
        """The bytecode of a module, if its source is the one that was compiled."""
        known = self._old.get(path)
        return known[1] if known and known[0] == digest else None

    def keep(self, path: str, digest: str, data: bytes) -> None:
        """Remember bytecode (empty when the module does not compile)."""
        self.kept[path] = (digest, data)


class PycQueue:
    """Bytecode on its way back, in the order of its sources, so that it is written in an order that time cannot change.

    At most `WINDOW` modules wait; `ready()` gives those that must be written now, `rest()` all that are left.
    """

    def __init__(self, compiler: Compiler | None, memory: PycMemory | None = None) -> None:
        self._compiler = compiler
        self._memory = memory
        self._waiting: deque[tuple[str, str, Promise]] = deque()

    def wants(self, path: str, size: int) -> bool:
        """Whether a file of that path and size in bytes should be given to `add`."""
        return self._compiler is not None and path.endswith(".py") and size <= LARGEST_SOURCE

    def add(self, path: str, source: bytes, digest: str = "") -> None:
        """Compile a module, or take its bytecode from memory, where `digest` says what its source is.

        `path` is relative to the root.
        """
        if self._compiler is None:
            return
        known = self._memory.find(path, digest) if self._memory else None
        if known is None:
            self._waiting.append((path, digest, self._compiler.submit(source, f"/{path}")))
        else:
            done = Promise()
            done.keep(known)
            self._waiting.append((path, digest, done))

    def ready(self) -> Iterator[tuple[str, bytes]]:
        """What no longer fits into the window: path and bytes."""
        yield from self._give(WINDOW)

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """Everything that is still waiting."""
        yield from self._give(0)

    def _give(self, leave: int) -> Iterator[tuple[str, bytes]]:
        if not leave and self._waiting:
            self._waiting[-1][2].wait()  # most others have come then too: waking up for each would take longer
        while len(self._waiting) > leave and self._compiler is not None:
            path, digest, future = self._waiting.popleft()
            data = future.result()
            if self._memory:
                self._memory.keep(path, digest, data)
            if data:
                yield pyc_path(path, self._compiler.tag), data


def pyc_path(path: str, tag: str) -> str:
    """Where the bytecode of a module lies (PEP 3147): `a/b.py` → `a/__pycache__/b.cpython-313.pyc`.

    >>> pyc_path("a/b.py", "cpython-313")
    'a/__pycache__/b.cpython-313.pyc'
    """
    folder, slash, name = path.rpartition("/")
    stem = name.removesuffix(".py") or "py"  # a file that is called just `.py` (importlib.util.cache_from_source)
    return f"{folder}{slash}__pycache__/{stem}.{tag}.pyc"


def _told(error: Exception, name: str) -> Exception:
    if not isinstance(error, OSError):
        return error
    return StepFailed(f"the interpreter that compiles bytecode failed: {error}", where=name, fix="lading doctor")


def tag_of(python: str) -> str:
    """The name of a version's bytecode: `3.13` → `cpython-313`."""
    return "cpython-" + "".join(python.split(".")[:2])
