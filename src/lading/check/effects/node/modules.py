"""What an installation puts into `node_modules`, as far as `package-lock.json` tells."""

from collections.abc import Mapping
from posixpath import join
from typing import Any

import msgspec

from lading.check.effects.reach import put_folders
from lading.check.effects.surroundings import read
from lading.check.model.entry import Entry
from lading.check.model.nodes import Listed, Node, absent, present, unknown
from lading.check.model.scene import Scene


class Package(msgspec.Struct, frozen=True):
    """An entry of `packages` in a lock of npm (https://docs.npmjs.com/cli/configuring-npm/package-lock-json)."""

    bin: dict[str, str] | str | None = None
    dev: bool = False
    optional: bool = False
    peer: bool = False
    link: bool = False


class Lock(msgspec.Struct, frozen=True):
    """A lock of npm from version 7 on; an older one has no `packages`."""

    packages: dict[str, Package] | None = None


def manifest(scene: Scene, folder: str) -> Mapping[str, Any] | None:
    """A project's `package.json`; nothing where it is not known."""
    data = read(scene, join(folder, "package.json"))
    try:
        return None if data is None else msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def lay_modules(scene: Scene, folder: str, *, without_dev: bool | None) -> None:
    """`node_modules` is as a clean installation leaves it; `without_dev`: packages for development are left out (none:
    not known)."""
    node = _modules(scene, folder, without_dev)
    if node is None or without_dev is None:
        put_folders(scene, folder, ["node_modules"])
        return
    scene.put(join(folder, "node_modules"), node)


def _modules(scene: Scene, folder: str, without_dev: bool | None) -> Node | None:
    packages = _locked(scene, folder)
    if packages is None or any(name and not name.startswith("node_modules/") for name in packages):
        return None  # a workspace, or nothing to go by
    origin, owner = scene.origin, scene.owner()
    entry = Entry(kind="folder", origin=origin, mode=0o755, owner=owner)
    anything = present(entry, Listed({}, unknown(origin)))
    top: dict[str, Node] = {".bin": unknown(origin), ".package-lock.json": unknown(origin), ".cache": unknown(origin)}
    scoped: dict[str, dict[str, Node]] = {}
    for path, one in packages.items():
        name = path.removeprefix("node_modules/")
        if not path or "/node_modules/" in name or (without_dev and one.dev):
            continue
        node = unknown(origin) if one.optional or one.peer or one.link else anything
        scope, slash, last = name.partition("/")
        if slash:
            scoped.setdefault(scope, {})[last] = node
        else:
            top[name] = node
    for scope, children in scoped.items():
        top[scope] = present(entry, Listed(children, absent(origin)))
    top[".bin"] = present(entry, Listed(_programs(packages, without_dev, scene), absent(origin)))
    return present(entry, Listed(top, absent(origin)))


def _programs(packages: Mapping[str, Package], without_dev: bool | None, scene: Scene) -> dict[str, Node]:
    """The links of `node_modules/.bin`; names of nested packages may come there, too, if nobody else has them."""
    found: dict[str, Node] = {}
    for path, one in packages.items():
        if not path or one.bin is None or (without_dev and one.dev):
            continue
        nested = "/node_modules/" in path.removeprefix("node_modules/")
        names = one.bin if isinstance(one.bin, dict) else {path.rpartition("/")[2]: one.bin}
        for name, target in names.items():
            if nested or one.optional:
                found.setdefault(name, unknown(scene.origin))
                continue
            link = join("..", path.removeprefix("node_modules/"), target)
            entry = Entry(kind="link", origin=scene.origin, mode=0o777, owner=scene.owner(), target=link)
            found[name] = present(entry)
    return found


def _locked(scene: Scene, folder: str) -> Mapping[str, Package] | None:
    for name in ("npm-shrinkwrap.json", "package-lock.json"):
        data = read(scene, join(folder, name))
        if data is None:
            continue
        try:
            return msgspec.json.decode(data, type=Lock).packages
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
    return None
