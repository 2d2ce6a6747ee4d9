"""Reading and writing the store."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ClassVar, Self, TypeVar

import msgspec

from lading.digest import CHUNK, Digest, digest_of, hex_of, parse_digest
from lading.errors import LadingError, StepFailed, VerificationFailed
from lading.store.trees import remove_tree

T = TypeVar("T")

TOUCH_AFTER = 1800
"""Seconds. What is used again gets a new time only after this long, since a write costs; `prune` leaves alone what is
younger than an hour, and so whatever a build that runs now relies on."""


class Store:
    """A store below `root`, which is made when first written to.

    Every method that writes raises `StepFailed` when the disk is full or the folder cannot be written to.
    """

    _abandoned: ClassVar[bool] = False

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        # Building paths of `Path` parts takes longer than asking the file system, some hundred times a build.
        self._blobs = f"{self.root}/blobs/sha256"
        self._actions = f"{self.root}/actions"
        self._written: set[Digest] = set()

    # Blobs

    def blob(self, digest: Digest) -> Path:
        """Where the blob is, or would be."""
        return Path(self._blob(digest))

    def _blob(self, digest: Digest) -> str:
        name = hex_of(digest)
        return f"{self._blobs}/{name[:1]}/{name}"

    def has(self, digest: Digest, size: int | None = None) -> bool:
        """Whether the blob is there, and (given its size in bytes) whole."""
        try:
            info = os.stat(self._blob(digest))  # noqa: PTH116
        except OSError:
            return False
        if size is not None and info.st_size != size:
            return False  # a crash of the machine, not of the program, can leave a short file
        _touch(self._blob(digest), info)
        return True

    def open(self, digest: Digest) -> BinaryIO:
        """The blob's bytes. `StepFailed` when it is not there."""
        try:
            return self.blob(digest).open("rb")
        except FileNotFoundError:
            raise StepFailed(
                f"the store has lost {digest}", where=str(self.root), fix="build again; it is made anew"
            ) from None

    def read(self, digest: Digest) -> bytes:
        """A small blob whole (a manifest). `VerificationFailed` when its bytes have changed: then it is gone."""
        with self.open(digest) as file:
            data = file.read()
        self.check(digest, digest_of(data))
        return data

    def chunks(self, digest: Digest) -> Iterator[bytes]:
        """A blob's bytes in pieces, checked on the way: `VerificationFailed` at the end when they have changed."""
        state = hashlib.sha256()
        with self.open(digest) as file:
            while chunk := file.read(CHUNK):
                state.update(chunk)
                yield chunk
        self.check(digest, Digest("sha256:" + state.hexdigest()))

    def wrote(self, digest: Digest) -> bool:
        """Whether this process has written the blob itself, and so hashed it already."""
        return digest in self._written

    def verify(self, digest: Digest) -> None:
        """Read a blob and check it. `VerificationFailed` when its bytes have changed; then it is gone."""
        for _ in self.chunks(digest):
            pass

    def check(self, digest: Digest, found: Digest) -> None:
        """Refuse the blob `digest` whose bytes turned out to have the digest `found`, and forget it when they differ.

        Raises `VerificationFailed`.
        """
        if found != digest:
            with suppress(OSError):
                self.blob(digest).unlink()
            raise VerificationFailed(
                f"a blob of the store was changed or damaged: {digest}",
                where=str(self.root),
                fix="build again: it is made anew",
            )

    def writer(self) -> "BlobWriter":
        """A blob to be written piece by piece; `commit` names it by what was written."""
        return BlobWriter(self)

    def put(self, data: bytes) -> Digest:
        """Store bytes in memory; nothing is written when they are there already, whole."""
        digest = digest_of(data)
        if not self.has(digest, len(data)) or self.blob(digest).read_bytes() != data:
            self._write(self.blob(digest), data)
        return digest

    def adopt(self, path: Path, digest: Digest) -> None:
        """Take a file that lies in `tmp/` as the blob `digest`, which the caller has computed from its bytes."""
        target = self.blob(digest)
        with self.writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)

    # Actions

    def get_action(self, key: Digest, kind: type[T]) -> T | None:
        """The result stored under an action key, or nothing; a result of another shape counts as nothing."""
        path = self._action(key)
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                info = os.fstat(file.fileno())
                value = msgspec.json.decode(file.read(), type=kind)
        except (OSError, msgspec.DecodeError):
            return None
        _touch(path, info)
        return value

    def put_action(self, key: Digest, value: object) -> None:
        """Store the result of an action."""
        self._write(Path(self._action(key)), msgspec.json.encode(value))

    def memo(self, key: Digest, kind: type[T], compute: Callable[[], T]) -> T:
        """The stored result, or `compute()`, stored where that can be done."""
        found = self.get_action(key, kind)
        if found is None:
            found = compute()
            with suppress(StepFailed):  # the result is there all the same; storing it saves time
                self.put_action(key, found)
        return found

    def _action(self, key: Digest) -> str:
        name = hex_of(key)
        return f"{self._actions}/{name[:1]}/{name}"

    # Names and state

    def image(self, name: str) -> Digest | None:
        """The digest that an image name stands for in this store."""
        return _digest_in(self._name("images", name))

    def name_image(self, name: str, digest: Digest) -> None:
        """Let `name` stand for `digest`."""
        if self.image(name) != digest:
            self._write(self._name("images", name), digest.encode())

    def forget_image(self, name: str) -> None:
        """Let `name` stand for nothing."""
        with self.writing():
            self._name("images", name).unlink(missing_ok=True)

    def images(self) -> Iterator[tuple[str, Digest]]:
        """Every name and its digest, sorted by name."""
        folder = self.root / "images"
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            digest = _digest_in(path)
            if digest:
                yield path.name.replace("%2F", "/").replace("%25", "%"), digest

    def get_state(self, name: str, kind: type[T]) -> T | None:
        """A small cache, if it is there and readable."""
        try:
            return msgspec.msgpack.decode(self._name("state", name).read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            return None

    def put_state(self, name: str, value: object) -> None:
        """Keep a small cache. It may vanish at any time."""
        self._write(self._name("state", name), msgspec.msgpack.encode(value))

    def put_file(self, name: str, text: str) -> None:
        """Write a text file of the store, named relative to its root."""
        self._write(self.root / name, text.encode("utf-8", "surrogateescape"))

    def _name(self, folder: str, name: str) -> Path:
        return self.root / folder / name.replace("%", "%25").replace("/", "%2F")

    # Roots

    def root_folder(self, key: Digest, fill: Callable[[Path], None]) -> Path:
        """The folder of an unpacked tree, filled by `fill` when it is not there yet.

        Filled under a temporary name and renamed, so that what is there is whole. When two builds fill the same one at
        once, the first to finish wins and the other's is thrown away.
        """
        target = self._root(key)
        if target.is_dir():
            _touch(str(target), target.stat())
            return target
        with self.scratch() as folder:
            fill(folder / "root")
            with self.writing():
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    (folder / "root").rename(target)
                except OSError:
                    if not target.is_dir():
                        raise
        return target

    def take_folder(self, key: Digest, target: Path) -> bool:
        """Move a tree that `give_folder` has kept to `target`, whose parent is a scratch folder; whether there was one.

        Whoever takes it is alone with it, and may change it.
        """
        try:
            self._root(key).rename(target)
        except OSError:
            return False
        return True

    def give_folder(self, key: Digest, folder: Path) -> None:
        """Keep a tree for the next who needs it; where one is there already, this one is not needed."""
        kept = self._root(key)
        with suppress(OSError):  # costs time at the next build, and nothing else
            kept.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(kept)
            os.utime(kept)

    def kept_folder(self, key: Digest) -> Path | None:
        """The folder of an unpacked tree, or nothing when it is not there."""
        folder = self._root(key)
        return folder if folder.is_dir() else None

    def _root(self, key: Digest) -> Path:
        return self.root / "roots" / hex_of(key)[:32]

    def cache_folder(self, name: str) -> Path:
        """The folder of a tool that keeps things for itself. Asking for it is using it."""
        folder = self.root / "caches" / name
        with self.writing():
            folder.mkdir(parents=True, exist_ok=True)
            _touch(str(folder), folder.stat())
        return folder

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder on the store's own disk, removed afterwards."""
        with self.writing():
            folder = self.root / "tmp" / _temporary_name()
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            with suppress(OSError):  # a leftover, which `prune` removes
                remove_tree(folder)

    @property
    def temporary_folder(self) -> Path:
        """Where files without a name may be, on the store's own disk."""
        folder = self.root / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def abandon(self) -> None:
        """Remove what this process has in `tmp/`, and let its threads make nothing more: it is about to end."""
        Store._abandoned = True
        for attempt in range(_ATTEMPTS):  # a thread may be writing to what was there a moment ago
            left = list((self.root / "tmp").glob(f"{os.getpid():x}-*"))
            if attempt > 1 and not left:
                return
            for path in left:
                with suppress(OSError):
                    remove_tree(path) if path.is_dir() else path.unlink()
            time.sleep(0.001)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the operating system says of a full, read-only or forbidden disk into one clear error."""
        try:
            yield
        except LadingError:
            raise
        except OSError as error:
            raise StepFailed(
                f"cannot write to the store: {error.strerror or error}",
                where=str(self.root),
                fix="free space with `lading prune`, or set LADING_STORE to a folder that can be written to",
            ) from error

    def _write(self, path: Path, data: bytes) -> None:
        with self.writing():
            handle, temporary = self._temporary()
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                _rename(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _temporary(self) -> tuple[int, Path]:
        folder = self.root / "tmp"
        name = folder / _temporary_name()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return os.open(name, flags, 0o644), name
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            return os.open(name, flags, 0o644), name


_ATTEMPTS = 50
"""How often an ending process looks for its own leftovers, a millisecond apart."""


class BlobWriter:
    """A blob under way: written and hashed in one pass.

    A context manager; leaving it without `commit` leaves nothing behind. `size` counts the bytes so far.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hash = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Self:
        with self._store.writing():
            handle, self._path = self._store._temporary()  # one module, one secret
            self._file = os.fdopen(handle, "wb", buffering=CHUNK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError:
            pass  # the disk is full: the error that matters is on its way already, or `commit` has raised it
        finally:
            self._path.unlink(missing_ok=True)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self._hash.update(data)
        self.size += len(data)
        with self._store.writing():
            self._file.write(data)

    def write_all(self, chunks: Iterable[bytes]) -> None:
        """Append a stream."""
        for chunk in chunks:
            self.write(chunk)

    def commit(self, expected: Digest | None = None, *, what: str = "the blob") -> Digest:
        """Name the blob by its digest; `VerificationFailed` (nothing is kept) when that is not the `expected` one."""
        digest = Digest("sha256:" + self._hash.hexdigest())
        if expected is not None and digest != expected:
            raise VerificationFailed(
                f"{what} is not what was promised: its digest is {digest}",
                where=f"expected {expected}",
                fix="do not use it; if its source was changed on purpose: lading lock --upgrade",
            )
        with self._store.writing():
            self._file.flush()
            self._file.close()
            _rename(self._path, self._store.blob(digest))
        self._store._written.add(digest)  # one module, one secret
        return digest


def _digest_in(path: Path) -> Digest | None:
    """The digest that a small file holds; one that holds anything else counts as not there."""
    try:
        return parse_digest(path.read_text("ascii"), where=str(path))
    except (OSError, UnicodeDecodeError, LadingError):
        return None


def _temporary_name() -> str:
    """A new name that tells which process made it: `abandon` and `prune` go by its form."""
    if Store._abandoned:
        raise StepFailed("this process was interrupted")
    return f"{os.getpid():x}-{os.urandom(8).hex()}"


def _rename(temporary: Path, target: Path) -> None:
    try:
        os.replace(temporary, target)  # noqa: PTH105  # on the path of every build
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(target)


def _touch(path: str, info: os.stat_result) -> None:
    """Mark as used, so that `prune` keeps what is in use. A read-only store serves all the same."""
    try:
        if time.time() - info.st_mtime > TOUCH_AFTER:
            os.utime(path)
    except OSError:
        pass
