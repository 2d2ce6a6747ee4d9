"""The application layer: the service's own source, one segment a folder, or its wheel."""

import hashlib
import posixpath
from collections.abc import Iterable, Iterator, Mapping

from lading.assemble.actions import Inputs, key_of
from lading.assemble.compress import NAMES, Compression
from lading.assemble.python.bytecode import Compiler, PycMemory, PycQueue
from lading.assemble.segment import Segment, SegmentWriter
from lading.digest import Digest
from lading.errors import StepFailed, UsageError, raise_all
from lading.plan.model import CopyTree
from lading.store import Store
from lading.tree import Patterns, Tree, TreeFile, is_utf8

COPY_VERSION = "2"
"""Part of every key that depends on how source is copied."""
MOST_LINKS = 40
"""Links that one path may lead through, as in Linux (path_resolution(7))."""


class SourceSelection:
    """What one `CopyTree` copies: files grouped by the first folder below its source; each group is a segment."""

    def __init__(self, tree: Tree, step: CopyTree) -> None:
        self.step = step
        self.tree = tree
        patterns = Patterns(step.exclude)
        prefix = "" if step.source in (".", "") else step.source.rstrip("/") + "/"
        self.groups: dict[str, list[TreeFile]] = {}
        self._files: dict[str, TreeFile] = {}
        for file in encodable(tree.files(), patterns):
            if file.path.startswith(prefix):
                relative = file.path[len(prefix) :]
                first, slash, _ = relative.partition("/")
                self.groups.setdefault(first if slash else ".", []).append(file)
                self._files[file.path] = file
        self._prefix = prefix
        self._destination = step.destination.strip("/")

    def target(self, file: TreeFile) -> str:
        """Where a file goes, relative to the image's root."""
        return posixpath.join(self._destination, file.path[len(self._prefix) :])

    def inputs(self, group: str) -> dict[str, str]:
        """The named inputs of a group: each file with its digest, whether it may be executed, or where it links to (and
        what is there, if it is a module: it has bytecode under both names)."""
        return {file.path: self._stamp(file) for file in self.groups[group]}

    def source_of(self, file: TreeFile) -> TreeFile | None:
        """The file that has a module's source: itself, what a link leads to, or nothing where that does not ship."""
        return file if file.link is None else followed(file, self._files)

    def _stamp(self, file: TreeFile) -> str:
        if file.link is not None:
            module = self.source_of(file) if file.path.endswith(".py") else None
            return f"-> {safe_link(file)}{f' {self._stamp(module)}' if module else ''}"
        return f"{self.tree.digest(file.path)}{' x' if file.executable else ''}"


class SourcePacker:
    """Turns groups of source files into segments, with bytecode beside their modules."""

    def __init__(
        self, store: Store, *, compression: Compression, mtime: int, compiler: Compiler | None, bytecode: str
    ) -> None:
        self._store = store
        self._compression: Compression = compression
        self._mtime = mtime
        self._compiler = compiler
        self._bytecode = bytecode

    def key(self, selection: SourceSelection, inputs: Inputs) -> Digest:
        """The key of a group's segment."""
        fixed = {
            "\0from": selection.step.source,
            "\0to": selection.step.destination,
            "\0bytecode": self._bytecode if selection.step.python else "",
            "\0version": COPY_VERSION,
            "\0compression": NAMES[self._compression],
            "\0time": str(self._mtime),
        }
        return key_of("source", {**inputs, **fixed})

    def known(self, key: Digest) -> Segment | None:
        """A segment that was packed before, if it is whole."""
        found = self._store.get_action(key, Segment)
        return found if found and self._store.has(found.digest, found.size) else None

    def pack(self, selection: SourceSelection, group: str, key: Digest, memory: str) -> Segment:
        """Pack one group. `memory` names where the bytecode of its last build is kept, so that only changed modules
        are compiled."""
        compiler = self._compiler if selection.step.python else None
        state = f"bytecode-{memory}-{self._bytecode}"
        kept = PycMemory(self._store.get_state(state, dict[str, tuple[str, bytes]])) if compiler else None
        pycs = PycQueue(compiler, kept)
        with SegmentWriter(self._store, self._compression, self._mtime) as writer:
            for file in selection.groups[group]:
                self._write(selection, file, writer, pycs)
                for name, pyc in pycs.ready():
                    writer.file(name, pyc)
            for name, pyc in pycs.rest():
                writer.file(name, pyc)
            segment = writer.finish()
        if kept:
            self._store.put_state(state, kept.kept)
        self._store.put_action(key, segment)
        return segment

    def _write(self, selection: SourceSelection, file: TreeFile, writer: SegmentWriter, pycs: PycQueue) -> None:
        target, source = selection.target(file), selection.source_of(file)
        if file.link is not None:
            writer.link(target, safe_link(file))
        if source is None:
            return
        mode = 0o755 if file.executable else 0o644
        if pycs.wants(target, source.size):
            data = b"".join(_promised(selection.tree, source.path))
            if file.link is None:
                writer.file(target, data, mode=mode)
            pycs.add(target, data, selection.tree.digest(source.path))
        elif file.link is None:
            writer.stream(target, _promised(selection.tree, file.path), size=file.size, mode=mode)


def _promised(tree: Tree, path: str) -> Iterator[bytes]:
    """A file's bytes, which must be those that its segment's key was computed from: else the key would lie for ever."""
    state = hashlib.sha256()
    for chunk in tree.chunks(path):
        state.update(chunk)
        yield chunk
    if tree.digest(path) != f"sha256:{state.hexdigest()}":
        raise StepFailed("a file changed while it was packed", where=path, fix="build again when nothing writes to it")


def encodable(files: Iterable[TreeFile], exclude: Patterns) -> list[TreeFile]:
    """The files that are not excluded. `UsageError` (or several) for names that are not UTF-8, which the archive of a
    layer cannot hold (pax(1), "pax Header Block"), or that have line breaks, which Lading's own readers refuse."""
    found = [file for file in files if not exclude.matches(file.path)]
    raise_all(
        UsageError(
            "a file's name has a line break in it" if "\n" in file.path else "a file's name is not UTF-8",
            where=file.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\n", "\\n"),
            fix="rename it, or exclude it in lading.toml",
        )
        for file in found
        if "\n" in file.path or not is_utf8(file.path + (file.link or ""))
    )
    return found


def followed(link: TreeFile, files: Mapping[str, TreeFile]) -> TreeFile | None:
    """The file among `files` (by path) that a link leads to, through other links too; nothing where there is none."""
    rest, done, links = link.path.split("/")[::-1], list[str](), 0
    while rest:
        part = rest.pop()
        if part == "..":
            del done[-1:]
        elif part not in ("", "."):
            found = files.get("/".join([*done, part]))
            if found is None or found.link is None:
                done.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                return None
            rest += found.link.split("/")[::-1]
    return files.get("/".join(done))


def safe_link(file: TreeFile) -> str:
    """The target of a link that stays inside the service's own folder, else `UsageError`."""
    target = file.link or ""
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), target))
    if target.startswith("/") or resolved.startswith("../") or resolved == "..":
        raise UsageError(
            "a link of the source tree leads out of it",
            where=f"{file.path} → {target}",
            fix="replace it with the file itself, or exclude it in lading.toml",
        )
    return target
