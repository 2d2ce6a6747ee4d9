"""Who manages the packages of a project, and what stands against using them. Pure."""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from lading.survey.folders import several
from lading.survey.node.package import PackageFacts

Manager = Literal["npm", "pnpm", "yarn", "berry"]
"""`yarn` is the classic one (1.x), `berry` what came after it."""

LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "Bun",
    "bun.lockb": "Bun",
    "yarn.lock": "Yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
"""Lock files of Node projects and whose they are, the strongest first."""

MAKE = {
    "npm": "npm install --package-lock-only",
    "pnpm": "pnpm install --lockfile-only",
    "yarn": "yarn install",
    "berry": "yarn install --mode=update-lockfile",
}
"""What makes the lock of each manager."""


class Managed(NamedTuple):
    """Whose a project's packages are: the manager, its lock (a file's name), and where that is said."""

    manager: Manager
    lock: str
    source: str


Problem = tuple[str, str, str]
"""The file, what is wrong, and the way out."""


def managed(files: Collection[str], package: PackageFacts) -> Managed | None:
    """Who manages a project with those files in its folder; nothing where there is no lock that can be used.

    `packageManager` decides where it is; the lock has to be that manager's.
    """
    for lock, owner in LOCKS.items():
        if lock in files and owner != "Bun":
            manager = _manager(owner, files, package)
            said = bool(package.manager) and package.manager == owner.lower()
            return Managed(manager, lock, "package.json › packageManager" if said else lock)
    return None


def problems(files: Collection[str], package: PackageFacts) -> Iterator[Problem]:
    """What stands against installing the packages of a project whose folder has those files."""
    locks = [lock for lock in LOCKS if lock in files]
    if len(locks) > 1:
        yield several(locks)
    owner = LOCKS[locks[0]] if locks else ""
    if owner == "Bun" or package.manager == "bun":
        yield (
            locks[0] if owner == "Bun" else "package.json",
            "Bun is not supported",
            "npm, pnpm and Yarn are: `npm install --package-lock-only` makes a lock of npm's",
        )
    elif owner and package.manager and package.manager != owner.lower():
        what = f"package.json › packageManager says {package.manager}, and {locks[0]} is {owner}'s"
        yield "package.json", what, "make the two agree"
    elif not owner and package.every:
        yield "package.json", "there is no lock file, so what would be installed is not known", _make(files, package)


def _make(files: Collection[str], package: PackageFacts) -> str:
    """The command that makes the lock."""
    if package.manager == "yarn":
        return MAKE[_manager("Yarn", files, package)]
    if "pnpm-workspace.yaml" in files:
        return MAKE["pnpm"]
    return MAKE[package.manager or "npm"]


def _manager(owner: str, files: Collection[str], package: PackageFacts) -> Manager:
    match owner:
        case "pnpm":
            return "pnpm"
        case "Yarn":
            newer = ".yarnrc.yml" in files or package.manager_version.partition(".")[0] not in ("", "1")
            return "berry" if newer else "yarn"
    return "npm"
