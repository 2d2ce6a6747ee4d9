"""Source trees: in a folder, with digests remembered by file stamp, or in memory for tests and pure callers."""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from lading.digest import CHUNK, Digest, digest_of
from lading.errors import UsageError

SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache",
    ".ruff_cache",
    ".tox", ".nox", ".hypothesis", ".direnv", ".terraform", ".idea", ".vscode",
})  # fmt: skip
"""Folders that never take part, at any depth: version control, environments, caches, editors."""

SETTLED = 20_000_000
"""Nanoseconds. A file changed this shortly before it was hashed could change again within the same tick of the
file system's clock, unseen; its stamp is not trusted (git calls such an entry racily clean)."""


class TreeFile(NamedTuple):
    """One file or symbolic link: path relative to the tree with `/` between its parts, whether its owner may execute
    it, its size in bytes, and the target of a link (`None` for a file)."""

    path: str
    executable: bool
    size: int
    link: str | None


def is_utf8(path: str) -> bool:
    """Whether a path of the file system is UTF-8; Python gives bytes that are not as lone surrogates (PEP 383)."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


class Tree(Protocol):
    """What a tree answers. Paths are relative, with `/`; folders are not listed, nor what is in `SKIPPED_FOLDERS`."""

    def files(self) -> tuple[TreeFile, ...]:
        """Every file and link, sorted by path."""

    def exists(self, path: str) -> bool:
        """Whether a file or link of that path is listed."""

    def read(self, path: str) -> bytes:
        """A file's bytes. `UsageError` when it is not there, cannot be read, or leads out of the tree."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """A file's bytes in pieces of at most a megabyte; errors as `read`."""

    def digest(self, path: str) -> Digest:
        """The digest of a file's bytes."""


class Stamp(NamedTuple):
    """What tells that a file is still the one that was hashed."""

    size: int
    mtime: int
    ctime: int
    inode: int
    checked: int
    digest: str


class FolderTree:
    """The tree in a folder. `stamps` is what `stamps()` gave for the same folder earlier: it saves hashing again."""

    def __init__(self, root: Path, stamps: Mapping[str, Stamp] | None = None) -> None:
        self.root = root
        self._old = stamps or {}
        self._stamps: dict[str, Stamp] = {}
        self._infos: dict[str, os.stat_result] = {}
        self._files: tuple[TreeFile, ...] | None = None
        self._folders: dict[str, os.stat_result] = {}
        self.looked_at = 0
        """When the folder was walked, in nanoseconds since 1970."""

    def files(self) -> tuple[TreeFile, ...]:
        """See `Tree.files`. The folder is walked once."""
        if self._files is None:
            self.looked_at = time.time_ns()
            found: list[TreeFile] = []
            self._walk(str(self.root), "", found)
            found.sort()
            self._files = tuple(found)
        return self._files

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        self.files()
        return path in self._infos

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        self._inside(path)
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read a file of the source tree: {error.strerror}", where=path) from error

    def chunks(self, path: str) -> Iterator[bytes]:
        """See `Tree.chunks`."""
        self._inside(path)
        try:
            with (self.root / path).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise UsageError(f"cannot read a file of the source tree: {error.strerror}", where=path) from error

    def digest(self, path: str) -> Digest:
        """See `Tree.digest`; a file whose stamp is known is not read."""
        self.files()
        if path in self._stamps:
            return Digest(self._stamps[path].digest)
        info = self._infos.get(path)
        if info is None:
            raise UsageError("no such file in the source tree", where=path)
        old = self._old.get(path)
        if (
            old
            and old[:4] == (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
            and info.st_mtime_ns < old.checked - SETTLED
        ):
            self._stamps[path] = old
            return Digest(old.digest)
        return self._hash(path)

    def stamps(self) -> Mapping[str, Stamp]:
        """What is known of every file that was asked for; to be kept and given to the next tree of this folder.

        Names that are not UTF-8 are left out: what is kept is UTF-8 text.
        """
        return {path: stamp for path, stamp in self._stamps.items() if is_utf8(path)}

    def changed(self) -> bool:
        """Whether `stamps()` holds anything that the stamps given at the start did not."""
        return any(self._old.get(path) != stamp for path, stamp in self.stamps().items())

    def watched(self) -> Mapping[str, os.stat_result]:
        """Every folder and file that was looked at, by absolute path, as it was then: while none of them differs, the
        tree is the same."""
        self.files()
        root = str(self.root)
        return {**self._folders, **{f"{root}/{path}": info for path, info in self._infos.items()}}

    def _hash(self, path: str) -> Digest:
        self._inside(path)
        checked = time.time_ns()
        state = hashlib.sha256()
        try:
            with (self.root / path).open("rb") as file:
                info = os.fstat(file.fileno())
                while chunk := file.read(CHUNK):
                    state.update(chunk)
        except OSError as error:
            raise UsageError(f"cannot read a file of the source tree: {error.strerror}", where=path) from error
        digest = "sha256:" + state.hexdigest()
        self._stamps[path] = Stamp(info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, checked, digest)
        return Digest(digest)

    def _walk(self, folder: str, prefix: str, found: list[TreeFile]) -> None:
        try:
            self._folders[folder] = os.stat(folder)  # noqa: PTH116
            entries = list(os.scandir(folder))
        except OSError as error:
            raise UsageError(f"cannot read a folder of the source tree: {error.strerror}", where=folder) from error
        for entry in entries:
            with suppress(FileNotFoundError):  # gone since the folder was read: it is not there
                self._take(entry, prefix + entry.name, found)

    def _take(self, entry: "os.DirEntry[str]", path: str, found: list[TreeFile]) -> None:
        if entry.name in SKIPPED_FOLDERS:  # a link to such a folder is one, too
            return
        if entry.is_symlink():
            info = entry.stat(follow_symlinks=False)
            self._infos[path] = info
            found.append(TreeFile(path, False, info.st_size, os.readlink(entry.path)))  # noqa: PTH115
        elif entry.is_dir(follow_symlinks=False):
            self._walk(entry.path, path + "/", found)
        elif entry.is_file(follow_symlinks=False):  # sockets, pipes and devices are not source
            info = entry.stat(follow_symlinks=False)
            self._infos[path] = info
            found.append(TreeFile(path, bool(info.st_mode & 0o100), info.st_size, None))

    def _inside(self, path: str) -> None:
        """Refuse what a link or `..` leads out of the tree, whatever the repository says."""
        real = (self.root / path).resolve()
        if not real.is_relative_to(self.root.resolve()):
            raise UsageError(
                "a path of the source tree leads out of it",
                where=f"{path} → {real}",
                fix="replace the link with the file itself",
            )


class MemoryTree:
    """A tree of bytes in memory; `links` maps the path of a symbolic link to its target."""

    def __init__(
        self,
        files: Mapping[str, bytes | str],
        links: Mapping[str, str] | None = None,
        executable: frozenset[str] = frozenset(),
    ) -> None:
        self._bytes = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
        listed = [TreeFile(path, path in executable, len(data), None) for path, data in self._bytes.items()]
        listed += [TreeFile(path, False, len(target), target) for path, target in (links or {}).items()]
        self._files = tuple(sorted(listed))
        self._paths = {file.path for file in self._files}

    def files(self) -> tuple[TreeFile, ...]:
        """See `Tree.files`."""
        return self._files

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return path in self._paths

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        try:
            return self._bytes[path]
        except KeyError:
            raise UsageError("no such file in the source tree", where=path) from None

    def chunks(self, path: str) -> Iterator[bytes]:
        """See `Tree.chunks`."""
        yield self.read(path)

    def digest(self, path: str) -> Digest:
        """See `Tree.digest`."""
        return digest_of(self.read(path))


class SubTree:
    """The part of a tree below a folder (`.` for the whole), with paths relative to that folder."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self._prefix = "" if folder in (".", "") else folder.rstrip("/") + "/"

    def files(self) -> tuple[TreeFile, ...]:
        """See `Tree.files`."""
        cut = len(self._prefix)
        return tuple(
            file._replace(path=file.path[cut:]) for file in self._tree.files() if file.path.startswith(self._prefix)
        )

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self._tree.exists(self._prefix + path)

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        return self._tree.read(self._prefix + path)

    def chunks(self, path: str) -> Iterator[bytes]:
        """See `Tree.chunks`."""
        return self._tree.chunks(self._prefix + path)

    def digest(self, path: str) -> Digest:
        """See `Tree.digest`."""
        return self._tree.digest(self._prefix + path)
