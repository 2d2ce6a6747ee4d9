"""Entries of a file system become the folders of a data file (see `lading.check.bases.knowledge`). Pure."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from lading.check.bases.knowledge import MULTIARCH

CLOSED = (
    "/", "/bin", "/sbin", "/usr", "/usr/bin", "/usr/sbin", "/usr/games", "/usr/local", "/usr/local/bin",
    "/usr/local/sbin", "/usr/local/lib", "/usr/local/games", "/usr/local/include", "/opt", "/srv", "/home", "/mnt",
    "/media", "/var", "/usr/lib/{multiarch}", "/tmp",
)  # fmt: skip
"""Folders of which everything is told. What maintainer scripts and package managers write to is not among them."""

OPEN = (
    "/etc", "/etc/alternatives",
    "/lib", "/lib64", "/root", "/run", "/usr/lib", "/usr/lib64", "/usr/share", "/var/cache", "/var/lib",
    "/var/log",
)  # fmt: skip
"""Folders whose names are told, and may have others."""

MACHINE = "x86_64"
_RUNTIME = ("dev", "proc", "sys")


class Entry(NamedTuple):
    """One path: absolute, what it is, its permission bits, a link's target, and a file's first bytes."""

    path: str
    kind: Literal["file", "folder", "link"]
    mode: int
    target: str = ""
    head: bytes = b""


def folders(entries: Iterable[Entry], signed: Mapping[str, str]) -> dict[str, str]:
    """The texts of the folders, in the order of their paths. `signed` are paths that may be there (`?`) or are
    not (`!`). The entries are those of `MACHINE`."""
    multiarch, machine = MULTIARCH[MACHINE], MACHINE
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        path = entry.path.replace(multiarch, "{multiarch}").replace(machine, "{machine}")
        target = entry.target.replace(machine, "{machine}")
        name = posixpath.basename(path)
        found.setdefault(posixpath.dirname(path), {})[name] = _word(name, entry._replace(target=target))
    for path, sign in signed.items():
        folder, name = posixpath.split(path)
        found.setdefault(folder, {}).setdefault(name, f"{sign}{name}")
    for name in _RUNTIME:
        found.setdefault("/", {}).setdefault(name, f"{name}/")
    there = _folders_of(found)
    return {path: _text(path, found.get(path, {})) for path in sorted((*CLOSED, *OPEN)) if path in there}


def _folders_of(found: Mapping[str, Mapping[str, str]]) -> set[str]:
    named = {posixpath.join(path, name) for path, names in found.items() for name, word in names.items() if "/" in word}
    return {"/", *named}


def _text(path: str, names: Mapping[str, str]) -> str:
    words = [word for name, word in sorted(names.items()) if word and name]
    return " ".join(words if path in CLOSED else [*words, "..."])


def _word(name: str, entry: Entry) -> str:
    """What stands for an entry; nothing for a name that has a meaning of its own in such a text."""
    if any(sign in name for sign in " \t\n>#=") or name[:1] in "?!":
        return ""
    match entry.kind:
        case "link":
            return f"{name}>{entry.target}"
        case "folder":
            return f"{name}/" if entry.mode == 0o755 else f"{name}/={entry.mode:o}"
    if entry.head.startswith(b"#!"):
        words = entry.head[2:].partition(b"\n")[0].decode(errors="replace").split()
        return f"{name}#{words[0]}" if words and entry.mode == 0o755 else f"{name}={entry.mode:o}"
    return name if entry.mode == 0o755 else f"{name}={entry.mode:o}"
