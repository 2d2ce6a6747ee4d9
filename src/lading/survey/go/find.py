"""The services in Go of a repository. What a file says is remembered by its content; the go command is not asked."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from lading.survey.fingerprint import is_source, key_of
from lading.survey.go.grouping import CONTAINERS, group, is_aside
from lading.survey.go.modfile import ModFile, read_modfile
from lading.survey.go.packages import Module, Packages, join, local_replacements, relative, within
from lading.survey.go.source import GoFile
from lading.survey.model import GoService, Unsupported
from lading.tree import Tree

if TYPE_CHECKING:
    from lading.survey.folders import Project
    from lading.survey.ground import Ground, Memo

_MANIFESTS = ("go.mod", "go.sum", "go.work", "go.work.sum")


def find_services(
    ground: "Ground", projects: Iterable["Project"], asked: Sequence[str]
) -> Sequence[GoService | Unsupported]:
    """Every service in Go among some projects, and the modules that cannot be built. `asked` are folders that somebody
    has named."""
    return _Finder(ground).find(tuple(projects), asked)


def go_files(tree: Tree, paths: Sequence[str], memo: "Memo") -> tuple[GoFile, ...]:
    """The facts of files, remembered together: a fleet has thousands, and reading so many answers takes its time."""

    def compute() -> tuple[GoFile, ...]:
        return tuple(_go_file(tree, path, memo) for path in paths)

    return memo(key_of("go files", *(tree.digest(path) for path in paths)), tuple[GoFile, ...], compute)


def _go_file(tree: Tree, path: str, memo: "Memo") -> GoFile:
    def compute() -> GoFile:
        from lading.survey.go.scan import scan_file

        return scan_file(tree.read(path))

    return memo(key_of("go file", tree.digest(path)), GoFile, compute)


class _Finder:
    def __init__(self, ground: "Ground") -> None:
        self._ground = ground

    def find(self, projects: Sequence["Project"], asked: Sequence[str]) -> Sequence[GoService | Unsupported]:
        files = {one.folder: self._modfile(one.path("go.mod")) for one in projects if "go.mod" in one.files}
        works = {one.folder: self._modfile(one.path("go.work")) for one in projects if "go.work" in one.files}
        refused = [*_broken(files, "go.mod"), *_broken(works, "go.work")]
        modules = [
            self._module(folder, file, works)
            for folder, file in files.items()
            if file.module
            and not file.broken
            and not any(work.broken and within(folder, at) for at, work in works.items())
        ]
        packages = Packages(modules, self._files(modules))
        services: list[GoService] = []
        for one in modules:
            found = tuple(self._services(one, packages, asked))
            problem = self._problem(one) if found else None
            if problem:
                refused.append(problem)
            else:
                services += found
        return (*_without_each_other(services, packages), *refused)

    def _modfile(self, path: str) -> ModFile:
        def compute() -> ModFile:
            return read_modfile(self._ground.tree.read(path))

        return self._ground.memo(key_of("modfile", self._ground.tree.digest(path)), ModFile, compute)

    def _module(self, folder: str, file: ModFile, works: Mapping[str, ModFile]) -> Module:
        """A module, with the nearest go.work above it that uses it (https://go.dev/ref/mod#workspaces)."""
        above = sorted((at for at in works if within(folder, at)), key=len, reverse=True)
        for at in above[:1]:
            if folder in {join(at, one) for one in works[at].uses}:
                vendored = join(at, "vendor/modules.txt") in self._ground.present
                return Module(folder=folder, root=at, file=file, work=works[at], vendored=vendored)
        vendored = join(folder, "vendor/modules.txt") in self._ground.present
        return Module(folder=folder, root=folder, file=file, vendored=vendored)

    def _files(self, modules: Sequence[Module]) -> dict[str, GoFile]:
        """The facts of every file of some modules, a folder at a time."""
        folders: dict[str, list[str]] = {}
        for path in self._ground.paths:
            if is_source(path) and any(within(path, one.folder) for one in modules):
                folders.setdefault(posixpath.dirname(path), []).append(path)
        found: dict[str, GoFile] = {}
        for paths in folders.values():
            found.update(zip(paths, go_files(self._ground.tree, paths, self._ground.memo), strict=True))
        return found

    def _services(self, module: Module, packages: Packages, asked: Sequence[str]) -> Iterator[GoService]:
        from lading.survey.go.conclude import Inputs, conclude, context_of

        free = [relative(one, module.folder) for one in asked if within(one, module.folder) and one != module.folder]
        mains = [
            folder
            for folder in packages.mains(module)
            if not is_aside(folder) or any(within(folder, one) for one in free)
        ]
        whole = posixpath.basename(posixpath.dirname(module.folder)) in CONTAINERS
        for one in group(mains, module.file.module, whole=whole):
            yield conclude(
                Inputs(
                    group=one,
                    module=module,
                    packages=packages,
                    paths=tuple(self._ground.below(module.at(one.folder))),
                    ignored=self._ground.ignored(context_of(module)),
                    manifests=self._manifests(module),
                    procfile=self._procfile(module.at(one.folder)),
                )
            )

    def _procfile(self, folder: str) -> str:
        path = join(folder, "Procfile")
        return self._ground.text(path) if path in self._ground.present else ""

    def _manifests(self, module: Module) -> tuple[str, ...]:
        """The files that name modules: the module's own and those of every local one, relative to its context."""
        from lading.survey.go.conclude import context_of

        context = context_of(module)
        local = [folder for _, folder in local_replacements(module)]
        used = [join(module.root, one) for one in module.work.uses] if module.work else []
        folders = dict.fromkeys([module.root, module.folder, *used, *local])
        paths = (join(folder, name) for folder in folders for name in _MANIFESTS)
        return tuple(sorted(relative(path, context) for path in paths if path in self._ground.present))

    def _problem(self, module: Module) -> Unsupported | None:
        """What stands against building a module."""
        file = join(module.folder, "go.mod")
        sums = [join(folder, name) for folder, name in ((module.folder, "go.sum"), (module.root, "go.work.sum"))]
        local = {one.old for one in module.file.replaces}
        others = [path for path, _ in module.file.requires if path not in local]
        if others and not module.vendored and not self._ground.present.intersection(sums) and module.work is None:
            what = f"there is no go.sum, so what {others[0]} would bring is not known"
            where = "" if module.folder == "." else f" -C {module.folder}"
            return _unsupported(module.folder, file, what, f"go{where} mod tidy")
        return None


def _without_each_other(services: Sequence[GoService], packages: Packages) -> Iterator[GoService]:
    """Each service with the folders of the others of its context that it has nothing of: they are not its source."""
    for one in services:
        used = _used(one, packages)
        others = {
            other.folder
            for other in services
            if other.context == one.context
            and not within(one.folder, other.folder)
            and not any(within(folder, other.folder) for folder in used)
        }
        nested = tuple(sorted(relative(folder, one.context) for folder in others if within(folder, one.context)))
        yield msgspec.structs.replace(one, nested=nested)


def _used(one: GoService, packages: Packages) -> frozenset[str]:
    module = next(module for module in packages.modules if module.file.module == one.module and module.root == one.root)
    return frozenset[str]().union(
        *(packages.closure(module, join(one.root, binary.value.package)) for binary in one.binaries)
    )


def _broken(files: Mapping[str, ModFile], name: str) -> Iterator[Unsupported]:
    for folder, file in files.items():
        if file.broken or (name == "go.mod" and not file.module):
            what = f"{name} cannot be read: {file.broken or 'it names no module'}"
            yield _unsupported(folder, join(folder, name), what, "go mod edit -fmt")


def _unsupported(folder: str, file: str, what: str, fix: str) -> Unsupported:
    from lading.survey.go.conclude import service_name

    name = service_name(posixpath.basename(folder)) if folder != "." else "repository"
    return Unsupported(name=name, folder=folder, file=file, what=what, fix=fix)
