"""Alpine's package manager: https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper."""

import re
from collections.abc import Mapping
from functools import cache

import msgspec
from msgspec.structs import replace

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.packages import DATA, Brings, PackageData, closure
from lading.check.effects.reach import by_folder, put_packaged, spread
from lading.check.model.scene import Scene
from lading.check.model.state import Package

_VALUED = ("-t", "--virtual", "-X", "--repository", "-p", "--root", "--repositories-file", "--cache-dir", "--keys-dir")
_NAME = re.compile(r"!?([a-zA-Z0-9][a-zA-Z0-9+._-]*?)(?:@\w+)?(?:[=<>~].*)?\Z")
_PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/lib", "/lib")
_GROWS = ("/etc", "/usr/include", "/usr/lib", "/usr/libexec", "/usr/share", "/var", "/lib")


@cache
def alpine_packages() -> PackageData:
    """What Alpine's packages bring, as far as it is known; names have been the same for many releases."""
    return msgspec.json.decode((DATA / "alpine.json").read_bytes(), type=dict[str, Brings])


def apk(asked: Asked, scene: Scene) -> None:
    """`apk add` and `apk del`."""
    args = Arguments(asked.words, _VALUED)
    verb = args.plain[0] if args.operands else None
    names = [word.plain for word in args.operands[1:]]
    if args.has("-p", "--root"):  # another system's packages
        scene.grow(args.text("-p", "--root"))
        return
    match verb:
        case "add":
            _add(names, args, scene)
        case "del":
            _delete(names, scene)
        case None:
            scene.blur_all()
        case _:
            pass  # `update`, `upgrade`, `cache`, `info`: the same packages are installed as before


def _add(names: list[str | None], args: Arguments, scene: Scene) -> None:
    data = alpine_packages()
    wanted = [found[1] for name in names if name and (found := _NAME.match(name))]
    if len(wanted) < len(names) or any(name not in data for name in wanted):
        _anything(scene)
    for name in dict.fromkeys((*wanted, *closure(data, wanted, recommended=False))):
        scene.add_package(Package(name=name, origin=scene.origin))
        _bring(data.get(name, Brings()), scene)
    for folder in _GROWS:
        scene.grow(folder)
    virtual = args.text("-t", "--virtual")
    if virtual:
        scene.add_package(Package(name=virtual, version=" ".join(wanted), origin=scene.origin))


def _bring(brings: Brings, scene: Scene) -> None:
    for folder, programs in by_folder(brings.program_paths()):
        put_packaged(scene, folder, programs)
    put_packaged(scene, "/usr/lib", brings.libraries.split(), mode=None)


def _delete(names: list[str | None], scene: Scene) -> None:
    """Packages are gone, and what came only with them. A virtual package stands for those that it was made with."""
    data = alpine_packages()
    installed = scene.now.packages.installed
    gone: set[str] = set()
    for name in names:
        if name is None:
            gone |= {one for one, package in installed.items() if not package.origin.sturdy}
            continue
        gone |= {name, *(installed[name].version.split() if name in installed and name.startswith(".") else ())}
    for name in closure(data, gone, recommended=False):
        package = installed.get(name)
        if package is not None and package.origin.sturdy:
            continue
        for path in data[name].program_paths():
            scene.blur(path)  # another package may still need it
    for name in gone:
        scene.remove_package(name)


def _anything(scene: Scene) -> None:
    """Packages that nobody knows have come: they may have brought any program, user or group."""
    for folder in (*_PROGRAM_FOLDERS, *_GROWS):
        spread(scene, folder)
    accounts = replace(scene.now.accounts, closed=False, origin=scene.origin)
    scene.now = replace(scene.now, packages=replace(scene.now.packages, closed=False), accounts=accounts)


EFFECTS: Mapping[str, Effect] = {"apk": apk}
