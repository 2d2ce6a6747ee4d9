"""What is done to a path and to all below it at once."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from lading.check.model.entry import Origin, Owner
from lading.check.model.nodes import Node, change_below, doubted, unknown, with_below


class Grown(msgspec.Struct, frozen=True):
    """Things may have been added or written to, none removed: what was absent is unknown."""

    origin: Origin

    def __call__(self, node: Node) -> Node:
        """See `nodes.Change`."""
        if node.presence == "absent":
            return unknown(self.origin)
        return change_below(node, self)


class Hazed(msgspec.Struct, frozen=True):
    """A command that nobody knows may have added, written or removed anything. What is sturdy stays (see `Origin`)."""

    origin: Origin

    def __call__(self, node: Node) -> Node:
        """See `nodes.Change`."""
        if node.presence == "absent":
            return unknown(self.origin)
        if node.entry is None or node.presence == "unknown" or node.entry.origin.sturdy:
            return change_below(node, self)
        return with_below(doubted(self.origin, node.entry), change_below(node, self).below)


class Moded(msgspec.Struct, frozen=True):
    """`chmod -R`: another mode for the files and folders that are there (links have none). `of` is given the old mode
    and whether it is a folder (none: not known), and gives the new one, or none where it is not known."""

    origin: Origin
    of: Callable[[int | None, bool | None], int | None]
    deep: bool = True

    def __call__(self, node: Node) -> Node:
        """See `nodes.Change`."""
        entry = node.entry
        if entry is not None and entry.kind != "link":
            is_folder = None if entry.kind is None else entry.kind == "folder"
            made = replace(entry, mode=self.of(entry.mode, is_folder), moded=self.origin)
            node = Node(node.presence, node.origin, made, node.below)
        return change_below(node, self) if self.deep else node


class Unmoded(msgspec.Struct, frozen=True):
    """The modes of what an instruction has made are not known."""

    origin: Origin

    def __call__(self, node: Node) -> Node:
        """See `nodes.Change`."""
        entry = node.entry
        if entry is not None and entry.origin is self.origin:
            node = Node(node.presence, node.origin, replace(entry, mode=None), node.below)
        return change_below(node, self)


class Owned(msgspec.Struct, frozen=True):
    """`chown -R`: another owner for all that is there. A number of none is not known; `user` and `group` say which of
    both is set."""

    origin: Origin
    owner: Owner
    user: bool = True
    group: bool = True
    deep: bool = True

    def __call__(self, node: Node) -> Node:
        """See `nodes.Change`."""
        entry = node.entry
        if entry is not None:
            old = entry.owner or Owner(None, None)
            owner = Owner(self.owner.uid if self.user else old.uid, self.owner.gid if self.group else old.gid)
            made = replace(entry, owner=owner, owned=self.origin)
            node = Node(node.presence, node.origin, made, node.below)
        return change_below(node, self) if self.deep else node


class Copied(msgspec.Struct, frozen=True):
    """All has been copied by an instruction, which may have given another owner and mode (none: as they were)."""

    origin: Origin
    owner: Owner | None = None
    mode: int | None = None

    def __call__(self, node: Node) -> Node:
        """See `nodes.Change`."""
        origin = replace(self.origin, earlier=node.origin)
        if node.entry is None:
            return change_below(Node(node.presence, origin, None, node.below), self)
        entry = replace(node.entry, origin=origin, moded=None, owned=None)
        if self.mode is not None and entry.kind != "link":
            entry = replace(entry, mode=self.mode)
        if self.owner is not None:
            entry = replace(entry, owner=self.owner)
        return change_below(Node(node.presence, origin, entry, node.below), self)
