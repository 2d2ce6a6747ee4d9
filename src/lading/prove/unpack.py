"""An image's layers as a folder, for runtimes that start containers from one (crun, runc).

Rules: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#applying-changesets. Nothing is written outside
the folder, whatever the layers say: the reader refuses paths with `..`, and links that lower layers left are followed
as they would be in the container, never out of it.

As root every file gets its owner. As anybody else all files are the caller's, and a user namespace shows them as the
image's user's. Set-user-ID bits, capabilities and other extended attributes are left out: the container could not use
them (`noNewPrivileges`).
"""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from lading.archive import TarEntry
from lading.errors import StepFailed, VerificationFailed
from lading.oci.model import Image
from lading.prove.content import OPAQUE, WHITEOUT, entries
from lading.store.trees import folders_of, remove_tree

MOST_LINKS = 40
"""Links that one path may lead through, as in Linux (path_resolution(7))."""
_LATEST = 2**33
"""Seconds since 1970 that every file system can store; times of archives are held to it."""


def unpack(image: Image, root: Path, *, owners: bool, folders: Sequence[str] = (), files: Sequence[str] = ()) -> None:
    """Make the new folder `root` hold the image's files. `owners` needs root.

    `folders` and `files` (paths in the image) are there afterwards, whether the image has them or not, and the files
    are no links: a runtime needs places to mount on.

    Raises `VerificationFailed` for layers that are unsafe or not what the manifest says, `StepFailed` when the disk is
    full; what was written by then must be thrown away.
    """
    root.mkdir(parents=True)
    tree = _Tree(root, owners=owners)
    try:
        for layer in image.layers:
            tree.begin_layer()
            for entry in entries(layer):
                tree.apply(entry)
        for path in folders:
            tree.folder(path)
        for path in files:
            tree.file(path)
        tree.finish()
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else str(root)
        raise StepFailed(f"cannot unpack the image: {error.strerror}", where=name, fix="lading doctor") from error


class _Tree:
    """The folder so far. Every path that it works on has a parent that is a real folder inside the root."""

    def __init__(self, root: Path, *, owners: bool) -> None:
        self._root = root
        self._owners = owners
        self._modes: dict[str, int] = {str(root): 0o755}
        self._written: set[Path] = set()
        self._known: dict[str, Path] = {"": root}

    def begin_layer(self) -> None:
        """Whiteouts of a layer hide what lower layers have, and nothing of their own layer."""
        self._written = set()

    def apply(self, entry: TarEntry) -> None:
        """Make one entry, or take away what a whiteout hides."""
        folder, _, name = entry.path.rpartition("/")
        parent = self.folder(folder)
        if name == OPAQUE:
            self._hide(parent.iterdir())
        elif name.startswith(WHITEOUT):
            hidden = name.removeprefix(WHITEOUT)
            if hidden in ("", ".", ".."):
                raise VerificationFailed("a whiteout that means no file", where=entry.path)
            self._hide([parent / hidden])
        else:
            self._make_room(parent / name, entry)
            self._make(parent / name, entry)
            self._mark_written(parent / name)

    def finish(self) -> None:
        """Give folders their own modes, the innermost first; until now they had to be writable."""
        for folder in reversed(folders_of(self._root)):
            if folder in self._modes:
                Path(folder).chmod(self._modes[folder])

    def _mark_written(self, path: Path) -> None:
        while path not in self._written and path != self._root:
            self._written.add(path)
            path = path.parent

    def _make(self, path: Path, entry: TarEntry) -> None:
        match entry.kind:
            case "folder":
                path.mkdir(mode=0o700, exist_ok=True)
                self._modes[str(path)] = entry.mode & 0o1777
                self._own(path, entry)
            case "file":
                self._write(path, entry)
            case "link":
                path.symlink_to(entry.target)
                self._own(path, entry)
            case "hardlink":
                self._link(path, entry)

    def _write(self, path: Path, entry: TarEntry) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            for chunk in entry.chunks():
                file.write(chunk)
            if self._owners:
                os.fchown(handle, _number(entry.uid, entry), _number(entry.gid, entry))
            os.fchmod(handle, entry.mode & 0o1777)
        # Bytecode that is checked against its source by time would otherwise be compiled at each start.
        seconds = min(max(entry.mtime, 0), _LATEST)
        os.utime(path, (seconds, seconds))

    def _link(self, path: Path, entry: TarEntry) -> None:
        folder, _, name = entry.target.rpartition("/")
        source = self.folder(folder) / name
        if not os.path.lexists(source):
            raise VerificationFailed("a hard link to a file that is not there", where=f"{entry.path} → {entry.target}")
        os.link(source, path, follow_symlinks=False)

    def _own(self, path: Path, entry: TarEntry) -> None:
        if self._owners:
            os.chown(path, _number(entry.uid, entry), _number(entry.gid, entry), follow_symlinks=False)

    def _make_room(self, path: Path, entry: TarEntry) -> None:
        """Take away what a lower layer has at the place; a folder stays when a folder comes."""
        try:
            there = path.lstat().st_mode
        except FileNotFoundError:
            return
        if not (stat.S_ISDIR(there) and entry.kind == "folder"):
            self._remove(path)

    def _hide(self, paths: Iterable[Path]) -> None:
        pending = list(paths)
        while pending:
            path = pending.pop()
            if path not in self._written:
                if os.path.lexists(path):
                    self._remove(path)
            elif path.is_dir() and not path.is_symlink():
                pending += path.iterdir()

    def _remove(self, path: Path) -> None:
        self._known = {"": self._root}
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink()

    def folder(self, path: str) -> Path:
        """The folder that `path` means in the container, made where it is missing.

        Links are followed inside the root only, and `..` stops there, as it does for a process of the container.
        """
        if path in self._known:
            return self._known[path]
        here, links = self._root, 0
        parts = path.split("/")[::-1]
        while parts:
            part = parts.pop()
            if part == "..":
                here = here.parent if here != self._root else here
            elif part not in ("", "."):
                target = self._step(here / part, path)
                if target is None:
                    here = here / part
                    continue
                links += 1
                if links > MOST_LINKS:
                    raise VerificationFailed("a path leads through too many links", where=path)
                here = self._root if target.startswith("/") else here
                parts += target.split("/")[::-1]
        self._known[path] = here
        return here

    def file(self, path: str) -> None:
        """Let there be a real file; an empty one takes the place of a link or of nothing."""
        folder, _, name = path.rpartition("/")
        place = self.folder(folder) / name
        if place.is_symlink():
            place.unlink()
        if not place.exists():
            place.touch(mode=0o644)

    def _step(self, path: Path, whole: str) -> str | None:
        """The target of the link at `path`, or nothing when it is a folder now. `whole` is the path on the way."""
        try:
            there = path.lstat().st_mode
        except FileNotFoundError:
            path.mkdir(mode=0o700)
            self._modes[str(path)] = 0o755
            return None
        if stat.S_ISLNK(there):
            return str(path.readlink())
        if not stat.S_ISDIR(there):
            raise VerificationFailed("a path leads through a file", where=whole)
        return None


def _number(owner: int, entry: TarEntry) -> int:
    if not 0 <= owner < 2**32 - 1:
        raise VerificationFailed(f"an owner that no system has: {owner}", where=entry.path)
    return owner
