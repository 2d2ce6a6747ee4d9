"""Parts of packages that are there for one kind of machine only, and whether those for the target came. Pure but for
looking whether a folder is there."""

from pathlib import Path
from typing import Any

import msgspec

CPUS = {"amd64": "x64", "arm64": "arm64"}
"""What Node calls architectures (https://nodejs.org/api/process.html#processarch)."""


class Machine(msgspec.Struct, frozen=True):
    """What packages say that they are for: Node's name of an architecture, and the C library. The system is Linux."""

    cpu: str
    libc: str

    @classmethod
    def of(cls, architecture: str, libc: str) -> "Machine":
        """The machine of a target: `amd64`, `glibc`."""
        return cls(CPUS[architecture], libc)

    def takes(self, package: dict[str, Any]) -> bool:
        """Whether a package (its manifest, or its entry in a lock) is for this machine."""
        wanted = {"os": "linux", "cpu": self.cpu, "libc": self.libc}
        return all(serves(package.get(key), name) for key, name in wanted.items())


def serves(said: object, name: str) -> bool:
    """Whether what a package says of systems, processors or C libraries includes one.

    >>> serves(["linux", "darwin"], "linux"), serves(["!win32"], "linux"), serves(["arm64"], "x64"), serves(None, "x64")
    (True, True, False, True)
    """
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    refused = [one for one in listed if isinstance(one, str) and one.startswith("!")]
    return f"!{name}" not in refused and (len(refused) == len(listed) or name in listed)


def missing(lock: bytes, folder: Path, machine: Machine) -> tuple[str, ...]:
    """The optional packages of a package-lock.json that are for a machine and that are not below `folder`, sorted.

    npm leaves out an optional package that it cannot fetch, without a word: the image would lack it from then on. It
    also leaves out what only packages for other machines need, which is as it should be.
    """
    packages = _locked(lock)
    return tuple(
        sorted(
            path
            for path in _needed(packages, machine)
            if packages[path].get("optional")
            and not packages[path].get("dev")
            and ".." not in path.split("/")
            and not (folder / path).is_dir()
            and _parent_is_there(path, folder)
        )
    )


def _locked(lock: bytes) -> dict[str, dict[str, Any]]:
    """The packages of a lock by their folders; `""` is the project itself."""
    try:
        said = msgspec.json.decode(lock)
    except msgspec.DecodeError:
        return {}
    packages = said.get("packages") if isinstance(said, dict) else None
    every = packages.items() if isinstance(packages, dict) else ()
    return {path: entry for path, entry in every if isinstance(entry, dict)}


_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")
"""What npm installs with a package in production."""


def _needed(packages: dict[str, dict[str, Any]], machine: Machine) -> set[str]:
    """The folders of all packages that a project has on a machine: what it needs, and what those need."""
    found, todo = set[str](), [""]
    while todo:
        path = todo.pop()
        entry = packages.get(path)
        if entry is None or path in found or not machine.takes(entry):
            continue
        found.add(path)
        if entry.get("link") and isinstance(entry.get("resolved"), str):
            todo.append(entry["resolved"])
        named = (entry.get(kind) for kind in _NEEDS)
        todo += [_seen_from(path, name, packages) for needs in named if isinstance(needs, dict) for name in needs]
    return found


def _seen_from(path: str, name: str, packages: dict[str, dict[str, Any]]) -> str:
    """The folder where a package finds another one: its own `node_modules`, else the nearest above
    (https://nodejs.org/api/modules.html#loading-from-node_modules-folders)."""
    while path and f"{path}/node_modules/{name}" not in packages:
        path = path.rpartition("/node_modules/")[0]
    return f"{path}/node_modules/{name}" if path else f"node_modules/{name}"


def _parent_is_there(path: str, folder: Path) -> bool:
    """Whether the package is there that an optional one is nested in: if not, nobody misses it."""
    parent = path.rpartition("/node_modules/")[0]
    return not parent or (folder / parent).is_dir()
