"""The files of a stage at one moment, as values: an edit gives new ones."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from lading.check.model.changes import Hazed
from lading.check.model.entry import ROOT, Entry, Origin, Presence
from lading.check.model.nodes import Change, Listed, Node, absent, folder, present, unknown, with_below, with_child

MOST_LINKS = 40
"""Links that Linux follows in one path (path_resolution(7))."""
_NO_NAMES = frozenset({"", ".", ".."})
FLEETING = frozenset({"proc", "sys", "dev"})
"""What a runtime mounts below the root whatever the image has there
(https://github.com/opencontainers/runtime-spec/blob/v1.2.1/config-linux.md#default-filesystems)."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a path. `path` is where the links led to, `links` the paths of the links on the way; `origin`
    made it what it is: who put it there, removed it, never had it, or may have touched it."""

    path: str
    presence: Presence
    origin: Origin
    entry: Entry | None = None
    links: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        """Whether it is certainly there."""
        return self.presence == "present"

    @property
    def absent(self) -> bool:
        """Whether it is certainly not there."""
        return self.presence == "absent"


class Files(msgspec.Struct, frozen=True, eq=False):
    """All paths of a file system. Paths are absolute, with `/`; `.`, `..` and links are followed as Linux does."""

    root: Node

    def look(self, path: str, *, follow: bool = True) -> Found:
        """What is known of a path; `follow` is about a link at its end only."""
        walk = self._walk(path, follow=follow)
        node = walk.nodes[-1]
        return Found(
            path="/" + "/".join(walk.names),
            presence=node.presence,
            origin=node.origin,
            entry=_certain(node),
            links=tuple(walk.links),
        )

    def node(self, path: str, *, follow: bool = True) -> Node:
        """What is known of a path and of all below."""
        return self._walk(path, follow=follow).nodes[-1]

    def which(self, program: str, path: str | None) -> Found:
        """The file that a program's name means, where `path` has the folders to look in, `:` between them.

        A name with `/` is a path itself. Absent where no folder has it. Where a folder that comes before may have it,
        nothing is known of the entry. Unknown where none has it for certain and some may, and where the folders are not
        known (`None`). Where none has it, `origin` is a command that removed it, else the last folder's.
        """
        if "/" in program:
            return self.look(program)
        if path is None:
            return Found(path=program, presence="unknown", origin=self.root.origin)
        perhaps: Found | None = None
        last, removed = Found(path=program, presence="absent", origin=self.root.origin), False
        for place in path.split(":"):
            found = self.look(f"{place}/{program}")
            if not place.startswith("/"):
                found = replace(found, presence="unknown", entry=None)
            if found.present and not (found.entry and found.entry.kind == "folder"):
                return found if perhaps is None else replace(found, entry=None)
            if found.presence == "unknown":
                perhaps = perhaps or replace(found, path=program)
            elif not removed:
                removed = self._was_removed(place, found)
                last = replace(found, path=program, presence="absent", entry=None)
        return perhaps or last

    def _was_removed(self, place: str, found: Found) -> bool:
        """Whether a folder has lost a name, and has not only been made without it."""
        entry = self.look(place).entry
        return entry is not None and entry.origin is not found.origin and found.origin.act == "run"

    def is_closed(self, path: str) -> bool:
        """Whether every path right below a folder is known: what is not among `names` is not there."""
        node = self.node(path)
        return node.presence == "absent" or node.rest.presence == "absent"

    def names(self, path: str) -> tuple[str, ...]:
        """The names right below a folder that are certainly there, sorted."""
        node = self.node(path)
        return tuple(sorted(name for name in node.names() if node.child(name).presence == "present"))

    def below(self, path: str) -> Iterator[Found]:
        """All below a folder that something is known about, links not followed, a folder before what is in it.

        It may be much: a context's folders are read for it.
        """
        walk = self._walk(path, follow=True)
        waiting = [("".join(f"/{name}" for name in walk.names), walk.nodes[-1])]
        while waiting:
            at, node = waiting.pop()
            for name in sorted(node.names()):
                child = node.child(name)
                yield Found(path=f"{at}/{name}", presence=child.presence, origin=child.origin, entry=_certain(child))
                waiting.append((f"{at}/{name}", child))

    def edit(self, path: str, change: Change, *, parent: Entry | None = None, follow: bool = True) -> "Files":
        """The files with another node at a path. Folders on the way that are missing become as `parent`; without one,
        nothing is changed below a path that is not there. `follow` is about a link at the end only. Where the way
        may be a link, anything may be changed."""
        walk, files = self._walk(path, follow=follow), self
        stray = next((node for node in walk.nodes if _may_lead(node)), None)
        if stray is not None:
            files = Files(Hazed(stray.origin)(self.root))
            walk = files._walk(path, follow=follow)
        nodes = walk.nodes
        made = change(nodes[-1])
        if made is nodes[-1] or (parent is None and any(node.presence == "absent" for node in nodes[:-1])):
            return files
        for index in range(len(walk.names) - 1, -1, -1):
            above = nodes[index] if parent is None else _as_folder(nodes[index], parent)
            made = with_child(above, walk.names[index], made)
        return Files(made)

    def _walk(self, path: str, *, follow: bool) -> "_Walk":
        names: list[str] = []
        nodes = [self.root]
        links: list[str] = []
        waiting = path.split("/")
        waiting.reverse()
        while waiting:
            name = waiting.pop()
            if name in _NO_NAMES:
                if name == ".." and names:
                    names.pop()
                    nodes.pop()
                continue
            node = nodes[-1].child(name)
            entry = node.entry
            if entry is not None and entry.kind == "link" and len(links) <= MOST_LINKS and (follow or any(waiting)):
                links.append("/".join(("", *names, name)))
                if entry.target.startswith("/"):
                    names.clear()
                    del nodes[1:]
                waiting += entry.target.split("/")[::-1]
                continue
            names.append(name)
            nodes.append(node)
        if len(links) > MOST_LINKS:
            nodes[-1] = absent(nodes[-1].origin)
        return _Walk(names, nodes, links)


class _Walk(NamedTuple):
    """The way to a path: the names on it, the nodes, of which the root's is the first, and the links on the way."""

    names: list[str]
    nodes: list[Node]
    links: list[str]


def empty(origin: Origin) -> Files:
    """Nothing but what the runtime mounts: `FROM scratch`."""
    top = Entry(kind="folder", origin=origin, mode=0o755, owner=ROOT)
    return Files(folder(top, dict.fromkeys(FLEETING, unknown(origin))))


def anything(origin: Origin) -> Files:
    """Files of which nothing is known."""
    top = Entry(kind="folder", origin=origin, mode=0o755, owner=ROOT)
    return Files(present(top, Listed({}, unknown(origin))))


def _may_lead(node: Node) -> bool:
    """Whether a path may be a link."""
    entry = node.entry
    return entry is not None and entry.kind is None and bool(entry.target)


def _certain(node: Node) -> Entry | None:
    """What is there, where it certainly is."""
    return node.entry if node.presence == "present" else None


def _as_folder(node: Node, made: Entry) -> Node:
    """The node of a path that certainly is a folder now, since something has been put below it."""
    if node.entry is not None and node.entry.kind == "folder":
        return node
    if node.presence == "absent":
        return folder(made)
    target = node.entry.target if node.entry is not None else ""
    top = present(Entry(kind=None if target else "folder", origin=made.origin, target=target))
    return with_below(top, node.below or Listed({}, unknown(made.origin)))
