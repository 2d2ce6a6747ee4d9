"""go.mod and go.work, read by their own small grammar (https://go.dev/ref/mod#go-mod-file-lexical). Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lading.toolchain.go import version_key

OLDEST = "1.16"
"""The version of a go.mod that names none (https://go.dev/ref/mod#go-mod-file-go)."""

_VERSION = re.compile(r"(?:go)?(1(?:\.\d{1,4}){1,2}(?:(?:rc|beta)\d{1,3})?)(?:-[\w.+-]+)?\Z")
_WORD = re.compile(r'"((?:\\.|[^"\\\n])*)"|`([^`\n]*)`|(=>|[()])|([^\s"`()]+)')
_PATH = re.compile(r"[A-Za-z0-9._~+@/-]{1,500}\Z")


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """`replace old => folder`: a module that is in the repository, or beside it. `folder` is as it is written."""

    old: str
    folder: str


class ModFile(msgspec.Struct, frozen=True, kw_only=True):
    """A go.mod or go.work. `go` is the least toolchain that it asks for, `go_line` where it says so (0: nowhere);
    `requires` are pairs of module and version; `uses` the folders of a workspace; `broken` says why it cannot be
    read, or nothing."""

    module: str = ""
    go: str = OLDEST
    go_line: int = 0
    requires: tuple[tuple[str, str], ...] = ()
    replaces: tuple[Replacement, ...] = ()
    uses: tuple[str, ...] = ()
    broken: str = ""


class _Directive(NamedTuple):
    verb: str
    words: tuple[str, ...]
    line: int


def read_modfile(data: bytes) -> ModFile:
    """What a go.mod or go.work says. One that cannot be read says so in `broken`."""
    try:
        return _read(tuple(_directives(data.decode())))
    except (UnicodeDecodeError, _Broken) as error:
        return ModFile(broken=str(error))


class _Broken(Exception):
    """The file does not follow its grammar."""


def _read(directives: tuple[_Directive, ...]) -> ModFile:
    module, go, line = "", OLDEST, 0
    requires: list[tuple[str, str]] = []
    replaces: list[Replacement] = []
    uses: list[str] = []
    for one in directives:
        match one.verb, one.words:
            case "module", (path,):
                module = _checked(path, one)
            case "go" | "toolchain", (version,):
                found = _version(version, one)
                if found and (not line or version_key(found) > version_key(go)):
                    go, line = found, one.line
            case "require", (path, version, *_):
                requires.append((_checked(path, one), version))
            case "replace", (old, *_, folder) if folder.startswith(("./", "../")) or folder in (".", ".."):
                replaces.append(Replacement(old=_checked(old, one), folder=_checked(folder, one)))
            case "use", (folder,):
                uses.append(_checked(folder, one))
            case "module" | "go" | "toolchain" | "require" | "use", _:
                raise _Broken(f"line {one.line}: {one.verb} takes other words")
    return ModFile(
        module=module, go=go, go_line=line, requires=tuple(requires), replaces=tuple(replaces), uses=tuple(uses)
    )


def _checked(path: str, one: _Directive) -> str:
    if not _PATH.match(path):
        raise _Broken(f"line {one.line}: {path[:80]!r} is no path")
    return path


def _version(text: str, one: _Directive) -> str:
    """The version of `go 1.26` or `toolchain go1.26.1`; nothing for `toolchain default`."""
    if text == "default":
        return ""
    match = _VERSION.match(text)
    if match is None:
        raise _Broken(f"line {one.line}: {text[:40]!r} is no version of Go")
    return match[1]


def _directives(text: str) -> Iterator[_Directive]:
    """Every directive; those of a block each with the block's verb."""
    block = ""
    for number, line in enumerate(text.split("\n"), 1):
        words = _words(line, number)
        if words == [")"] and block:
            block = ""
        elif len(words) == 2 and words[1] == "(" and not block:
            block = words[0]
        elif words and block:
            yield _Directive(block, tuple(words), number)
        elif words:
            yield _Directive(words[0], tuple(words[1:]), number)
    if block:
        raise _Broken(f"the block of {block} is not closed")


def _words(line: str, number: int) -> list[str]:
    """The words of a line without its comment; quotes keep `//` and blanks."""
    words, place = [], 0
    while place < len(line):
        if line[place].isspace():
            place += 1
            continue
        if line.startswith("//", place):
            break
        match = _WORD.match(line, place)
        if match is None:
            raise _Broken(f"line {number}: a quote is not closed")
        words.append(next(group for group in match.groups() if group is not None).partition("//")[0])
        place = match.end()
    return [word for word in words if word]
