"""What every step of one build needs, made once at the edge: store, source, tools, threads, and whom to tell."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeVar

from lading.assemble.packages import Packages
from lading.assemble.result import Event, Listener, Noted, StepBegan, StepEnded, StepMoved
from lading.digest import Digest
from lading.lock.model import DebianPin, Pins, ToolPin
from lading.oci.model import Image
from lading.store import Store
from lading.tree import Tree

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from lading.assemble.go.command import GoCommand
    from lading.assemble.node.tool import NodeTool
    from lading.assemble.python.bytecode import Compiler, Interpreter
    from lading.assemble.python.running import Running
    from lading.assemble.python.uv import Uv
    from lading.assemble.python.wheels import Wheel
    from lading.plan.model import Plan

T = TypeVar("T")

Doing = Literal["fetch", "install", "compile", "pack", "push", "load", "write"]
Unit = Literal["packages", "files", "bytes", "layers"]


class Sources(Protocol):
    """Where what a build takes from outside comes from. Nothing is asked for unless something has to be made."""

    def package(self, pin: DebianPin) -> Path:
        """The file of a pinned package, fetched if need be, its hash checked."""

    def base_image(self, reference: str, manifest: Digest) -> Image:
        """A base image by reference and manifest digest; its layers stay where they are."""

    def wheel(self, wheel: "Wheel", project: Path, scratch: Path) -> Path | None:
        """The file of a wheel, its hash checked: fetched into `scratch`, or where it lies in `project`. Nothing where
        that takes uv, which knows credentials and settings that nobody else does."""

    def uv(self, folder: Path, pins: Pins) -> "Uv":
        """uv, for the project in a folder."""

    def go(self, least: str, pins: Pins) -> "GoCommand":
        """A go command of that version or a newer one."""

    def node(self, line: str, pins: Pins) -> "NodeTool":
        """The pinned node of a release line, for this machine."""

    def tool_wheel(self, pin: ToolPin, scratch: Path) -> Path:
        """The wheel of a tool, for whichever machine, fetched into `scratch`; whoever opens it checks its hash."""


class Workshop:
    """Everything that steps share. A context manager: leaving it ends its threads and interpreters.

    `folder` is the repository's, `tree` its files; `mtime` the time of everything made, in seconds since 1970;
    `spare` is for `Compiler`; `plans` are all that are going to be built, some of which can be made together.
    """

    def __init__(
        self,
        *,
        store: Store,
        sources: Sources,
        tree: Tree,
        folder: Path,
        listener: Listener,
        mtime: int = 0,
        jobs: int | None = None,
        spare: "Callable[[Interpreter], Running | None]" = lambda _: None,
        plans: "Sequence[Plan]" = (),
    ) -> None:
        self.store = store
        self.sources = sources
        self.tree = tree
        self.folder = folder
        self.mtime = mtime
        self.jobs = jobs or os.cpu_count() or 1
        self.spare = spare
        self.plans = tuple(plans)
        self._listener = listener
        self._shared = _Shared()
        self.packages = self._shared.stack.enter_context(Packages(store, sources.package))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shared = self._shared
        if isinstance(error, KeyboardInterrupt):
            shared.stack.pop_all()
        if shared.pool:
            shared.pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=error is not None)
        shared.stack.close()

    def of(self, listener: Listener) -> "Workshop":
        """The same workshop for one service of several, telling a listener of its own. It ends with this one."""
        own = object.__new__(type(self))
        own.__dict__.update(self.__dict__, _listener=listener)
        return own

    @property
    def pool(self) -> "ThreadPoolExecutor":
        """Threads that fetch and pack. One more than cores, since packing waits for the disk and for bytecode; if there
        were more, they would wait for each other.

        Work given to it must not wait for other work of it.
        """
        shared = self._shared
        with shared.lock:
            if shared.pool is None:
                from concurrent.futures import ThreadPoolExecutor

                shared.pool = ThreadPoolExecutor(self.jobs + 1, thread_name_prefix="lading-pack")
            return shared.pool

    def compiler(self, identity: str, make: "Callable[[], Compiler]") -> "Compiler":
        """The one compiler of that identity; its processes end with the workshop."""
        shared = self._shared
        with shared.lock:
            if identity not in shared.compilers:
                shared.compilers[identity] = shared.stack.enter_context(make())
            return shared.compilers[identity]

    def shared(self, name: str, kind: type[T], make: Callable[[], T]) -> T:
        """What all services of a build share under a name, made for the first that asks."""
        known = self._shared.known
        with self.turn(f"shared {name}"):
            if name not in known:
                known[name] = make()
            found = known[name]
        if not isinstance(found, kind):
            raise AssertionError(f"{name} is two things")
        return found

    def turn(self, what: str) -> Lock:
        """What is held while services must not do the same work beside each other: what the first one makes, the next
        one finds."""
        shared = self._shared
        with shared.lock:
            return shared.turns.setdefault(what, Lock())

    def tell(self, event: Event) -> None:
        """Pass an event on to whoever shows progress."""
        self._listener(event)

    def note(self, text: str) -> None:
        """Tell something that is no error."""
        self._listener(Noted(text=text))

    @contextmanager
    def timed(self, step: str, platform: str) -> Iterator["Watch"]:
        """Tell that a step begins and ends."""
        self.tell(StepBegan(step=step, platform=platform))
        watch = Watch()
        yield watch
        self.tell(StepEnded(step=step, platform=platform, reused=watch.reused, seconds=watch.seconds))


class _Shared:
    """What the services of one build have in common."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.pool: ThreadPoolExecutor | None = None
        self.compilers: dict[str, Compiler] = {}
        self.turns: dict[str, Lock] = {}
        self.known: dict[str, object] = {}
        self.lock = Lock()


@contextmanager
def threads(number: int, name: str) -> "Iterator[ThreadPoolExecutor]":
    """Threads that are waited for at the end, unless the user has interrupted: then the process ends without them."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(number, thread_name_prefix=name)
    wait = True
    try:
        yield pool
    except KeyboardInterrupt:
        wait = False
        raise
    finally:
        pool.shutdown(wait=wait, cancel_futures=not wait)


class Watch:
    """A step's time so far, and whether it was reused."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.reused = False

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self._began


class Counter:
    """Counts what is done of a step's work, from several threads, and tells."""

    def __init__(self, workshop: Workshop, step: str, platform: str, *, doing: Doing, total: int, unit: Unit) -> None:
        self._workshop = workshop
        self._step = step
        self._platform = platform
        self._doing: Doing = doing
        self._total = total
        self._unit: Unit = unit
        self._done = 0
        self._lock = Lock()

    def add(self, number: int = 1) -> None:
        """Count."""
        with self._lock:
            self._done += number
            event = StepMoved(
                step=self._step,
                platform=self._platform,
                doing=self._doing,
                done=self._done,
                total=self._total,
                unit=self._unit,
            )
        self._workshop.tell(event)
