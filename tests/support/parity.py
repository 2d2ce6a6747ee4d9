"""Two images of one plan, held against each other: every path of their file systems and all that they say of their run.

    embedded, buildkit = view(image), view(other)
    assert differences(embedded, buildkit, same_code) == expected("distroless")

Layers are read with Python's own `tarfile`, so that no reader of Lading's can be wrong in the same way twice. What
differs on purpose is listed in `DIFFERENCES`, value by value: a difference that is not listed fails the test, and so
does one that is listed and no longer there. What differs in the source that ships is listed by patterns (`SOURCE`,
`CHECKOUT`). docs/render.md has the lists as tables.
"""

import gzip
import hashlib
import io
import json
import posixpath
import re
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from lading.oci.model import Image

Pair = tuple[object, object]
"""What the embedded engine's image has, and what BuildKit's has; `None` where it has nothing."""
Found = dict[tuple[str, str], Pair]
"""Differences by place (a path, or a variable or key of the configuration) and property."""
BYTECODE = ".pyc"
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_MOST_LINKS = 40
_SHOWN = 1 << 16
"""Bytes of a file whose content is shown where it differs; of a larger one, its digest."""


class Difference(NamedTuple):
    """A difference that must be: on which bases, where, in what, the two values, and why."""

    bases: tuple[str, ...]
    place: str
    what: str
    embedded: object
    buildkit: object
    reason: str


_PYVENV = (
    "home = {}\nimplementation = CPython\nversion_info = 3.13\ninclude-system-site-packages = false\n"
)  # fmt: skip
_OFFICIAL = "the official Python image has its own interpreter there, the assembled one Debian's at `/usr/bin`"

DIFFERENCES = (
    Difference(
        ("distroless", "slim", "image", "static", "scratch"), "ArgsEscaped", "config", None, True,
        "BuildKit writes it into every configuration that has a command; it means something on Windows only",
    ),
    Difference(
        ("slim",), "/app/.venv/bin/python", "target", "/usr/bin/python3.13", "/usr/local/bin/python3.13", _OFFICIAL
    ),
    Difference(
        ("slim",), "/app/.venv/pyvenv.cfg", "content", _PYVENV.format("/usr/bin"), _PYVENV.format("/usr/local/bin"),
        _OFFICIAL,
    ),
    Difference(("slim",), "/usr/local", "there", None, "folder", _OFFICIAL),
    Difference(("slim",), "/usr/local/bin", "there", None, "folder", _OFFICIAL),
    Difference(("slim",), "/usr/local/bin/python3.13", "there", None, "link", _OFFICIAL),
)  # fmt: skip
"""All that may differ between the images of the two engines."""


class Rule(NamedTuple):
    """A difference wherever a pattern of paths matches: how people are shown it, in what, both sides, and why."""

    pattern: str
    shown: str
    what: str
    embedded: str
    buildkit: str
    reason: str


_IN_APP = r"/app/(?!\.venv/)"
SOURCE = (
    Rule(
        rf"{_IN_APP}(?:.*/)?__pycache__(?:/[^/]+\.pyc)?", "__pycache__", "there", "its bytecode", "nothing",
        "a container that compiles takes more time at each changed line than all else of the build; `compileall` in a "
        "RUN of your own gives it back",
    ),
)  # fmt: skip
"""What differs where source of Python ships."""
CHECKOUT = (
    Rule(
        r"/app/(?:pyproject\.toml|uv\.lock)", "the lock, pyproject.toml", "there", "nothing", "file",
        "where a link lies beside them: COPY of its folder cannot leave them out, and COPY of its name would follow it",
    ),
    Rule(rf"{_IN_APP}.*", "what has odd permissions", "mode", "644 or 755", "the checkout's", "COPY takes them over"),
    Rule(rf"{_IN_APP}.*", "an empty folder", "there", "nothing", "folder", "COPY takes it over; git has none"),
)  # fmt: skip
"""What differs besides where a checkout is as awkward as can be."""


class Entry(NamedTuple):
    """One path: `kind` is `file`, `folder` or `link`, `mode` permission bits, `owner` numeric, `content` a digest."""

    kind: str
    mode: int
    owner: tuple[int, int]
    target: str = ""
    content: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


_PARENT = Entry("folder", 0o755, (0, 0))
"""What engines make of a folder that no layer mentions."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What a container would see: entries by absolute path, the bytes of small files and of bytecode, and the
    configuration's `config`."""

    entries: Mapping[str, Entry]
    data: Mapping[str, bytes]
    config: Mapping[str, Any]


def view(image: Image) -> View:
    """The file system of an image, its layers one above the other, and its configuration."""
    root = _Root()
    for layer in image.layers:
        packed = b"".join(layer.chunks())
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
            root.apply(archive)
    return View(entries=root.entries, data=root.data, config=json.loads(image.config)["config"])


def differences(
    embedded: View, buildkit: View, same_code: Callable[[Mapping[str, tuple[bytes, bytes]]], set[str]]
) -> Found:
    """All that differs. `same_code` gets the bytecode that is not the same bytes, by path, and tells which of it is
    the same code."""
    found: Found = dict(_of_files(embedded, buildkit))
    bytecode = [path for path, what in found if what == "content" and path.endswith(BYTECODE)]
    pairs = {path: (embedded.data[path], buildkit.data[path]) for path in bytecode}
    same = same_code(pairs) if pairs else set[str]()
    kept = {key: pair for key, pair in found.items() if key != (key[0], "content") or key[0] not in same}
    return kept | dict(_of_configs(embedded.config, buildkit.config))


def expected(base: str) -> Found:
    """The differences that are listed for a base."""
    return {(one.place, one.what): (one.embedded, one.buildkit) for one in DIFFERENCES if base in one.bases}


def unexplained(found: Found, rules: Iterable[Rule]) -> tuple[Found, list[Rule]]:
    """The differences that none of the rules is about, and the rules that are about no difference."""
    left, unseen = dict(found), []
    for rule in rules:
        seen = [key for key, pair in left.items() if _is_about(rule, key, pair)]
        left = {key: pair for key, pair in left.items() if key not in seen}
        unseen += [] if seen else [rule]
    return left, unseen


def _is_about(rule: Rule, key: tuple[str, str], pair: Pair) -> bool:
    nothing = [side == "nothing" for side in (rule.embedded, rule.buildkit)]
    kind = rule.buildkit if rule.buildkit in ("file", "folder") else pair[1]
    return (
        key[1] == rule.what
        and bool(re.fullmatch(rule.pattern, key[0]))
        and [side is None for side in pair] == nothing
        and pair[1] == kind
    )


def rules_table() -> str:
    """The rules as a table for people."""
    rows = ["| where | `lading build` | BuildKit | why |", "|---|---|---|---|"]
    rows += [
        f"| {one.shown}, {one.what} | {one.embedded} | {one.buildkit} | {one.reason} |" for one in (*SOURCE, *CHECKOUT)
    ]
    return "\n".join(rows) + "\n"


def table() -> str:
    """The list as a table for people."""
    rows = ["| base | where | `lading build` | BuildKit | why |", "|---|---|---|---|---|"]
    for one in DIFFERENCES:
        values = (_cell(value) for value in (one.embedded, one.buildkit))
        rows.append(" | ".join((f"| {', '.join(one.bases)}", f"`{one.place}`, {one.what}", *values, f"{one.reason} |")))
    return "\n".join(rows) + "\n"


SAME_CODE = """
import base64, json, marshal, sys

def shown(code):
    names = [name for name in sorted(dir(code)) if name.startswith("co_") and name not in ("co_consts", "co_lnotab")]
    parts = [getattr(code, name) for name in names if not callable(getattr(code, name))]
    return [*parts, list(code.co_lines()), list(code.co_positions()), [constant(one) for one in code.co_consts]]

def constant(one):
    if hasattr(one, "co_code"):
        return shown(one)
    if isinstance(one, tuple):
        return [constant(part) for part in one]
    if isinstance(one, frozenset):
        return sorted(repr(part) for part in one)
    return type(one), repr(one)

def same(first, second):
    first, second = (base64.b64decode(text) for text in (first, second))
    return first[:16] == second[:16] and shown(marshal.loads(first[16:])) == shown(marshal.loads(second[16:]))

print(json.dumps([path for path, pair in json.load(sys.stdin).items() if same(*pair)]))
"""
"""A program for a Python of the images' own version: pairs of .pyc files come in as JSON, by path, in base64; the paths
of those go out that have the same header and the same code, all the way down: names, constants with their types, lines,
columns, and the file's name."""


def _of_files(embedded: View, buildkit: View) -> Iterator[tuple[tuple[str, str], Pair]]:
    for path in sorted(embedded.entries.keys() | buildkit.entries.keys()):
        pair = embedded.entries.get(path), buildkit.entries.get(path)
        first, second = pair
        if first is None or second is None:
            yield (path, "there"), (first and first.kind, second and second.kind)
            continue
        for what in Entry._fields:
            values = getattr(first, what), getattr(second, what)
            if values[0] != values[1]:
                shown = (_shown(embedded, path), _shown(buildkit, path)) if what == "content" else values
                yield (path, what), shown


def _of_configs(embedded: Mapping[str, Any], buildkit: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Pair]]:
    for name in sorted(embedded.keys() | buildkit.keys()):
        first, second = embedded.get(name), buildkit.get(name)
        if name == "Env":  # the order of variables means nothing, unless one is there twice
            first, second = sorted(first or ()), sorted(second or ())
        if first != second:
            yield (name, "config"), (first, second)


def _shown(one: View, path: str) -> str:
    data = one.data.get(path, b"")
    return data.decode() if data and not path.endswith(BYTECODE) else one.entries[path].content


def _cell(value: object) -> str:
    lines = str(value).splitlines()
    return f"`{lines[0]}`{' …' if len(lines) > 1 else ''}" if value is not None else "nothing"


class _Root:
    """The file system so far. Paths are absolute, with no link in them but the last part."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.data: dict[str, bytes] = {}

    def apply(self, archive: tarfile.TarFile) -> None:
        """Put a layer on top (https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#applying-changesets)."""
        below = set(self.entries)
        for entry in archive:
            folder, _, name = posixpath.normpath(f"/{entry.name}").rpartition("/")
            if not name:
                continue
            parent = self.folder(folder)
            path = f"{parent}/{name}"
            if name == _OPAQUE:
                self.remove(path for path in below if path.startswith(f"{parent}/"))
            elif name.startswith(_WHITEOUT):
                self.remove(self.tree(f"{parent}/{name.removeprefix(_WHITEOUT)}"))
            else:
                self.put(path, entry, archive)

    def put(self, path: str, entry: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        """Write one path; a folder stays with what is in it when a folder comes."""
        if not (entry.isdir() and path in self.entries and self.entries[path].kind == "folder"):
            self.remove(self.tree(path))
        if entry.islnk():
            target = f"/{entry.linkname.strip('/')}"
            source = f"{self.folder(target.rpartition('/')[0])}/{target.rpartition('/')[2]}"
            self.entries[path] = self.entries[source]
            if source in self.data:
                self.data[path] = self.data[source]
            return
        data = b""
        if entry.isreg():
            file = archive.extractfile(entry)
            data = file.read() if file else b""
            if len(data) <= _SHOWN or path.endswith(BYTECODE):
                self.data[path] = data
        self.entries[path] = _entry(entry, data)

    def remove(self, paths: Iterable[str]) -> None:
        """Take paths away."""
        for path in list(paths):
            self.entries.pop(path, None)
            self.data.pop(path, None)

    def tree(self, path: str) -> list[str]:
        """A path and all below it."""
        if path not in self.entries or self.entries[path].kind != "folder":
            return [path]
        return [one for one in self.entries if one == path or one.startswith(f"{path}/")]

    def folder(self, path: str) -> str:
        """The folder that a path means, links followed; made where it is missing."""
        done, rest, links = "", path.split("/")[::-1], 0
        while rest:
            part = rest.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            here = self.entries.setdefault(f"{done}/{part}", _PARENT)
            if here.kind == "link":
                links += 1
                assert links <= _MOST_LINKS, path
                done = "" if here.target.startswith("/") else done
                rest += here.target.split("/")[::-1]
            else:
                done = f"{done}/{part}"
        return done


def _entry(entry: tarfile.TarInfo, data: bytes) -> Entry:
    kinds = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file"}
    kind = kinds.get(entry.type, f"device {entry.type!r}")
    return Entry(
        kind=kind,
        mode=stat.S_IMODE(entry.mode),
        owner=(entry.uid, entry.gid),
        target=entry.linkname if kind == "link" else "",
        content=hashlib.sha256(data).hexdigest() if kind == "file" else "",
        attributes=tuple(sorted(pair for pair in entry.pax_headers.items() if pair[0].startswith("SCHILY.xattr."))),
    )
