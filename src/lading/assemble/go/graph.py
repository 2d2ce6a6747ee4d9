"""What the programs of a module are made of, remembered: the go command is asked again only when a file came or went,
or says other things about packages than before. A changed line of code starts no process."""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lading.assemble.actions import key_of
from lading.assemble.go.command import fetch_advice
from lading.assemble.go.listing import COMMAND, Listing, Program, read_listing
from lading.digest import Digest
from lading.errors import StepFailed
from lading.proc import LAST_LINES, Completed
from lading.store import Store
from lading.survey.fingerprint import is_source
from lading.survey.go.find import go_files
from lading.tree import Tree

if TYPE_CHECKING:
    from lading.assemble.go.programs import Place

LISTING_VERSION = "2"
"""Part of every key of a listing: raised when it holds something else."""

_SUMS = ("go.sum", "go.work.sum")
_MODULES = ("go.mod", "go.work", "modules.txt", *_SUMS)
"""Files that decide which packages there are."""
_COMPILED = (".s", ".S", ".h", ".syso")
"""Ends of names of other files that a package may be made of."""
_IN_C = (
    ".a", ".c", ".cc", ".cpp", ".cxx", ".def", ".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".o", ".pc", ".so", ".S",
)  # fmt: skip
"""Ends of names of what C and C++ are made of."""


class Graph:
    """The packages of a context. `packages` are the folders of the programs, relative to the module; `run` starts the
    go command with the words that it is given and a folder for its temporary files."""

    def __init__(
        self,
        store: Store,
        tree: Tree,
        packages: Sequence[str],
        *,
        place: "Place",
        version: str,
        context: Path,
        run: Callable[[Sequence[str], Path], Completed],
    ) -> None:
        self._store = store
        self._tree = tree
        self._packages = tuple(packages)
        self._place = place
        self._version = version
        self._context = context
        self._run = run

    @cached_property
    def listing(self) -> Listing:
        """Every program and package. One that has problems is not remembered: they may be the network's."""
        key = self._key()
        found = self._store.get_action(key, Listing)
        if found is None:
            found = self._asked()
            if found.whole:
                self._store.put_action(key, found)
        return found

    def problem(self, package: str) -> str:
        """What stands against building a program, or nothing."""
        program = self.listing.programs.get(package)
        return program.problem if program else "go does not know it"

    def files(self, package: str) -> Iterator[str]:
        """The files of the context that a program is made of."""
        for path in self.listing.programs[package].packages:
            yield from self.listing.packages[path].files

    def inputs(self, package: str) -> dict[str, str]:
        """What a program is made of, in words: files with their digests, modules with their versions and hashes."""
        program = self.listing.programs[package]
        named = {"go.mod: language": program.language}
        for path in program.packages:
            one = self.listing.packages[path]
            for file in one.files:
                named[file] = self._tree.digest(file)
            if one.module:
                name, _, version = one.module.partition(" ")
                named[f"go.mod: {name}"] = f"{version} {self._sums.get(one.module, '')}"
        if self._place.builder:
            named |= {path: self._tree.digest(path) for path in self._in_c()}
        return named

    def included(self) -> dict[str, str]:
        """The files of C that no package has, with their digests: only a compiler knows of them."""
        known = {file for one in self.listing.packages.values() for file in one.files}
        return {path: self._tree.digest(path) for path in self._in_c() if path not in known}

    def _in_c(self) -> Iterator[str]:
        """What a compiler may include, wherever it lies: only it knows."""
        for file in self._tree.files():
            if file.link is None and file.path.endswith(_IN_C):
                yield file.path

    def _asked(self) -> Listing:
        with self._store.scratch() as scratch:
            done = self._run([*COMMAND, *(f"./{package}" for package in self._packages)], scratch)
        if done.code:
            told = "\n".join(f"  | {line}" for line in done.err.strip().splitlines()[-LAST_LINES:])
            raise StepFailed(
                f"go cannot list the packages of the module (exit code {done.code})\n{told}",
                where=self._at("go.mod"),
                fix=fetch_advice(done.err) or "go mod tidy",
            )
        try:
            listing = read_listing(done.out, str(self._context))
        except ValueError as error:
            raise StepFailed(f"go gave no readable list of packages: {error}", fix="lading doctor") from error
        return Listing(programs=dict(self._by_module(listing)), packages=listing.packages)

    def _by_module(self, listing: Listing) -> Iterator[tuple[str, Program]]:
        """Programs by their folders relative to the module, as plans name them."""
        module = self._place.module
        for folder, program in listing.programs.items():
            yield posixpath.relpath(f"/{folder}", f"/{'' if module == '.' else module}"), program

    def _key(self) -> Digest:
        state = sha256()
        for line in self._lines():
            state.update(f"{line}\n".encode(errors="surrogateescape"))
        place = self._place
        return key_of(
            "go listing",
            {
                "place": f"{place.module} {place.platform} {place.workspace} {place.vendored} {place.builder is None}",
                "Go": self._version,
                "programs": " ".join(self._packages),
                "files": state.hexdigest(),
                "version": LISTING_VERSION,
            },
        )

    def _lines(self) -> Iterator[str]:
        """All that decides which files each package is made of: the heads of Go files, the names of others."""
        folders: dict[str, list[str]] = {}
        others: list[str] = []
        for file in self._tree.files():
            name = posixpath.basename(file.path)
            if file.link is None and is_source(file.path):
                folders.setdefault(posixpath.dirname(file.path), []).append(file.path)
            elif name in _MODULES or (self._place.vendored and "vendor/" in file.path and name.endswith(".go")):
                yield f"{file.path} {self._tree.digest(file.path)}"
            else:
                others.append(file.path)
        embedding: list[str] = []
        for folder, paths in sorted(folders.items()):
            yield f"{folder} {' '.join(posixpath.basename(path) for path in paths)} {self._heads(paths)}"
            if self._embeds(paths):
                embedding.append(f"{folder}/" if folder else "")
        for path in others:
            if path.endswith(_COMPILED) or path.startswith(tuple(embedding)):
                yield path

    def _heads(self, paths: Sequence[str]) -> str:
        """A digest of what files say of their packages."""

        def compute() -> str:
            facts = go_files(self._tree, paths, self._store.memo)
            said = [
                (one.package, one.constraint, sorted(imported.path for imported in one.imports), one.embeds)
                for one in facts
            ]
            return sha256(repr(said).encode()).hexdigest()

        return self._store.memo(key_of("go heads", self._digests(paths)), str, compute)

    def _embeds(self, paths: Sequence[str]) -> bool:
        def compute() -> bool:
            return any(one.embeds for one in go_files(self._tree, paths, self._store.memo))

        return self._store.memo(key_of("go embeds", self._digests(paths)), bool, compute)

    def _digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {posixpath.basename(path): self._tree.digest(path) for path in paths}

    @cached_property
    def _sums(self) -> Mapping[str, str]:
        """The hash of each module, by `path version` (https://go.dev/ref/mod#go-sum-files)."""
        found: dict[str, str] = {}
        for file in self._tree.files():
            if posixpath.basename(file.path) in _SUMS:
                for line in self._tree.read(file.path).decode(errors="replace").splitlines():
                    name, _, rest = line.partition(" ")
                    version, _, digest = rest.partition(" ")
                    if not version.endswith("/go.mod"):
                        found[f"{name} {version}"] = digest
        return found

    def _at(self, name: str) -> str:
        return "/".join(part for part in (self._place.context, self._place.module, name) if part != ".")
