"""What a `package-lock.json` says: which packages run something when they are installed, whether it is stale. Pure.

https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lading.survey.node.package import PackageFacts, is_name

OLDEST = 2
"""The oldest format that names every package with what it needs: npm 7's."""

QUIET = frozenset({
    "@nestjs/core", "@scarf/scarf", "core-js", "core-js-pure", "es5-ext", "msw", "nx", "protobufjs",
    "styled-components",
})  # fmt: skip
"""Packages whose install scripts make nothing that they need: they ask for money, count, or look at versions."""

_PREBUILT = frozenset({"node-gyp-build", "node-gyp-build-optional-packages", "napi-postinstall"})
"""Packages that find a compiled part, which came along for every platform."""


class LockFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lock. `broken` says why it cannot be used, or nothing.

    `scripts` are the packages that run something while they are installed and need it, `development` those of them that
    are only there for developing. `roots` has for the project and each member of its workspace, by folder (`.` for the
    project), what it names of other packages. `names` are all packages that production has.
    """

    broken: str = ""
    scripts: tuple[str, ...] = ()
    development: tuple[str, ...] = ()
    roots: dict[str, dict[str, str]] = {}
    names: tuple[str, ...] = ()


def read_lock(data: bytes) -> LockFacts:
    """The facts of a lock, whatever is in it."""
    try:
        said = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        return LockFacts(broken=str(error).lower())
    packages = said.get("packages") if isinstance(said, dict) else None
    version = said.get("lockfileVersion") if isinstance(said, dict) else None
    if not isinstance(version, int) or version < OLDEST or not isinstance(packages, dict):
        return LockFacts(broken="its format is older than npm 7, or it is none")
    entries = {path: entry for path, entry in packages.items() if isinstance(path, str) and isinstance(entry, dict)}
    scripted = sorted({(name, bool(entry.get("dev"))) for name, entry in _scripted(entries)})
    running = {name for name, dev in scripted if not dev}
    return LockFacts(
        scripts=tuple(sorted({name for name, _ in scripted})),
        development=tuple(sorted({name for name, _ in scripted} - running)),
        roots={path or ".": _named(entry) for path, entry in entries.items() if "node_modules" not in path.split("/")},
        names=tuple(sorted({_name(path) for path, entry in entries.items() if _name(path) and not entry.get("dev")})),
    )


def differences(package: PackageFacts, locked: Mapping[str, str]) -> tuple[str, ...]:
    """What a `package.json` names otherwise than its lock knows, sorted."""
    said = {**package.development, **package.dependencies, **package.optional}
    return tuple(sorted(name for name in said.keys() | locked.keys() if said.get(name) != locked.get(name)))


def _named(entry: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in ("devDependencies", "dependencies", "optionalDependencies"):
        table = entry.get(key)
        if isinstance(table, dict):
            found |= {str(name): str(range_) for name, range_ in table.items()}
    return found


def _scripted(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The packages that run something while they are installed, for Linux, and that need it."""
    for path, entry in entries.items():
        name = _name(path)
        systems = entry.get("os")
        if not is_name(name) or not entry.get("hasInstallScript") or name in QUIET:
            continue
        if isinstance(systems, list) and "linux" not in systems:
            continue
        if not _is_prebuilt(path, entry, entries):
            yield name, entry


def _is_prebuilt(path: str, entry: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a package's compiled part comes as a package of its own for each platform, or lies in it for all."""
    needs = entry.get("dependencies")
    if isinstance(needs, dict) and _PREBUILT.intersection(needs):
        return True
    parts = entry.get("optionalDependencies")
    for name in parts if isinstance(parts, dict) else ():
        found = entries.get(f"{path}/node_modules/{name}") or entries.get(f"node_modules/{name}") or {}
        if found.get("cpu"):
            return True
    return False


def _name(path: str) -> str:
    """The package at a path of the lock: `node_modules/a/node_modules/@b/c` is `@b/c`.

    >>> _name("node_modules/a/node_modules/@b/c"), _name("packages/ui"), _name("")
    ('@b/c', '', '')
    """
    before, found, name = path.rpartition("node_modules/")
    return name if found and (not before or before.endswith("/")) else ""
