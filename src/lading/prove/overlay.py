"""Layers stacked: what a container sees of them, and what they hide of each other.

https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#applying-changesets
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from lading.archive import TarEntry
from lading.prove.content import OPAQUE, WHITEOUT

T = TypeVar("T")


class Overlay(Generic[T]):
    """The paths of an image, layer upon layer, each with what somebody wants to know of it.

    `hidden` is told of each path that a later layer replaces or takes away, and its value. A folder over a folder hides
    nothing of it.
    """

    def __init__(self, hidden: Callable[[str, T], None]) -> None:
        self.paths: dict[str, T] = {}
        self._hidden = hidden
        self._lower: set[str] = set()
        self._folders: set[str] = set()
        self._whiteouts: set[str] = set()
        self._passed: set[str] = set()

    def begin_layer(self) -> None:
        """What is there now is what the next layer may hide."""
        self._lower = set(self.paths)
        self._whiteouts = set()
        self._passed = set()

    def apply(self, entry: TarEntry, value: T) -> bool:
        """Take in an entry of the current layer; not so for a whiteout, which only takes away."""
        path = entry.path
        folder, _, name = path.rpartition("/")
        if name == OPAQUE:
            self._whiteouts.add(f"{folder}/")
            return False
        if name.startswith(WHITEOUT):
            self._whiteouts.add(f"{folder}/{name.removeprefix(WHITEOUT)}".lstrip("/"))
            return False
        self._make_way(folder)
        self._replace(path, folder=entry.kind == "folder")
        self.paths[path] = value
        return True

    def end_layer(self) -> None:
        """Let the whiteouts of the layer take effect: all at once, since a layer may have as many as it has files."""
        if self._whiteouts:
            for path in [path for path in self._lower if self._is_hidden(path)]:
                self._drop(path)

    def _make_way(self, folder: str) -> None:
        """What is in a folder makes it one: a link or file that a lower layer has in its place is hidden. Engines
        unpack each layer by itself and lay it over the others: nothing is written through a link."""
        while folder and folder not in self._passed:
            self._passed.add(folder)
            if folder in self.paths and folder not in self._folders:
                self._drop(folder)
            folder = folder.rpartition("/")[0]

    def _replace(self, path: str, *, folder: bool) -> None:
        was_folder = path in self._folders
        if path in self.paths:
            self._lower.discard(path)
            if folder and was_folder:
                return
            self._drop(path)
        if folder:
            self._folders.add(path)
        elif was_folder:
            self._whiteouts.add(f"{path}/")

    def _is_hidden(self, path: str) -> bool:
        if path in self._whiteouts or "/" in self._whiteouts:
            return True
        while path := path.rpartition("/")[0]:
            if path in self._whiteouts or f"{path}/" in self._whiteouts:
                return True
        return False

    def _drop(self, path: str) -> None:
        self._lower.discard(path)
        self._folders.discard(path)
        if path in self.paths:
            self._hidden(path, self.paths.pop(path))
