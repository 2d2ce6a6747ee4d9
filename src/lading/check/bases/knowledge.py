"""What is known of public bases: data files, each of a part of an image, one upon the other.

A part says of folders what is in them. A folder's text has a word for each name:

    bash                an executable file of machine code (mode 755)
    c_rehash#/bin/sh    a script of that interpreter
    passwd=644          a file with this mode; likewise `su=4755`
    lib/  tmp/=1777     a folder
    sh>dash             a link
    ?pager  ?pip-*      may be there, and any that begins so
    !curl               is not there
    ...                 others may be there; without this word there are no others

Of a folder without a text nothing is known. `{version}` is what the image's name says of it (`3.13`), `{multiarch}`
what Debian calls the machine (https://wiki.debian.org/Multiarch/Tuples), `{machine}` what the kernel does.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from lading.check.model.entry import ROOT, Binary, Entry, Libc, Nature, Origin, Script
from lading.check.model.files import Files
from lading.check.model.nodes import Below, Listed, Node, absent, present, unknown
from lading.check.model.state import Manager

DATA = Path(__file__).with_name("data")
MULTIARCH = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data file. `source` says where the facts are from. Values of `env` that differ from image to image are none.
    `users` are lines of passwd(5), `groups` of group(5); `packages` are names separated by blanks, none where they are
    not known."""

    source: str
    distribution: str = ""
    release: str = ""
    libc: Libc | None = None
    manager: Manager | None = None
    env: dict[str, str | None] = {}
    user: str | None = None
    workdir: str | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    stop_signal: str = ""
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    open_accounts: bool = False
    packages: str | None = None
    open_packages: bool = False
    folders: dict[str, str] = {}


class Listing(msgspec.Struct, frozen=True):
    """What is said of the names in a folder; `others` says whether there may be more, `likely` how they may begin."""

    names: Mapping[str, str]
    others: bool
    likely: tuple[str, ...] = ()


Listings = Mapping[str, Listing]
"""By the folder's path."""


@cache
def part(name: str) -> Part:
    """A data file by its name."""
    return msgspec.json.decode((DATA / f"{name}.json").read_bytes(), type=Part)


@cache
def listings(names: tuple[str, ...], version: str, machine: str) -> Listings:
    """The folders of parts that lie one upon the other. What a later part says of a name counts; a folder that one part
    leaves open is open."""
    values = {"version": version, "machine": machine, "multiarch": MULTIARCH.get(machine, machine)}
    found: dict[str, Listing] = {}
    for name in names:
        for path, text in part(name).folders.items():
            words = _filled(text, values).split()
            under = found.get(at := _filled(path, values))
            said = {_name(word): word for word in words if word != "..." and not word.endswith("*")}
            others = "..." in words or (under is not None and under.others)
            likely = tuple(word[1:-1] for word in words if word.startswith("?") and word.endswith("*"))
            found[at] = Listing(
                {**(under.names if under else {}), **said}, others, (*(under.likely if under else ()), *likely)
            )
    return found


def files_of(found: Listings, libc: Libc | None, origin: Origin) -> Files:
    """The files of a base, made when somebody looks for them."""
    top = Entry(kind="folder", origin=origin, mode=0o755, owner=ROOT)
    return Files(present(top, _Known(found, "", libc, origin)))


class _Known(Below):
    """The children of a folder that a base has."""

    __slots__ = ("_folders", "_libc", "_listing", "_made", "_origin", "_others", "_path")

    def __init__(self, folders: Listings, path: str, libc: Libc | None, origin: Origin) -> None:
        self.depth = 1
        self._folders = folders
        self._path = path
        self._libc = libc
        self._origin = origin
        self._listing = folders[path or "/"]
        self._made: dict[str, Node] = {}
        self._others = (unknown if self._listing.others else absent)(origin)

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        found = self._made.get(name)
        if found is not None:
            return found
        word = self._listing.names.get(name)
        if word is None:
            return unknown(self._origin) if name.startswith(self._listing.likely) else self._others
        found = self._made[name] = self._node(name, word)
        return found

    def rest(self) -> Node:
        """See `Below.rest`."""
        return self._others

    def names(self) -> Iterable[str]:
        """See `Below.names`."""
        return self._listing.names

    def _node(self, name: str, word: str) -> Node:
        if word[0] in "?!":
            return unknown(self._origin) if word[0] == "?" else absent(self._origin)
        word, _, mode = word.partition("=")
        head, slash, _ = word.partition("/") if ">" not in word and "#" not in word else (word, "", "")
        if slash and head == name:
            return self._folder(name, int(mode or "755", 8))
        link, is_link, target = word.partition(">")
        if is_link and link == name:
            entry = Entry(kind="link", origin=self._origin, mode=0o777, owner=ROOT, target=target)
            return present(entry)
        bits = int(mode or "755", 8)
        nature = self._nature(word) if bits & 0o111 else None
        owner = None if bits & 0o6000 or not bits & 0o004 else ROOT  # such files are often some group's
        return present(Entry(kind="file", origin=self._origin, mode=bits, owner=owner, nature=nature))

    def _folder(self, name: str, mode: int) -> Node:
        path = f"{self._path}/{name}"
        entry = Entry(kind="folder", origin=self._origin, mode=mode, owner=ROOT)
        if path not in self._folders:
            return present(entry, Listed({}, unknown(self._origin)))
        return present(entry, _Known(self._folders, path, self._libc, self._origin))

    def _nature(self, word: str) -> Nature:
        _, is_script, interpreter = word.partition("#")
        return Script(words=(interpreter,)) if is_script else Binary(libc=self._libc)


def _name(word: str) -> str:
    """The name that a word is about."""
    bare = word[1:] if word[0] in "?!" else word
    if bare == "[":
        return bare
    for sign in ">#=/":
        bare = bare.partition(sign)[0]
    return bare


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
