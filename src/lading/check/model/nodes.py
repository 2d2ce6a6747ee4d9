"""Trees of what is known of paths. They never change: an edit makes a new one that shares all else with the old.

A node says of one path whether it is there, and knows its children. What is done to many nodes at once (copying a
folder, `chown -R`, a command that nobody knows) is written down at their top, and done to a child when somebody asks
for it. So a tree of a base or of a context costs only what is looked at.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from lading.check.model.entry import Entry, Origin, Presence

DEEPEST = 150
"""Edits that may lie on top of each other. What is edited more often is not known any more: nobody writes such a file,
and looking it up would exhaust Python's stack."""


class Node(msgspec.Struct, frozen=True, eq=False):
    """What is known of a path.

    `entry` is there where it is present; where it is not known whether a link is still there, it has that link's target
    and no kind. `below` is none for what holds nothing, and where nothing is known of what it holds.
    """

    presence: Presence
    origin: Origin
    entry: Entry | None = None
    below: "Below | None" = None

    def child(self, name: str) -> "Node":
        """What is known of a path right below."""
        if self.below is not None:
            return self.below.get(name)
        if self.presence == "absent":
            return self
        if self.presence == "unknown" or self.entry is None:
            return unknown(self.origin)
        return (absent if self.entry.kind == "file" else unknown)(self.origin)

    @property
    def rest(self) -> "Node":
        """What is known of every path right below that nothing is said about by name."""
        return self.below.rest() if self.below is not None else self.child("")

    def names(self) -> Iterable[str]:
        """The names right below that something is known about."""
        return self.below.names() if self.below is not None else ()


class Below:
    """The children of a node."""

    __slots__ = ("depth",)
    depth: int

    def get(self, name: str) -> Node:
        """What is known of one."""
        raise NotImplementedError

    def rest(self) -> Node:
        """What is known of every one that is not in `names`."""
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        """All that something is known about, each once."""
        raise NotImplementedError


class Listed(Below):
    """Children by name; `others` is what is known of all others."""

    __slots__ = ("_children", "_others")

    def __init__(self, children: Mapping[str, Node], others: Node) -> None:
        self.depth = 1
        self._children = children
        self._others = others

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        return self._children.get(name, self._others)

    def rest(self) -> Node:
        """See `Below.rest`."""
        return self._others

    def names(self) -> Iterable[str]:
        """See `Below.names`."""
        return self._children


class Loaded(Below):
    """Children that are made when the first is asked for."""

    __slots__ = ("_load", "_loaded")

    def __init__(self, load: Callable[[], Listed]) -> None:
        self.depth = 1
        self._load = load
        self._loaded: Listed | None = None

    def _children(self) -> Listed:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        return self._children().get(name)

    def rest(self) -> Node:
        """See `Below.rest`."""
        return self._children().rest()

    def names(self) -> Iterable[str]:
        """See `Below.names`."""
        return self._children().names()


class Overlaid(Below):
    """Children of which some have been replaced."""

    __slots__ = ("_over", "_under")

    def __init__(self, under: Below, over: Mapping[str, Node]) -> None:
        self._over: Mapping[str, Node] = over
        self._under: Below = under
        if isinstance(under, Overlaid):
            self._over, self._under = {**under._over, **over}, under._under
        self.depth = self._under.depth + 1

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        found = self._over.get(name)
        return self._under.get(name) if found is None else found

    def rest(self) -> Node:
        """See `Below.rest`."""
        return self._under.rest()

    def names(self) -> Iterable[str]:
        """See `Below.names`."""
        return {**dict.fromkeys(self._under.names()), **self._over}


class Changed(Below):
    """Children to each of which the same is done."""

    __slots__ = ("_done", "_rest", "_under", "change")

    def __init__(self, under: Below, change: "Change") -> None:
        self.depth = under.depth + 1
        self.change = change
        self._under = under
        self._done: dict[str, Node] = {}
        self._rest: Node | None = None

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        found = self._done.get(name)
        if found is None:
            found = self._done[name] = self.change(self._under.get(name))
        return found

    def rest(self) -> Node:
        """See `Below.rest`."""
        if self._rest is None:
            self._rest = self.change(self._under.rest())
        return self._rest

    def names(self) -> Iterable[str]:
        """See `Below.names`."""
        return self._under.names()


class Paired(Below):
    """Children of two nodes, put together by name."""

    __slots__ = ("_done", "_names", "_one", "_other", "_rest", "_together")

    def __init__(self, one: Node, other: Node, together: Callable[[Node, Node], Node]) -> None:
        self.depth = max(depth_of(one), depth_of(other)) + 1
        self._one = one
        self._other = other
        self._together = together
        self._done: dict[str, Node] = {}
        self._names: dict[str, None] | None = None
        self._rest: Node | None = None

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        found = self._done.get(name)
        if found is None:
            found = self._done[name] = self._together(self._one.child(name), self._other.child(name))
        return found

    def rest(self) -> Node:
        """See `Below.rest`."""
        if self._rest is None:
            self._rest = self._together(self._one.rest, self._other.rest)
        return self._rest

    def names(self) -> Iterable[str]:
        """See `Below.names`."""
        if self._names is None:  # both may be made of the same, and that of the same again
            self._names = dict.fromkeys((*self._one.names(), *self._other.names()))
        return self._names


Change = Callable[[Node], Node]


def absent(origin: Origin) -> Node:
    """Neither a path nor anything below it is there."""
    return Node("absent", origin)


def unknown(origin: Origin) -> Node:
    """Nothing is known of a path and of what is below it."""
    return Node("unknown", origin)


def present(entry: Entry, below: Below | None = None) -> Node:
    """An entry is there."""
    return Node("present", entry.origin, entry, below)


def folder(entry: Entry, children: Mapping[str, Node] | None = None) -> Node:
    """A folder that has these children and no others."""
    return present(entry, Listed(children or {}, absent(entry.origin)))


def with_child(node: Node, name: str, child: Node) -> Node:
    """A folder's node with another child."""
    below = node.below if node.below is not None else Listed({}, node.child(name))
    return with_below(node, Overlaid(below, {name: child}))


def with_below(node: Node, below: Below | None) -> Node:
    """A node with other children; nothing is known of them where too many edits lie on each other."""
    if below is not None and below.depth > DEEPEST:
        below = Listed({}, unknown(node.origin))
    return Node(node.presence, node.origin, node.entry, below)


def depth_of(node: Node) -> int:
    """How many edits lie on each other in what is below."""
    return node.below.depth if node.below is not None else 0


def change_below(node: Node, change: Change) -> Node:
    """A node to whose children, theirs and so on, something is done when they are asked for."""
    below = node.below
    if below is None or (isinstance(below, Changed) and below.change == change):
        return node
    return with_below(node, Changed(below, change))


def merge(under: Node, over: Node) -> Node:
    """What is known where one tree has been copied onto another, as COPY does it."""
    if over.presence == "absent":
        return over if under.presence == "absent" else under
    if over.entry is not None and over.entry.kind in ("file", "link"):
        return over
    if under.presence == "absent":
        return over
    if under.entry is not None and under.entry.kind in ("file", "link") and over.entry is not None:
        return unknown(over.origin)  # a folder on what is none: BuildKit refuses it
    top = over if over.presence == "present" else Node(under.presence, over.origin, _vague(under.entry, over.origin))
    return with_below(top, Paired(under, over, merge))


def join(one: Node, other: Node) -> Node:
    """What is known where either of two trees may be the one."""
    if one is other:
        return one
    if one.presence == other.presence == "absent":
        return one
    if one.presence == other.presence == "present" and one.entry is not None and other.entry is not None:
        top = present(_either(one.entry, other.entry))
    else:
        likely = one if one.presence != "absent" else other
        top = doubted(likely.origin, one.entry, other.entry)
    return with_below(top, Paired(one, other, join))


def doubted(origin: Origin, *entries: Entry | None) -> Node:
    """A path that may be there, and what it is then may be one of these."""
    targets = [entry.target for entry in entries if entry is not None and entry.target]
    return Node("unknown", origin, Entry(kind=None, origin=origin, target=targets[0]) if targets else None)


def _vague(entry: Entry | None, origin: Origin) -> Entry | None:
    """An entry that may have been replaced."""
    return None if entry is None else Entry(kind=None, origin=origin, target=entry.target)


def _either(one: Entry, other: Entry) -> Entry:
    """What two entries have in common."""
    if one == other:
        return one
    return Entry(
        kind=one.kind if (one.kind, one.target) == (other.kind, other.target) else None,
        origin=other.origin,
        mode=one.mode if one.mode == other.mode else None,
        owner=one.owner if one.owner == other.owner else None,
        target=one.target or other.target,
        content=one.content if one.content == other.content else None,
        nature=one.nature if one.nature == other.nature else None,
    )
