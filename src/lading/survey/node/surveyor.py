"""The Node projects of a repository: each one's facts, or what stands against building it."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from lading.survey.fingerprint import SCRIPTS, key_of
from lading.survey.folders import Project
from lading.survey.ground import Ground, Memo
from lading.survey.model import Fact, NodePackages, NodeService, Unsupported
from lading.survey.node.conclude import Inputs, conclude
from lading.survey.node.frameworks import CONFIGS
from lading.survey.node.managers import LOCKS, Managed, Problem, managed, problems
from lading.survey.node.npmlock import LockFacts, differences, read_lock
from lading.survey.node.package import PackageFacts, read_package
from lading.survey.node.scan import ModuleFacts, scan_module
from lading.survey.node.versions import FILES, node_fact
from lading.survey.node.workspaces import closure, members, pnpm_patterns
from lading.survey.python.tables import normalised
from lading.tree import Tree
from lading.tree.patterns import Patterns

PACKAGE = "package.json"
_SETTINGS = (".npmrc", ".yarnrc.yml", ".yarnrc", ".pnpmfile.cjs", "pnpm-workspace.yaml")
"""Files beside a lock that say how packages are installed."""
_PATCHES = (".yarn/patches/", ".yarn/plugins/", "patches/")
"""Folders beside a lock with changes of packages, and with parts of Yarn itself."""
_WORTH = ("start", "build")
"""Scripts that make a project more than a list of tools."""


def module_facts(tree: Tree, path: str, memo: Memo) -> ModuleFacts:
    """The facts of one module of a tree."""
    return memo(key_of("script", tree.digest(path)), ModuleFacts, lambda: scan_module(tree.read(path)))


class NodeSurveyor:
    """Looks at the projects of one repository."""

    def __init__(self, ground: Ground, found: Sequence[Project]) -> None:
        self._ground = ground
        self._found = {one.folder: one for one in found}
        self._packages = {one.folder: self._package(one.folder) for one in found if PACKAGE in one.files}
        self._roots = {root: self._patterns(root) for root in self._packages}
        self._root_of = {folder: self._workspace_of(folder) for folder in self._packages}

    def is_project(self, one: Project) -> bool:
        """Whether a folder has a project of Node's in it, that makes something: not only settings of tools, and not the
        root of a workspace that only holds its members together."""
        package = self._packages.get(one.folder)
        if package is None or "pyproject.toml" in one.files:
            return False
        if package.broken or self._roots[one.folder]:
            return bool(package.broken) or "start" in package.scripts
        own = not LOCKS.keys().isdisjoint(one.files)
        return own or any(name in package.scripts for name in _WORTH) or bool(package.main and package.dependencies)

    def answer(self, one: Project) -> NodeService | Unsupported:
        """The facts of a project, or what stands against building it."""
        package = self._packages[one.folder]
        found = next(self._problems(one, package), None)
        if found:
            file, what, fix = found
            name = normalised(package.short_name) or normalised(posixpath.basename(one.folder)) or "project"
            return Unsupported(name=name, folder=one.folder, file=one.path(file), what=what, fix=fix)
        return self._service(one, package)

    def _problems(self, one: Project, package: PackageFacts) -> Iterator[Problem]:
        root = self._root_of[one.folder]
        if package.broken:
            yield PACKAGE, f"package.json cannot be read: {package.broken}", "npm pkg fix"
            return
        yield from problems(self._files(root), _joined(package, self._packages[root]))
        lock = self._lock(root)
        if lock and lock.broken:
            yield (
                "package-lock.json",
                f"package-lock.json cannot be used: {lock.broken}",
                "npm install --package-lock-only",
            )
        elif lock:
            folder = posixpath.relpath(one.folder, root)
            changed = differences(package, lock.roots.get(folder, {}))
            if changed:
                what = f"package-lock.json is stale: package.json has changed since ({', '.join(changed)})"
                yield PACKAGE, what, "npm install --package-lock-only"
        if "lading.toml" in one.files and one.folder != ".":
            what = "it has a lading.toml of its own, so it is a repository of its own for Lading"
            yield "lading.toml", what, "run lading in that folder, or move the settings to lading.toml at the root"
        for name, said in sorted(package.every.items()):
            if said.startswith(("file:", "link:", "portal:")) and root != ".":
                place = posixpath.normpath(posixpath.join(one.folder, said.partition(":")[2]))
                if not place.startswith(f"{root}/"):
                    what = f"{name} comes from {said}, outside of the folder that has the lock"
                    yield PACKAGE, what, "make both members of one workspace"

    def _service(self, one: Project, package: PackageFacts) -> NodeService:
        root = self._root_of[one.folder]
        nested = tuple(sorted(self._nested(one)))
        paths = frozenset(self._ground.below(one.folder, nested))
        ignored = self._ground.ignored(root)
        return conclude(
            Inputs(
                folder=one.folder,
                root=root,
                package=package,
                packages=self._managed(one.folder, root),
                node=self._node(one.folder, package.node or self._packages[root].node),
                production=self._production(one.folder, root),
                builds=self._builds(one.folder, root),
                paths=paths,
                modules=self._modules(one, paths, ignored),
                texts=self._texts(one, paths),
                ignored=ignored,
                nested=nested,
            )
        )

    def _managed(self, folder: str, root: str) -> NodePackages:
        found = managed(self._files(root), self._packages[root]) or Managed("npm", "", "")
        member = posixpath.relpath(folder, root)
        local = [posixpath.relpath(one, root) for one in self._local(folder, root)]
        lock = self._lock(root) or LockFacts()
        said = self._packages[root]
        # A manager looks at all of a workspace before it installs for one member.
        places = sorted({posixpath.relpath(one, root) for one in self._family(root)} | {"."})
        settings = [name for name in _SETTINGS if name != ".npmrc" and name in self._files(root)]
        settings += [path for path in self._ground.below(root) if path.startswith(_PATCHES)]
        return NodePackages(
            manager=found.manager,
            version=said.manager_version,
            digest=said.manager_hash,
            lock=found.lock,
            manifests=tuple(sorted([*(posixpath.normpath(f"{one}/{PACKAGE}") for one in places), *settings])),
            member=member,
            local=tuple(one for one in local if one != "."),
            scripts=lock.scripts,
            development=lock.development,
        )

    def _local(self, folder: str, root: str) -> tuple[str, ...]:
        """The folders of the local packages that a project is made of, in the order in which they are built."""
        return closure(folder, self._family(root))[:-1]

    def _builds(self, folder: str, root: str) -> tuple[str, ...]:
        """Those of them that are built by a script, relative to the workspace."""
        scripted = (one for one in self._local(folder, root) if "build" in self._packages[one].scripts)
        return tuple(posixpath.relpath(one, root) for one in scripted)

    def _production(self, folder: str, root: str) -> tuple[str, ...]:
        """The packages that a project and the local ones that it is made of name for production."""
        family = self._family(root)
        named: dict[str, str] = {}
        for place in closure(folder, family):
            named |= {**family[place].optional, **family[place].dependencies}
        local = {family[place].name for place in family if place != folder}
        return tuple(sorted(named.keys() - local))

    def _node(self, folder: str, engines: str) -> Fact[str]:
        return node_fact(engines, dict(self._version_files(folder)))

    def _version_files(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The files that name a version of node: the project's own, then those of the folders above it."""
        depth = 0
        while True:
            for name in FILES:
                path = posixpath.join("" if folder == "." else folder, name)
                if path in self._ground.present:
                    yield "../" * depth + name, self._ground.tree.read(path)
            if folder in (".", ""):
                return
            folder, depth = posixpath.dirname(folder) or ".", depth + 1

    def _modules(self, one: Project, paths: frozenset[str], ignored: Sequence[str]) -> Mapping[str, ModuleFacts]:
        """The modules that may run: all but what is for development, or was made by a build."""
        from lading.survey.node.leftout import DEVELOPMENT, OUTPUT

        hidden = Patterns((*DEVELOPMENT, *OUTPUT, *(ignored if self._root_of[one.folder] == one.folder else ())))
        usable = sorted(path for path in paths if path.endswith(SCRIPTS) and not hidden.matches(path))
        return {path: module_facts(self._ground.tree, one.path(path), self._ground.memo) for path in usable}

    def _texts(self, one: Project, paths: frozenset[str]) -> dict[str, str]:
        wanted = [path for path in sorted(paths) if path.rpartition(".")[0] in CONFIGS or path == "Procfile"]
        return {path: self._ground.text(one.path(path)) for path in wanted}

    def _nested(self, one: Project) -> Iterator[str]:
        prefix = "" if one.folder == "." else f"{one.folder}/"
        for other in self._found:
            if other not in (one.folder, ".") and other.startswith(prefix):
                yield other[len(prefix) :]

    def _files(self, folder: str) -> frozenset[str]:
        known = (*LOCKS, *_SETTINGS, PACKAGE)
        prefix = "" if folder == "." else f"{folder}/"
        return frozenset(name for name in known if f"{prefix}{name}" in self._ground.present)

    def _family(self, root: str) -> dict[str, PackageFacts]:
        """The projects of one workspace, by folder."""
        return {folder: facts for folder, facts in self._packages.items() if self._root_of[folder] == root}

    def _workspace_of(self, folder: str) -> str:
        """The folder of the workspace that a folder is a member of, else the folder itself."""
        above = folder
        while above not in (".", ""):
            above = posixpath.dirname(above) or "."
            patterns = self._roots.get(above, ())
            if patterns and members(patterns, [posixpath.relpath(folder, above)]):
                return above
        return folder

    def _patterns(self, folder: str) -> tuple[str, ...]:
        path = posixpath.normpath(f"{folder}/pnpm-workspace.yaml")
        said = pnpm_patterns(self._ground.text(path)) if path in self._ground.present else ()
        return said or self._packages[folder].workspaces

    def _lock(self, folder: str) -> LockFacts | None:
        path = posixpath.normpath(f"{folder}/package-lock.json")
        if path not in self._ground.present:
            return None
        tree = self._ground.tree
        return self._ground.memo(key_of("npm lock", tree.digest(path)), LockFacts, lambda: read_lock(tree.read(path)))

    def _package(self, folder: str) -> PackageFacts:
        path = posixpath.normpath(f"{folder}/{PACKAGE}")
        tree = self._ground.tree
        return self._ground.memo(
            key_of("package", tree.digest(path)), PackageFacts, lambda: read_package(tree.read(path))
        )


def _joined(package: PackageFacts, root: PackageFacts) -> PackageFacts:
    """A member as its workspace's manager sees it."""
    import msgspec

    return msgspec.structs.replace(
        package, manager=root.manager, manager_version=root.manager_version, manager_hash=root.manager_hash
    )
