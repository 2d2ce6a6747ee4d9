"""What is remembered of Python modules: each is parsed once for each content."""

from typing import TYPE_CHECKING

from lading.survey.fingerprint import key_of
from lading.tree import Tree

if TYPE_CHECKING:
    from lading.survey.ground import Memo
    from lading.survey.python.module import ModuleFacts


def module_facts(tree: Tree, path: str, memo: "Memo") -> "ModuleFacts":
    """The facts of one module of a tree."""
    from lading.survey.python.module import ModuleFacts

    def compute() -> ModuleFacts:
        from lading.survey.python.scan import scan_module

        return scan_module(tree.read(path))

    return memo(key_of("module", tree.digest(path)), ModuleFacts, compute)
