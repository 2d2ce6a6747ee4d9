"""What a list of requirements says, with the lists and constraints that it includes. Pure: files come by a function.

The format is pip's: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Callable, Iterator, Sequence
from posixpath import dirname, join, normpath
from typing import NamedTuple

from lading.digest import Digest
from lading.survey.python.lockfacts import Edge, LockFacts, Node
from lading.survey.python.pins import Index, Pin, sha256_of, without_credentials
from lading.survey.python.tables import normalised

Read = Callable[[str], bytes | None]
"""The bytes of a file, by its path relative to the project; nothing where there is none."""

MOST_FILES = 50
"""Lists that one list may include, directly or not."""

_OPTION = re.compile(r"(--?[A-Za-z][A-Za-z-]*)(?:[= ]\s*|\Z)(.*)\Z", re.DOTALL)
_HASH = re.compile(r"\s--hash[= ](\S+)")
_REST = re.compile(r"\s--[a-z].*\Z", re.DOTALL)
_COMMIT = re.compile(r"@([0-9a-f]{40})(?:#.*)?\Z")
_INCLUDES = ("-r", "--requirement")
_CONSTRAINTS = ("-c", "--constraint")
_EDITABLE = ("-e", "--editable")
_SHORT = {"-i": "--index-url", "-f": "--find-links"}
_ARCHIVES = (".whl", ".zip", ".tar.gz")


class Line(NamedTuple):
    """One line: its words, and the file and number that it begins on."""

    text: str
    file: str
    number: int


class Entry(NamedTuple):
    """One requirement: an edge, the version that it is held to (or nothing), hashes, and where it comes from if not
    from an index (`place` is a folder, a file or an address)."""

    edge: Edge
    version: str
    digests: tuple[Digest, ...]
    place: str = ""
    source: str = ""


class Listing(NamedTuple):
    """All of a list. `options` are those for an index, each with its value; `wrong` says what cannot be read."""

    entries: tuple[Entry, ...]
    options: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    wrong: tuple[str, ...]


def read_listing(name: str, read: Read) -> Listing:
    """A list and all that it includes."""
    reader = _Reader(read)
    reader.take(name, constraint=False)
    return Listing(tuple(reader.entries), tuple(reader.options), tuple(sorted(reader.files)), tuple(reader.wrong))


def read_requirements(name: str, read: Read) -> LockFacts:
    """The facts of a list of requirements; one that cannot be read gives facts that say so."""
    listing = read_listing(name, read)
    if listing.wrong:
        return LockFacts(broken="; ".join(listing.wrong))
    held = [one for one in listing.entries if one.place != "."]
    free = {one.edge.name for one in held if not one.digests and one.source != "git" and not _is_folder(one)}
    return LockFacts(
        root=Node("", "", tuple(one.edge for one in held)),
        nodes=_nodes(held),
        also=(
            *(file for file in listing.files if file != name),
            *sorted(one.place for one in held if one.source == "file"),
        ),
        unhashed=tuple(sorted(free)),
    )


def pip_pins(name: str, read: Read) -> Iterator[Pin]:
    """What a list says of the files of each package."""
    for one in read_listing(name, read).entries:
        commit = _COMMIT.search(one.place)
        address = one.place.removeprefix("git+").partition("#")[0]
        yield Pin(
            name=one.edge.name,
            version=one.version,
            digests=one.digests,
            source=one.source if one.source in ("git", "url", "file") else "",  # type: ignore[arg-type]
            place=address.rpartition("@")[0] if commit else address,
            commit=commit[1] if commit else "",
            subfolder=_fragment(one.place, "subdirectory"),
        )


def pip_indexes(name: str, read: Read) -> tuple[tuple[Index, ...], tuple[Index, ...], bool]:
    """What a list says of where packages come from: the index, further ones, and whether there is none at all."""
    options = read_listing(name, read).options
    main = tuple(Index(name="", url=value) for option, value in options if option == "--index-url")
    more = tuple(Index(name="", url=value) for option, value in options if option == "--extra-index-url")
    return main[-1:], more, any(option == "--no-index" for option, _ in options)


class _Reader:
    def __init__(self, read: Read) -> None:
        self._read = read
        self.files: set[str] = set()
        self.entries: list[Entry] = []
        self.options: list[tuple[str, str]] = []
        self.wrong: list[str] = []

    def take(self, name: str, *, constraint: bool, origin: str = "") -> None:
        """Read a file. Constraints are only kept as files: whoever installs obeys them."""
        if name in self.files or len(self.files) >= MOST_FILES:
            return
        data = self._read(name)
        if data is None:
            self.wrong.append(f"{origin}: there is no {name} in the repository")
            return
        self.files.add(name)
        for line in lines_of(data.decode(errors="replace"), name):
            self._line(line, constraint)

    def _line(self, line: Line, constraint: bool) -> None:
        option = _OPTION.match(line.text)
        where = f"{line.file}:{line.number}"
        if option is None:
            if not constraint:
                self._requirement(line.text, where)
            return
        name, value = option[1], option[2].strip()
        if name in (*_INCLUDES, *_CONSTRAINTS):
            if "://" in value:
                self.wrong.append(f"{where}: {without_credentials(value).partition('?')[0]} is not in the repository")
            else:
                place = normpath(join(dirname(line.file), value))
                self.take(place, constraint=constraint or name in _CONSTRAINTS, origin=where)
        elif name in _EDITABLE:
            self._requirement(value, where)
        else:
            self.options.append((_SHORT.get(name, name), value))

    def _requirement(self, text: str, where: str) -> None:
        digests = sha256_of(_HASH.findall(text))
        words = _REST.sub("", text).strip()
        try:
            self.entries.append(_entry(words, digests, dirname(where.rpartition(":")[0])))
        except ValueError:
            shown = "an address" if "://" in words else repr(words[:60])
            self.wrong.append(f"{where}: {shown} is no requirement")


def lines_of(text: str, file: str) -> Iterator[Line]:
    """The lines of a list: those that go on behind a backslash as one, without comments."""
    words, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        comment = line.lstrip().startswith("#")
        bare = "" if comment else re.split(r"\s#", line)[0]
        start = start if words else number
        if bare.rstrip().endswith("\\"):
            words += bare.rstrip()[:-1] + " "
            continue
        words = (words + bare).strip()
        if words:
            yield Line(words, file, start)
        words = ""
    if words.strip():
        yield Line(words.strip(), file, start)


def _entry(words: str, digests: tuple[Digest, ...], folder: str) -> Entry:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    if _is_place(words):
        return _placed(words, digests, folder)
    try:
        parsed = Requirement(words)
    except InvalidRequirement as error:
        raise ValueError(words) from error
    name = str(canonicalize_name(parsed.name))
    extras = tuple(sorted(canonicalize_name(one) for one in parsed.extras))
    pinned = [
        one.version for one in parsed.specifier if one.operator in ("==", "===") and not one.version.endswith("*")
    ]
    version = pinned[0] if len(pinned) == 1 and not parsed.url else ""
    edge = Edge(name, version, extras, str(parsed.marker) if parsed.marker else "")
    if not parsed.url:
        return Entry(edge, version, digests)
    if parsed.url.startswith("git+"):
        return Entry(edge, "", digests, parsed.url, "git")
    place = parsed.url if "://" in parsed.url else normpath(join(folder, parsed.url))
    hashed = sha256_of([f"sha256:{_fragment(parsed.url, 'sha256')}"])
    return Entry(edge, "", digests or hashed, place, "url" if "://" in place else "file")


def _is_place(words: str) -> bool:
    """Whether a requirement is a path or an address without a name in front."""
    first = words.partition("[")[0].partition(";")[0].strip()
    return first.startswith((".", "/", "git+", "http://", "https://", "file:")) or first.endswith(_ARCHIVES)


def _placed(words: str, digests: tuple[Digest, ...], folder: str) -> Entry:
    place, _, marker = (part.strip() for part in words.partition(" ;"))
    extras = tuple(re.findall(r"\[([^\]]*)\]\s*\Z", place))
    place = re.sub(r"\[[^\]]*\]\s*\Z", "", place).removeprefix("file:")
    asked = tuple(normalised(one.strip()) for one in ",".join(extras).split(",") if one.strip())
    if "://" not in place:
        place = normpath(join(folder, place))
        source = "file" if place.endswith(_ARCHIVES) else "folder"
    else:
        source = "git" if place.startswith("git+") else "url"
    name = _fragment(place, "egg") or _name_of(place)
    if not normalised(name):
        raise ValueError(words)
    hashed = sha256_of([f"sha256:{_fragment(place, 'sha256')}"])
    return Entry(Edge(normalised(name), "", asked, marker), "", digests or hashed, place, source)


def _name_of(place: str) -> str:
    """A name for what lies at a path or address: a wheel's own, else its last part."""
    last = place.partition("#")[0].rstrip("/").rpartition("/")[2]
    if last in (".", "..", ""):
        return "project"
    if last.endswith(_ARCHIVES):
        return last.partition("-")[0]
    return last.partition("@")[0].removesuffix(".git")


def _fragment(address: str, key: str) -> str:
    for one in address.partition("#")[2].split("&"):
        name, _, value = one.partition("=")
        if name == key:
            return value.partition("[")[0]
    return ""


def _is_folder(entry: Entry) -> bool:
    return entry.source == "folder"


def _nodes(entries: Sequence[Entry]) -> tuple[Node, ...]:
    """Each package once, however often it is named."""
    found: dict[tuple[str, str], Node] = {}
    for one in entries:
        node = Node(
            one.edge.name,
            one.version,
            place=one.place if one.source == "folder" else "",
            source="" if one.source == "folder" else one.source,
        )
        found.setdefault((node.name, node.version), node)
    return tuple(found.values())
