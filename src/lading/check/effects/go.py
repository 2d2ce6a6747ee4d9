"""The go command: https://pkg.go.dev/cmd/go."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from posixpath import join

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.reach import put_files, roam
from lading.check.effects.surroundings import home, nearest, read
from lading.check.model.entry import Binary
from lading.check.model.scene import Scene

_VALUED = (
    "-o", "-p", "-ldflags", "-gcflags", "-asmflags", "-tags", "-mod", "-modfile", "-buildmode", "-buildvcs", "-pkgdir",
    "-toolexec", "-installsuffix", "-overlay", "-covermode", "-coverpkg", "-C", "-gccgoflags", "-compiler", "-pgo",
)  # fmt: skip
_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_USES_C = re.compile(rb'"(?:net|net/http|os/user|C|plugin)"')
"""Packages of the standard library that use C where cgo is on: https://pkg.go.dev/net#hdr-Name_Resolution."""
_OLD = re.compile(r"golang:1\.(?:\d|1[0-5])(?![0-9])")
"""Images of a Go that still builds without modules."""
MOST_SOURCES = 1_000
"""Files of a module of which those of Go are looked through for what they import."""


def go(asked: Asked, scene: Scene) -> None:
    """`go build`, `go install`, `go mod download`."""
    plain = Arguments(asked.words, _VALUED).plain
    verb = plain[0] if plain else None
    args = Arguments(asked.words[1:], _VALUED, single=True)
    before = scene.now.workdir
    if folder := args.text("-C"):
        scene.change_dir(folder)
    match verb:
        case "build":
            _build(args, scene)
        case "install" | "get":
            _install(args, scene)
        case "mod" | "work" | "env" | "version" | "vet" | "test" | "list" | "clean" | "fmt":
            _modules(args, scene)
        case _:
            roam(scene)
    scene.change_dir(before)


def gobuild_nature(args: Arguments, scene: Scene) -> Binary | None:
    """What a program that is built is linked with: nothing with `CGO_ENABLED=0`; the C library of the stage where cgo
    is on for certain and the sources use it; else nobody knows."""
    enabled = scene.now.env.get("CGO_ENABLED")
    system = scene.now.env.get("GOOS")
    if system not in ("", "linux"):
        return None
    if enabled == "0" or (
        "-extldflags" in (args.text("-ldflags") or "") and "-static" in (args.text("-ldflags") or "")
    ):
        return Binary(libc="static")
    tags = args.text("-tags")
    if enabled is None or tags is None or "netgo" in tags or not _has_cgo(enabled, scene):
        return None
    return Binary(libc=scene.now.system.libc) if any(_imports_c(scene)) and scene.now.system.libc else None


def _has_cgo(enabled: str, scene: Scene) -> bool:
    """Cgo is on unless somebody says otherwise, or there is no C compiler (https://pkg.go.dev/cmd/cgo)."""
    return enabled == "1" or scene.which("gcc").present


def _imports_c(scene: Scene) -> Iterator[bool]:
    folder = nearest(scene, "go.mod")
    below = scene.now.files.below(folder) if folder and folder != "/" else iter(())
    for found in islice(below, MOST_SOURCES):
        if found.present and found.path.endswith(".go") and not found.path.endswith("_test.go"):
            content = found.entry.content if found.entry else None
            yield content is not None and _USES_C.search(content.head(1 << 14)) is not None


def _build(args: Arguments, scene: Scene) -> None:
    folder = nearest(scene, "go.mod")
    if folder is None and _is_of_a_module(args.plain) and _wants_module(scene):
        scene.need("go.mod", "`go build` reads it")
    for package in args.plain:
        if package and package.startswith((".", "/")) and "..." not in package:
            scene.need(package, "`go build` builds it")
    target = args.text("-o")
    nature = gobuild_nature(args, scene)
    packages = [one for one in args.plain if one is None or one]
    many = len(packages) > 1 or any(one is None or "..." in one for one in packages)
    if target is None or (target == "" and many):
        scene.grow(".")
        return
    at = scene.absolute(target) if target else None
    is_folder = target.endswith("/") or (at is not None and scene.look(at).present and _is_folder(at, scene))
    if target and not is_folder:
        scene.write(target, mode=0o755, nature=nature)
        return
    name = _program_name(packages[0] if packages else ".", folder, scene)
    place = at if is_folder else scene.absolute(".")
    if place is None or name is None or many:
        if is_folder:
            scene.folder(target)
        scene.grow(target or ".")
    else:
        put_files(scene, place, {name: nature})


def _is_of_a_module(packages: Sequence[str | None]) -> bool:
    """Whether packages are the project's own: the one in the working folder, or paths. `std`, files and import paths
    need no module."""
    return all(one is not None and one.startswith(".") and not one.endswith(".go") for one in packages)


def _wants_module(scene: Scene) -> bool:
    """Whether Go builds nothing without a go.mod: since 1.16 (https://go.dev/doc/go1.16#go-command), unless somebody
    says otherwise. A Go of a base that does not tell its release is taken for a newer one."""
    old = _OLD.search(scene.which("go").origin.text)
    said = scene.now.env.get("GO111MODULE")
    return said == "on" or (said == "" and old is None)


def _install(args: Arguments, scene: Scene) -> None:
    """`go install package@version`: the last part of its path that is no version is the program's name."""
    place = _programs(scene)
    if place is None:
        roam(scene)
        return
    folder = nearest(scene, "go.mod")
    for package in args.plain:
        name = None
        if package and "..." not in package:
            bare, at, _ = package.partition("@")
            name = _last_part(bare) if at else _program_name(bare, folder, scene)
        if name:
            put_files(scene, place, {name: gobuild_nature(args, scene)})
        else:
            scene.folder(place)
            scene.grow(place)
    _cache(scene)


def _modules(args: Arguments, scene: Scene) -> None:
    if args.plain[:1] in (["download"], ["tidy"], ["vendor"], ["verify"]):
        scene.need("go.mod", f"`go mod {args.plain[0]}` reads it") if nearest(scene, "go.mod") is None else None
        if args.plain[0] == "vendor":
            scene.folder("vendor")
            scene.grow("vendor")
        if args.plain[0] == "tidy":
            scene.write("go.sum")
    _cache(scene)


def _program_name(package: str | None, folder: str | None, scene: Scene) -> str | None:
    """A program is called after the folder of its package, at the module's root after the module."""
    if package is None or package.endswith(".go"):
        return posixpath.basename(package).removesuffix(".go") if package else None
    at = scene.absolute(package)
    if package.startswith((".", "/")) and at != folder:
        return posixpath.basename(at) if at else None
    text = (read(scene, join(folder, "go.mod")) or b"").decode(errors="replace") if folder else ""
    module = _MODULE.search(text)
    if package.startswith((".", "/")):
        return _last_part(module[1]) if module else None
    return _last_part(package)


def _last_part(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1 and re.fullmatch(r"v[0-9]+", parts[-1]):
        parts.pop()
    return parts[-1] if parts else ""


def _programs(scene: Scene) -> str | None:
    env = scene.now.env
    said, path = env.get("GOBIN"), env.get("GOPATH")
    if said is None or path is None:
        return None
    folder = home(scene)
    return said or (f"{path}/bin" if path else (f"{folder}/go/bin" if folder else None))


def _cache(scene: Scene) -> None:
    """Modules come to `$GOPATH/pkg`."""
    path, folder = scene.now.env.get("GOPATH"), home(scene)
    place = path or (f"{folder}/go" if folder else None)
    if place:
        scene.grow(f"{place}/pkg")


def _is_folder(path: str, scene: Scene) -> bool:
    entry = scene.look(path).entry
    return entry is not None and entry.kind == "folder"


EFFECTS: Mapping[str, Effect] = {"go": go}
