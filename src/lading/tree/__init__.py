"""One door to a source tree: its paths, bytes and digests; patterns that say which of them take part."""

from lading.tree.patterns import Patterns
from lading.tree.tree import FolderTree, MemoryTree, SubTree, Tree, TreeFile, is_utf8

__all__ = ["FolderTree", "MemoryTree", "Patterns", "SubTree", "Tree", "TreeFile", "is_utf8"]
