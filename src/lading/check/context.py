"""The build context as the builder sees it: a folder without what its ignore file hides.

Folders are read when somebody looks into them, so that nobody walks `node_modules` for nothing. Links are kept as links
and never lead out: a target is looked up below the context's own root.
https://docs.docker.com/build/concepts/context/
"""

import os
import stat
from pathlib import Path

import msgspec

from lading.check.model.entry import LARGEST, ROOT, Entry, Origin
from lading.check.model.files import Files, anything
from lading.check.model.nodes import Listed, Loaded, Node, absent, present, unknown
from lading.finding import Place
from lading.tree.patterns import Patterns, parse_ignore_file

MOST_ENTRIES = 20_000
"""Entries of a folder that are looked through for one that a `!` pattern takes back."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """A context. `files` is what the builder sees, `everything` what is there; both have the context as their root.
    `ignore_file` is how the reader names the file that `patterns` are from; it is empty where there is none."""

    name: str
    files: Files
    everything: Files
    ignore_file: str = ""
    patterns: tuple[str, ...] = ()

    def hidden_by(self, path: str) -> str:
        """The pattern that hides a path which is there, or would if it were; empty where none does."""
        relative = path.strip("/")
        if not Patterns(self.patterns).matches(relative):
            return ""
        return next(one for one in reversed(self.patterns) if Patterns([one]).matches(relative))


def folder_context(root: Path, *, name: str = ".", dockerfile: Path | None = None) -> Context:
    """The context in a folder. `name` is how the reader names it. The ignore file beside a Dockerfile
    (`Dockerfile.dockerignore`) goes before the folder's own."""
    file, text = _ignore_file(root, dockerfile)
    patterns = parse_ignore_file(text)
    origin = Origin(act="context", place=Place(path=name), text=name, stage=-1)
    everything = _Reader(root, Patterns(()), origin)
    seen = _Reader(root, Patterns(patterns), origin)
    return Context(
        name=name,
        files=Files(seen.top()),
        everything=Files(everything.top()),
        ignore_file=file,
        patterns=patterns,
    )


def unknown_context(name: str) -> Context:
    """A context that cannot be looked into: a repository far away, or none at hand."""
    files = anything(Origin(act="context", place=Place(path=name), text=name, stage=-1))
    return Context(name=name, files=files, everything=files)


class FileContent(msgspec.Struct, frozen=True):
    """The bytes of a file of this machine."""

    path: str
    size: int

    def read(self) -> bytes | None:
        """See `Content.read`."""
        return self.head(LARGEST) if self.size <= LARGEST else None

    def head(self, count: int) -> bytes:
        """See `Content.head`. Nothing for what is a link or no file by now."""
        try:
            with open(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
                return file.read(count) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
        except OSError:
            return b""


class _Reader:
    """Folders of a context become nodes."""

    def __init__(self, root: Path, patterns: Patterns, origin: Origin) -> None:
        self._root = str(root)
        self._patterns = patterns
        self._takes_back = any(line.startswith("!") for line in patterns.lines)
        self._origin = origin

    def top(self) -> Node:
        return self._folder("", 0o755)

    def _folder(self, path: str, mode: int) -> Node:
        entry = Entry(kind="folder", origin=self._origin, mode=mode, owner=ROOT)
        return present(entry, Loaded(lambda: self._load(path)))

    def _load(self, path: str) -> Listed:
        try:
            with os.scandir(f"{self._root}/{path}") as entries:
                found = [(entry.name, self._node(f"{path}/{entry.name}".lstrip("/"), entry)) for entry in entries]
        except OSError:
            return Listed({}, unknown(self._origin))
        return Listed({name: node for name, node in found if node is not None}, absent(self._origin))

    def _node(self, path: str, found: "os.DirEntry[str]") -> Node | None:
        hidden = self._patterns.matches(path)
        if hidden and not (self._takes_back and found.is_dir(follow_symlinks=False) and self._has_seen(path)):
            return None
        info = found.stat(follow_symlinks=False)
        mode = stat.S_IMODE(info.st_mode)
        if stat.S_ISDIR(info.st_mode):
            return self._folder(path, mode)
        if stat.S_ISLNK(info.st_mode):
            target = os.readlink(found.path)  # noqa: PTH115
            return present(Entry(kind="link", origin=self._origin, mode=0o777, owner=ROOT, target=target))
        if not stat.S_ISREG(info.st_mode):
            return None  # BuildKit sends no sockets; pipes and devices have no place in a context
        content = FileContent(found.path, info.st_size)
        return present(Entry(kind="file", origin=self._origin, mode=mode, owner=ROOT, content=content))

    def _has_seen(self, path: str) -> bool:
        """Whether something below a hidden folder is taken back; true where that would take too long to find out."""
        cut = len(self._root) + 1
        looked_at = 0
        for folder, _, names in os.walk(f"{self._root}/{path}"):
            looked_at += len(names) + 1
            if looked_at > MOST_ENTRIES or any(not self._patterns.matches(f"{folder[cut:]}/{name}") for name in names):
                return True
        return False


def _ignore_file(root: Path, dockerfile: Path | None) -> tuple[str, str]:
    beside = [dockerfile.with_name(f"{dockerfile.name}.dockerignore")] if dockerfile is not None else []
    for path in (*beside, root / ".dockerignore"):
        try:
            return path.name, path.read_text(errors="surrogateescape")
        except OSError:
            continue
    return "", ""
