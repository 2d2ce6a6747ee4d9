"""What a plan writes beside packages and source: accounts, texts, folders with owners, links, single files."""

from collections.abc import Sequence

from lading.assemble.segment import SegmentWriter
from lading.errors import UsageError
from lading.plan.accounts import NSSWITCH, group, passwd
from lading.plan.model import Accounts, CopyFile, MakeFolder, MakeLink, SmallStep, WriteFile
from lading.tree import Tree

LARGEST_FILE = 16 << 20
"""Bytes of a single file of the repository. It is held whole; what is larger is no configuration."""


class SmallFiles:
    """The files that small steps stand for. Copied ones are read from `tree`."""

    def __init__(self, steps: Sequence[SmallStep], tree: Tree) -> None:
        self._steps = steps
        self._tree = tree

    def __bool__(self) -> bool:
        return bool(self._steps)

    def inputs(self) -> dict[str, str]:
        """What they depend on, in words. Raises `UsageError` for a file that the repository does not have."""
        named = {f"plan: {type(step).__name__} {number}": repr(step) for number, step in enumerate(self._steps)}
        for step in self._steps:
            if isinstance(step, CopyFile):
                self._require(step)
                named[step.source] = str(self._tree.digest(step.source))
        return named

    def write(self, writer: SegmentWriter) -> None:
        """Write them all, in the order of their steps."""
        for step in self._steps:
            self._write(step, writer)

    def _write(self, step: SmallStep, writer: SegmentWriter) -> None:
        match step:
            case Accounts():
                writer.file("etc/passwd", passwd(step).encode())
                writer.file("etc/group", group(step).encode())
                writer.file("etc/nsswitch.conf", NSSWITCH.encode())
                writer.folder(step.home.lstrip("/"))
                writer.folder("tmp", mode=0o1777)
            case WriteFile():
                writer.file(step.path.lstrip("/"), step.content.encode(), mode=step.mode)
            case CopyFile():
                self._require(step)
                writer.file(step.path.lstrip("/"), self._tree.read(step.source), mode=step.mode)
            case MakeFolder():
                writer.folder(step.path.lstrip("/"), mode=step.mode, owner=(step.uid, step.gid))
            case MakeLink():
                writer.link(step.path.lstrip("/"), step.target)

    def _require(self, step: CopyFile) -> None:
        file = next((file for file in self._tree.files() if file.path == step.source), None)
        if file is None:
            raise UsageError(f"the repository has no file {step.source}", where=f"files.{step.path} in lading.toml")
        if file.size > LARGEST_FILE:
            raise UsageError(f"{step.source} has more than {LARGEST_FILE >> 20} MiB", where=step.source)
