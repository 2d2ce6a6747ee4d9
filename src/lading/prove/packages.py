"""Which package a file of an image belongs to, by the lists that the packages themselves bring along.

- Debian, distroless' way: `var/lib/dpkg/status.d/<name>` (a control paragraph) and `<name>.md5sums` (paths).
- Debian, dpkg's way: `var/lib/dpkg/status` (paragraphs) and `var/lib/dpkg/info/<name>[:<architecture>].list` (paths).
- Python: `<name>-<version>.dist-info/RECORD`
  (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
- Node: `node_modules/<name>/package.json`; all that lies beside it and below belongs to the package
  (https://docs.npmjs.com/cli/v11/configuring-npm/folders#node-modules).

The lists come from outside: they are bounded, and what is damaged in one is passed over.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import msgspec

from lading.errors import VerificationFailed

LARGEST_LIST = 16 << 20
"""Bytes. The longest RECORD of a wheel on the public index has some 2 MB, a full desktop's dpkg status 6 MB."""
ALL_LISTS = 128 << 20
"""Bytes that all lists of one image may have together."""

_STATUS_FOLDER = "var/lib/dpkg/status.d/"
_INFO_FOLDER = "var/lib/dpkg/info/"
_STATUS = "var/lib/dpkg/status"
_RECORD = re.compile(r"(?:(?P<site>.*)/)?(?P<name>[^/]+?)-(?P<version>[^/-]+)\.dist-info/RECORD\Z")
_BYTECODE = re.compile(r"(?P<folder>.*/)?__pycache__/(?P<stem>[^/]+?)\.[^/.]+(?:\.opt-[12])?\.pyc\Z")
_MODULE = re.compile(r"(?:.*/)?node_modules/(?P<name>(?:@[^/]+/)?[^/.@][^/]*)/")
_MERGED = re.compile(r"(?:bin|sbin|lib|lib32|lib64|libx32)/")


class Owner(NamedTuple):
    """A package."""

    kind: Literal["debian", "python", "node"]
    name: str
    version: str


class Owners:
    """Learns from each file that is a package's list, and then tells the owner of any path.

    Paths are relative to the image's root, and as if /usr were merged where a list says `/lib/…`.
    """

    def __init__(self) -> None:
        self._debian: dict[str, str] = {}
        self._python: dict[str, Owner] = {}
        self._versions: dict[str, str] = {}
        self._modules: dict[str, Owner] = {}
        self._read = 0

    def read(self, path: str, size: int, content: Iterable[bytes]) -> None:
        """Learn from a file, when it is one of the lists. Any other file is not read."""
        if path == _STATUS:
            self._learn_status(self._text(path, size, content))
        elif path.startswith(_STATUS_FOLDER):
            self._learn_distroless(path, size, content)
        elif path.startswith(_INFO_FOLDER) and path.endswith(".list"):
            name = path.removeprefix(_INFO_FOLDER).removesuffix(".list").partition(":")[0]
            for line in self._text(path, size, content).splitlines():
                self._debian.setdefault(_merged(line.lstrip("/")), name)
        elif match := _RECORD.match(path):
            owner = Owner("python", re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"])
            for listed in _recorded(self._text(path, size, content)):
                inside = posixpath.normpath(posixpath.join("/", match["site"] or "", listed)).lstrip("/")
                self._python.setdefault(inside, owner)
        elif path.endswith("/package.json") and (module := _MODULE.fullmatch(path.removesuffix("package.json"))):
            version = _version_of(self._text(path, size, content))
            self._modules[module[0]] = Owner("node", module["name"], version)

    def of(self, path: str) -> Owner | None:
        """The package that a file belongs to. Bytecode belongs where its source does."""
        found = self._python.get(path)
        if found:
            return found
        name = self._debian.get(_merged(path))
        if name is None and path.startswith((_STATUS_FOLDER, _INFO_FOLDER)):
            name = _package_of_list(path)
        if name is not None:
            return Owner("debian", name, self._versions.get(name, ""))
        module = _MODULE.match(path)
        if module:
            return self._modules.get(module[0]) or Owner("node", module["name"], "")
        match = _BYTECODE.match(path)
        return self.of(f"{match['folder'] or ''}{match['stem']}.py") if match else None

    def _learn_distroless(self, path: str, size: int, content: Iterable[bytes]) -> None:
        name = path.removeprefix(_STATUS_FOLDER)
        if name.endswith(".md5sums"):
            for line in self._text(path, size, content).splitlines():
                self._debian.setdefault(_merged(line[34:].lstrip("/")), name.removesuffix(".md5sums"))
        else:
            self._learn_status(self._text(path, size, content))

    def _learn_status(self, text: str) -> None:
        name = ""
        for line in text.splitlines():
            key, _, value = line.partition(": ")
            if key == "Package":
                name = value.strip()
            elif key == "Version" and name:
                self._versions[name] = value.strip()

    def _text(self, path: str, size: int, content: Iterable[bytes]) -> str:
        self._read += size
        if size > LARGEST_LIST or self._read > ALL_LISTS:
            raise VerificationFailed("the lists of the image's packages are absurdly long", where=f"/{path}")
        return b"".join(content).decode(errors="replace")


def _package_of_list(path: str) -> str:
    """The package whose own list or status this file is."""
    stem = path.rpartition("/")[2]
    if path.startswith(_STATUS_FOLDER):
        return stem.removesuffix(".md5sums")
    return stem.partition(":")[0] if ":" in stem else stem.rpartition(".")[0]


def _merged(path: str) -> str:
    return f"usr/{path}" if _MERGED.match(path) else path


def _version_of(text: str) -> str:
    """What a package.json says of its package's version, or nothing."""
    try:
        said = msgspec.json.decode(text, type=dict[str, object]).get("version")
    except msgspec.DecodeError:
        return ""
    return said if isinstance(said, str) else ""


def _recorded(text: str) -> Iterator[str]:
    """The paths of a RECORD, each relative to the folder that the `.dist-info` is in, or absolute."""
    import csv

    try:
        for row in csv.reader(text.splitlines()):
            if row and row[0]:
                yield row[0]
    except csv.Error:
        return
