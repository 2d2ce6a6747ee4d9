"""Debian packages, opened for whoever wants their files; those with two readers are unpacked once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from lading.digest import Digest, hex_of
from lading.lock.model import DebianPin
from lading.store import Store

if TYPE_CHECKING:
    from lading.debian.deb import Deb


class Packages:
    """The packages of one build. Thread-safe; a context manager that removes what it unpacked.

    `fetch` gives the file of a package, its hash checked.
    """

    def __init__(self, store: Store, fetch: Callable[[DebianPin], Path]) -> None:
        self._store = store
        self._fetch = fetch
        self._shared: dict[Digest, _Plain] = {}
        self._lock = Lock()
        self._stack = ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, KeyboardInterrupt):
            for plain in self._shared.values():
                plain.wait()
        self._stack.close()

    def share(self, pins: Iterable[DebianPin]) -> None:
        """Begin to fetch and unpack some packages side by side, each for more than one reader."""
        with self._lock:
            if self._folder is None:
                self._folder = self._stack.enter_context(self._store.scratch())
            new = {pin.digest: pin for pin in pins if pin.digest not in self._shared}
            self._shared |= {digest: _Plain(self._folder / hex_of(digest)) for digest in new}
        for digest, pin in new.items():
            self._shared[digest].begin(partial(self._unpack, pin))

    @contextmanager
    def open(self, pin: DebianPin) -> "Iterator[Deb]":
        """A package, ready to be read once. `VerificationFailed` when it is damaged."""
        from lading.debian.deb import open_deb

        plain = self._shared.get(pin.digest)
        with ExitStack() as stack:
            data = stack.enter_context(plain.open()) if plain else None
            file = stack.enter_context(self._fetch(pin).open("rb"))
            yield open_deb(file, where=where_is(pin), plain=data)

    def _unpack(self, pin: DebianPin, to: BinaryIO) -> None:
        from lading.debian.deb import open_deb

        with self._fetch(pin).open("rb") as file, self._store.writing():
            open_deb(file, where=where_is(pin)).write_data(to)


class _Plain:
    """The files of one package as a plain archive, made by a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = Event()
        self._error: Exception | None = None

    def begin(self, write: Callable[[BinaryIO], None]) -> None:
        """Start to make it."""
        Thread(target=self._make, args=(write,), name="lading-unpack", daemon=True).start()

    def wait(self) -> None:
        """Wait until it is made, or has failed."""
        self._done.wait()

    def open(self) -> BinaryIO:
        """The archive; raises what making it did."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._path.open("rb")

    def _make(self, write: Callable[[BinaryIO], None]) -> None:
        try:
            with self._path.open("xb") as file:
                write(file)
        except Exception as error:  # noqa: BLE001  # whoever reads must hear of it, even of a bug
            self._error = error
        finally:
            self._done.set()


def where_is(pin: DebianPin) -> str:
    """A package as messages name it."""
    return f"{pin.name} {pin.version} ({pin.architecture})"
