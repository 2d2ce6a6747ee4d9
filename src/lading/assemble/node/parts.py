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

    npm leaves out an optional package that it cannot fetch, without a word: the image would lack it from then on.
    """
    try:
        said = msgspec.json.decode(lock)
    except msgspec.DecodeError:
        return ()
    packages = said.get("packages") if isinstance(said, dict) else None
    found = []
    for path, entry in packages.items() if isinstance(packages, dict) else ():
        wanted = isinstance(entry, dict) and entry.get("optional") and not entry.get("dev") and machine.takes(entry)
        if wanted and ".." not in path.split("/") and not (folder / path).is_dir() and _parent_is_there(path, folder):
            found.append(path)
    return tuple(sorted(found))


def _parent_is_there(path: str, folder: Path) -> bool:
    """Whether the package is there that an optional one is nested in: if not, nobody misses it."""
    parent = path.rpartition("/node_modules/")[0]
    return not parent or (folder / parent).is_dir()
