"""What every program of a module is made of, as the go command tells it, reduced to what a key needs. Pure.

https://pkg.go.dev/cmd/go#hdr-List_packages_or_modules
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import msgspec

_FILES = (
    "GoFiles", "CgoFiles", "CFiles", "CXXFiles", "FFiles", "SwigFiles", "SwigCXXFiles", "SFiles", "HFiles", "SysoFiles",
    "EmbedFiles",
)  # fmt: skip
_FIELDS = (
    "ImportPath",
    "Dir",
    "Name",
    "Standard",
    "Module",
    "DepOnly",
    "Deps",
    "DefaultGODEBUG",
    "Error",
    "DepsErrors",
)
COMMAND = ("list", "-e", "-deps", f"-json={','.join((*_FIELDS, *_FILES))}")
"""The words that ask the go command; packages follow."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package: the paths of its files, relative to the context, or the module that has it (`path version`)."""

    files: tuple[str, ...] = ()
    module: str = ""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program: the import paths of all its packages outside of the standard library, its own first; the language
    version and defaults that its module sets; and what stands against building it, or nothing."""

    path: str
    packages: tuple[str, ...]
    language: str = ""
    problem: str = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Programs by the folders of their packages (relative to the context), and packages by their import paths."""

    programs: dict[str, Program]
    packages: dict[str, Package]

    @property
    def whole(self) -> bool:
        """Whether everything could be listed."""
        return not any(program.problem for program in self.programs.values())


def read_listing(text: str, context: str) -> Listing:
    """What `go list` printed, for a context (an absolute path). Raises `ValueError` for what is no such output."""
    listed = tuple(_objects(text))
    packages: dict[str, Package] = {}
    for one in listed:
        if not one.get("Standard"):
            packages[str(one.get("ImportPath", ""))] = _package(one, context)
    missing = {
        _told(one["Error"]): str(one.get("ImportPath", "")) for one in listed if one.get("DepOnly") and one.get("Error")
    }
    programs = {
        _inside(str(one.get("Dir", "")), context): _program(one, packages, missing)
        for one in listed
        if not one.get("DepOnly") and not one.get("Standard")
    }
    return Listing(programs=programs, packages=packages)


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """JSON objects, one after the other without anything between them."""
    from json import JSONDecoder

    decoder, place = JSONDecoder(), 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        value, place = decoder.raw_decode(text, place)
        yield value


def _package(one: Mapping[str, Any], context: str) -> Package:
    folder = _inside(str(one.get("Dir", "")), context)
    if folder.startswith(".."):
        return Package(module=_module(one.get("Module") or {}))
    files = [posixpath.normpath(posixpath.join(folder, name)) for kind in _FILES for name in one.get(kind) or ()]
    return Package(files=tuple(sorted(files)))


def _module(module: Mapping[str, Any]) -> str:
    """A module as it is in a program: `path version`, or what replaces it."""
    found = module.get("Replace") or module
    return f"{found.get('Path', '')} {found.get('Version', '')}"


def _program(one: Mapping[str, Any], packages: Mapping[str, Package], missing: Mapping[str, str]) -> Program:
    path = str(one.get("ImportPath", ""))
    module = one.get("Module") or {}
    language = f"go {module.get('GoVersion', '')} {one.get('DefaultGODEBUG', '')}".strip()
    deps = [name for name in one.get("Deps") or () if name in packages]
    return Program(path=path, packages=(path, *deps), language=language, problem=_problem(one, missing))


def _problem(one: Mapping[str, Any], missing: Mapping[str, str]) -> str:
    """The first thing that stands against building a program, in go's words. `missing` are packages that could not be
    had, by what is said of them."""
    errors: Sequence[Mapping[str, Any]] = [*filter(None, [one.get("Error")]), *(one.get("DepsErrors") or ())]
    for error in errors:
        told = _told(error)
        return _told(error, missing.get(told, ""))
    if one.get("Name") != "main":
        return f"{one.get('ImportPath', '')} is not a program"
    return ""


def _told(error: Mapping[str, Any], about: str = "") -> str:
    """An error with its place, and with the package that it is about: go names that only in some."""
    place, said = str(error.get("Pos", "")), str(error.get("Err", ""))
    return ": ".join(part for part in (place, about if about not in said else "", said) if part)


def _inside(folder: str, context: str) -> str:
    """A folder as it is seen from the context; one that starts with `..` is not in it."""
    if not folder:
        return ".."
    try:
        return PurePosixPath(folder).relative_to(context).as_posix()
    except ValueError:
        return ".."
