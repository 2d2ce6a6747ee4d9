"""The packages of a repository's modules, and what each program of it is made of. Pure."""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from lading.survey.go.constraint import asks_for_cgo, is_built
from lading.survey.go.modfile import ModFile
from lading.survey.go.source import GoFile

Files = Mapping[str, GoFile]
"""Facts of files by their paths, relative to the repository."""


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """A module. `folder` has its go.mod; `root` is where go is run for it: the folder of the go.work that uses it, or
    its own. Both are relative to the repository (`.` for the root). `vendored`: others' modules are in `vendor/`."""

    folder: str
    root: str
    file: ModFile
    work: ModFile | None = None
    vendored: bool = False

    def at(self, folder: str) -> str:
        """A folder of this module, relative to the repository."""
        return join(self.folder, folder)


class Packages:
    """The packages of all modules of a repository: a package is a folder with files that are built for Linux."""

    def __init__(self, modules: Sequence[Module], files: Files) -> None:
        self.modules = tuple(modules)
        self.folders: dict[str, dict[str, GoFile]] = {}
        for path, file in sorted(files.items()):
            name = posixpath.basename(path)
            built = is_built(name, file.constraint) or asks_for_cgo(name, file.constraint)
            if file.package and built and not name.endswith("_test.go"):
                self.folders.setdefault(posixpath.dirname(path) or ".", {})[path] = file
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    def mains(self, module: Module) -> tuple[str, ...]:
        """The folders of a module whose files say `package main`, relative to the module, sorted."""
        nested = [one.folder for one in self.modules if one.folder != module.folder]
        return tuple(
            sorted(
                relative(folder, module.folder)
                for folder, files in self.folders.items()
                if within(folder, module.folder)
                and not any(within(folder, one) and within(one, module.folder) for one in nested)
                and any(self._starts(path, file) for path, file in files.items())
            )
        )

    def files_of(self, module: Module, mains: Iterable[str]) -> dict[str, GoFile]:
        """The files that programs of a module (their folders, relative to it) are made of, as far as they are in the
        repository, by path."""
        folders = set[str]().union(*(self.closure(module, module.at(main)) for main in mains))
        return {path: file for folder in sorted(folders) for path, file in self.folders.get(folder, {}).items()}

    def closure(self, module: Module, folder: str) -> frozenset[str]:
        """A package's folder and those of all packages that it imports, relative to the repository."""
        key = module.root, folder
        if key not in self._reached:
            found, todo = set[str](), [folder]
            while todo:
                one = todo.pop()
                if one not in found:
                    found.add(one)
                    todo += self._imported(module, one)
            self._reached[key] = frozenset(found)
        return self._reached[key]

    def _imported(self, module: Module, folder: str) -> Iterator[str]:
        for file in self.folders.get(folder, {}).values():
            for one in file.imports:
                found = self.folder_of(module, one.path)
                if found is not None:
                    yield found

    def folder_of(self, module: Module, path: str) -> str | None:
        """The folder of an imported package, or nothing for one that is not in the repository."""
        known = self._prefixes[module.root]
        prefix = path
        while prefix:
            if prefix in known:
                return join(known[prefix], path[len(prefix) :].strip("/") or ".")
            prefix = prefix.rpartition("/")[0]
        return None

    @cached_property
    def _prefixes(self) -> Mapping[str, Mapping[str, str]]:
        """For each place where go is run: the paths of the modules that are local there, with their folders."""
        found: dict[str, dict[str, str]] = {}
        for one in self.modules:
            known = found.setdefault(one.root, {})
            for old, folder in local_replacements(one):
                known.setdefault(old, folder)
            known[one.file.module] = one.folder
        return found

    @staticmethod
    def _starts(path: str, file: GoFile) -> bool:
        return file.package == "main" and is_built(posixpath.basename(path), file.constraint)


def local_replacements(module: Module) -> Iterator[tuple[str, str]]:
    """The modules that `replace` finds in the repository: their paths and folders."""
    replaces = [(module.folder, one) for one in module.file.replaces]
    replaces += [(module.root, one) for one in (module.work.replaces if module.work else ())]
    for base, one in replaces:
        folder = join(base, one.folder)
        if not folder.startswith(".."):
            yield one.old, folder


def common_folder(folders: Collection[str]) -> str:
    """The folder that has all of these.

    >>> common_folder(["a/b", "a/c/d"]), common_folder(["a", "b"]), common_folder(["a"])
    ('a', '.', 'a')
    """
    return posixpath.commonpath([f"/{folder}" if folder != "." else "/" for folder in folders]).strip("/") or "."


def join(folder: str, path: str) -> str:
    """A path below (or beside) a folder, both relative to the repository.

    >>> join(".", "a"), join("a/b", "../c"), join("a", ".")
    ('a', 'a/c', 'a')
    """
    return posixpath.normpath(posixpath.join(folder, path))


def within(folder: str, other: str) -> bool:
    """Whether a folder is another one or below it."""
    return other in (".", folder) or folder.startswith(f"{other}/")


def relative(folder: str, other: str) -> str:
    """A folder as it is seen from one above it.

    >>> relative("a/b", "a"), relative("a", "a"), relative("a", ".")
    ('b', '.', 'a')
    """
    if folder == other:
        return "."
    return folder if other == "." else folder.removeprefix(f"{other}/")
