"""`lading.lock`: a plain text file with one pinned artifact a line.

Its grammar, in the order in which it is written (fields are separated by one space, `#` starts a comment line)::

    lock 1
    base SUITE ARCHITECTURE                                     a Debian base, told by the lines below it
      roots NAME…                                               the packages that are asked for
      without NAME…                                             those that are left out (no line where there are none)
      also NAME…                                                those that installed packages are linked with (likewise)
      packages NAME…                                            all that it consists of
    library SUITE ARCHITECTURE LIBRARY NAME NEEDED-BY           why: a library of NAME, and who is linked with it
    deb SUITE NAME ARCHITECTURE VERSION SOURCE ARCHIVE PATH SIZE DIGEST
    image REFERENCE PLATFORM INDEX-DIGEST MANIFEST-DIGEST
    tool NAME VERSION PLATFORM FILE DIGEST
    requires PROJECT PYTHON REQUIREMENT                         what building a project's wheel asks for
    wheel PROJECT PYTHON NAME VERSION DIGEST…                   and what serves that

Paths are relative to a mirror and no package mirror is named, so that a lock serves wherever it is read. Lines are
sorted and not aligned: one update changes one line.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from lading.digest import Digest
from lading.errors import UsageError, raise_all
from lading.lock import fields
from lading.lock.model import BasePin, BuildPin, BuildSet, DebianPin, LibraryPin, PackageSet, Pins, ToolPin, sorted_pins

VERSION = "1"
HEADER = """\
# lading.lock: what `lading build` may use, pinned. Made by `lading lock`; keep it in version control.
# `lading lock --upgrade` moves it, `lading lock --check` tells what is outdated.
"""
_FIX = "restore it from version control, or make it anew with `lading lock --upgrade`"
_SAFE = "/+-._~"


class _Field(NamedTuple):
    what: str
    check: Callable[[str], bool]


_SUITE = _Field("a suite", fields.is_suite)
_ARCHITECTURE = _Field("an architecture", fields.is_architecture)
_PACKAGE = _Field("a package name", fields.is_package)
_PLATFORM = _Field("a platform", fields.is_platform)
_DIGEST = _Field("a sha256 digest", fields.is_digest)
_TOOL = _Field("a normalised package name", fields.is_tool)
_PYTHON_VERSION = _Field("a package version", fields.is_python_version)
_PROJECT = _Field("a path below the repository", fields.is_project)
_PYTHON = _Field("a Python version (3.13)", fields.is_minor)

_SHAPES: dict[str, tuple[_Field, ...]] = {
    "base": (_SUITE, _ARCHITECTURE),
    "deb": (
        _SUITE,
        _PACKAGE,
        _ARCHITECTURE,
        _Field("a Debian version", fields.is_debian_version),
        _PACKAGE,
        _Field("an archive (debian or debian-security)", fields.is_archive),
        _Field("the path of a .deb below a mirror's pool/", fields.is_pool_path),
        _Field("a size in bytes", fields.is_size),
        _DIGEST,
    ),
    "library": (_SUITE, _ARCHITECTURE, _Field("the file name of a library", fields.is_library), _PACKAGE, _TOOL),
    "image": (_Field("an image reference", fields.is_reference), _PLATFORM, _DIGEST, _DIGEST),
    "tool": (_TOOL, _PYTHON_VERSION, _PLATFORM, _Field("the file name of a wheel", fields.is_wheel), _DIGEST),
    "requires": (_PROJECT, _PYTHON, _Field("a requirement", fields.is_requirement)),
    "wheel": (_PROJECT, _PYTHON, _TOOL, _PYTHON_VERSION, _DIGEST),
}
_KEYS = {"deb": (0, 1, 2), "image": (0, 1), "tool": (0, 2), "requires": (0, 1, 2), "wheel": (0, 1, 2)}
"""The fields that tell one line of a kind from another (bases of one suite differ in their lists)."""
_CONFLICT = frozenset({"<<<<<<<", "=======", ">>>>>>>", "|||||||"})
_LISTS = frozenset({"roots", "without", "also", "packages"})


def read_lock(text: str, where: object) -> Pins:
    """The pins of a lock, sorted. `where` is the file's name, for messages.

    Raises `UsageError`, or `Problems` with every line that is not as it must be.
    """
    reader = _Reader(str(where))
    reader.read(text)
    raise_all(reader.problems)
    return sorted_pins(reader.pins())


def write_lock(pins: Pins) -> str:
    """The text of a lock: the same for the same pins."""
    pins = sorted_pins(pins)
    parts = [f"{HEADER}lock {VERSION}\n"]
    for lines in (_bases(pins), _libraries(pins), _debian(pins), _images(pins), _tools(pins), _builds(pins)):
        block = "".join(f"{line}\n" for line in lines)
        if block:
            parts.append(block)
    return "\n".join(parts)


def _bases(pins: Pins) -> Iterator[str]:
    for known in pins.sets:
        yield f"base {known.suite} {known.architecture}"
        yield f"  roots {' '.join(known.roots)}"
        if known.without:
            yield f"  without {' '.join(known.without)}"
        if known.also:
            yield f"  also {' '.join(known.also)}"
        yield f"  packages {' '.join(known.names)}"


def _libraries(pins: Pins) -> Iterator[str]:
    for pin in pins.libraries:
        yield f"library {pin.suite} {pin.architecture} {pin.library} {pin.package} {pin.needed_by}"


def _debian(pins: Pins) -> Iterator[str]:
    for pin in pins.debian:
        yield (
            f"deb {pin.suite} {pin.name} {pin.architecture} {pin.version} {pin.source} {pin.archive} {pin.path} "
            f"{pin.size} {pin.digest}"
        )


def _images(pins: Pins) -> Iterator[str]:
    for pin in pins.bases:
        yield f"image {pin.reference} {pin.platform} {pin.digest} {pin.manifest}"


def _tools(pins: Pins) -> Iterator[str]:
    for pin in pins.tools:
        yield f"tool {pin.name} {pin.version} {pin.platform} {pin.filename} {pin.digest}"


def _builds(pins: Pins) -> Iterator[str]:
    for known in pins.build_sets:
        project = f"{_quoted(known.project)} {known.python}"
        for requirement in known.requires:
            yield f"requires {project} {requirement}"
        for pin in pins.build:
            if (pin.project, pin.python) == (known.project, known.python):
                yield f"wheel {project} {pin.name} {pin.version} {' '.join(pin.digests)}"


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe=_SAFE)


def _unquoted(path: str) -> str:
    if "%" not in path:
        return path
    from urllib.parse import unquote

    return unquote(path)


class _Reader:
    """One pass over the lines; every problem is kept, so that all are told together."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[UsageError] = []
        self._lines: dict[str, list[list[str]]] = {kind: [] for kind in _SHAPES}
        self._bases: list[tuple[int, list[str], dict[str, list[str]]]] = []
        self._seen: set[tuple[str, ...]] = set()

    def read(self, text: str) -> None:
        lines = [
            (number, line)
            for number, line in enumerate(text.split("\n"), start=1)
            if line and not line.startswith("#") and not line.isspace()
        ]
        if self._version(lines[:1]):
            for number, line in lines[1:]:
                self._line(number, line)
            self._whole()

    def pins(self) -> Pins:
        """What the lines say. Only called when there was no problem."""
        lines = self._lines
        return Pins(
            sets=tuple(
                PackageSet(
                    suite=words[0],
                    architecture=words[1],
                    roots=_sorted(lists["roots"]),
                    without=_sorted(lists.get("without", ())),
                    names=_sorted(lists["packages"]),
                    also=_sorted(lists.get("also", ())),
                )
                for _, words, lists in self._bases
            ),
            debian=tuple(
                DebianPin(
                    suite=suite,
                    name=name,
                    architecture=architecture,
                    version=version,
                    source=source,
                    archive=archive,
                    path=path,
                    size=int(size),
                    digest=Digest(digest),
                )
                for suite, name, architecture, version, source, archive, path, size, digest in lines["deb"]
            ),
            libraries=tuple(
                LibraryPin(
                    suite=suite, architecture=architecture, library=library, package=package, needed_by=needed_by
                )
                for suite, architecture, library, package, needed_by in lines["library"]
            ),
            bases=tuple(
                BasePin(reference=reference, platform=platform, digest=Digest(index), manifest=Digest(manifest))
                for reference, platform, index, manifest in lines["image"]
            ),
            tools=tuple(
                ToolPin(name=name, version=version, platform=platform, filename=filename, digest=Digest(digest))
                for name, version, platform, filename, digest in lines["tool"]
            ),
            build_sets=_build_sets(lines["requires"]),
            build=tuple(
                BuildPin(
                    project=project,
                    python=python,
                    name=name,
                    version=version,
                    digests=tuple(Digest(digest) for digest in _sorted(digests)),
                )
                for project, python, name, version, *digests in lines["wheel"]
            ),
        )

    def _version(self, first: Sequence[tuple[int, str]]) -> bool:
        number, line = first[0] if first else (1, "")
        if line == f"lock {VERSION}":
            return True
        if line.startswith("lock ") and line[5:].isdecimal():
            self._problem(number, f"this lock is of version {line[5:]}, and this Lading reads version {VERSION}",
                          "upgrade Lading, or make the lock anew with `lading lock --upgrade`")  # fmt: skip
        else:
            self._problem(number, f"this is no lock of Lading: it does not start with `lock {VERSION}`")
        return False

    def _line(self, number: int, line: str) -> None:
        if line.startswith("  "):
            self._list(number, line[2:].split(" "))
            return
        kind, _, rest = line.partition(" ")
        shape = _SHAPES.get(kind)
        if shape is None:
            self._unknown(number, kind)
            return
        words = rest.split(" ", 2) if kind == "requires" else rest.split(" ")
        if kind in ("requires", "wheel"):
            words[0] = _unquoted(words[0])
        if self._fits(number, kind, shape, words) and self._is_new(number, kind, words):
            self._lines[kind].append(words)
            if kind == "base":
                self._bases.append((number, words, {}))

    def _unknown(self, number: int, kind: str) -> None:
        if kind in _CONFLICT:
            self._problem(number, "a merge conflict is left in the lock", "take either side, then run `lading lock`")
        else:
            self._problem(number, f"a lock has no lines of the kind {kind[:40]!r}")

    def _fits(self, number: int, kind: str, shape: tuple[_Field, ...], words: list[str]) -> bool:
        if len(words) > len(shape) and kind == "wheel":
            shape += (_DIGEST,) * (len(words) - len(shape))
        if len(words) != len(shape):
            self._problem(number, f"a `{kind}` line has {len(shape)} fields, and this one {len(words)}")
            return False
        fits = True
        for word, (what, check) in zip(words, shape, strict=True):
            if not check(word):
                self._problem(number, f"{word[:80]!r} is not {what}")
                fits = False
        return fits

    def _is_new(self, number: int, kind: str, words: list[str]) -> bool:
        if kind not in _KEYS:
            return True
        key = (kind, *(words[at] for at in _KEYS[kind]))
        if key in self._seen:
            self._problem(number, f"{' '.join(key)} is pinned twice")
            return False
        self._seen.add(key)
        return True

    def _list(self, number: int, words: list[str]) -> None:
        label, *names = words
        if not self._bases or label not in _LISTS:
            self._problem(number, f"a lock has no lists of the kind {label[:40]!r} here")
            return
        lists = self._bases[-1][2]
        if label in lists:
            self._problem(number, f"a base has one line of {label}, and this is its second")
        for name in names:
            if not fields.is_package(name):
                self._problem(number, f"{name[:80]!r} is not a package name")
        lists[label] = names

    def _whole(self) -> None:
        """What must hold between lines."""
        pinned = {(words[0], words[1], words[2]) for words in self._lines["deb"]}
        seen: set[tuple[object, ...]] = set()
        for number, (suite, architecture), lists in self._bases:
            for label in ("roots", "packages"):
                if not lists.get(label):
                    self._problem(number, f"a base has no line of {label}")
            key = (suite, architecture, _sorted(lists.get("roots", ())), _sorted(lists.get("without", ())))
            if key in seen:
                self._problem(number, f"this base of {suite} on {architecture} is there twice")
            seen.add(key)
            for name in lists.get("packages", ()):
                count = ((suite, name, architecture) in pinned) + ((suite, name, "all") in pinned)
                if count != 1:
                    told = "not pinned" if count == 0 else f"pinned both for {architecture} and for all architectures"
                    self._problem(number, f"{name[:80]} of {suite} on {architecture} is {told}")

    def _problem(self, number: int, what: str, fix: str = _FIX) -> None:
        self.problems.append(UsageError(what, where=f"{self.where}:{number}", fix=fix))


def _build_sets(lines: Iterable[Sequence[str]]) -> tuple[BuildSet, ...]:
    found: dict[tuple[str, str], list[str]] = {}
    for project, python, requirement in lines:
        found.setdefault((project, python), []).append(requirement)
    return tuple(
        BuildSet(project=project, python=python, requires=_sorted(requires))
        for (project, python), requires in found.items()
    )


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words))
