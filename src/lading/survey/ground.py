"""What every language's part of a survey stands on: the tree, what is remembered of it, and how its paths read."""

import posixpath
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from lading.digest import Digest
from lading.tree import Tree, is_utf8

if TYPE_CHECKING:
    from lading.survey.folders import Project

T = TypeVar("T")


class Memo(Protocol):
    """Remembers what is costly: a value by its key, of a type that msgspec can write (`Store.memo` is one)."""

    def __call__(self, key: Digest, kind: type[T], compute: Callable[[], T], /) -> T:
        """The remembered value, or `compute()`, remembered."""


def forget(_key: Digest, _kind: type[T], compute: Callable[[], T], /) -> T:
    """A memo without memory, for those who survey once."""
    return compute()


class Ground:
    """A tree to be surveyed. `paths` are its files, `present` the same as a set; links are none of them."""

    def __init__(self, tree: Tree, memo: Memo) -> None:
        self.tree = tree
        self.memo = memo
        self.paths = tuple(file.path for file in tree.files() if file.link is None and is_utf8(file.path))
        self.present = frozenset(self.paths)

    def text(self, path: str) -> str:
        """The text of a file."""
        return self.tree.read(path).decode(errors="replace")

    def digest(self, path: str) -> str:
        """The digest of a file, or nothing where there is none."""
        return self.tree.digest(path) if path in self.present else ""

    def below(self, folder: str, nested: Sequence[str] = ()) -> Iterable[str]:
        """The files below a folder, relative to it, but for those in the folders `nested` (relative to it, too)."""
        prefix = "" if folder == "." else f"{folder}/"
        inner = tuple(f"{prefix}{one}/" for one in nested)
        return (path[len(prefix) :] for path in self.paths if path.startswith(prefix) and not path.startswith(inner))

    def ignored(self, folder: str) -> tuple[str, ...]:
        """The ignore patterns of a folder: its own, and the repository's as they read from there."""
        from lading.survey.patterns import rebased
        from lading.tree.patterns import parse_ignore_file

        lines: list[str] = []
        for place in dict.fromkeys((".", folder)):
            path = posixpath.join("" if place == "." else place, ".dockerignore")
            if path in self.present:
                own = parse_ignore_file(self.text(path))
                lines += rebased(own, folder) if place == "." else own
        return tuple(lines)

    def hidden(self, folder: str) -> bool:
        """Whether the repository's ignore file leaves a folder out. One with exceptions says what a single image may
        see, not what there is."""
        from lading.tree.patterns import Patterns

        lines = self.ignored(".")
        exceptions = any(line.startswith("!") for line in lines)
        return folder != "." and not exceptions and Patterns(lines).matches(folder)


def nested_in(one: "Project", projects: Iterable["Project"]) -> tuple[str, ...]:
    """The Python and Go projects inside a project, relative to it: they are not its source. Others may well be (a
    front end that a service hands out, a folder with a list of requirements)."""
    own = frozenset(("pyproject.toml", "go.mod"))

    prefix = "" if one.folder == "." else f"{one.folder}/"
    return tuple(
        other.folder[len(prefix) :]
        for other in projects
        if other.folder not in (one.folder, ".") and other.folder.startswith(prefix) and own.intersection(other.files)
    )
