"""A digest of everything that a survey depends on. Apart from the rest, because every command needs it first."""

import hashlib
import sys
from collections.abc import Iterable

from lading.digest import Digest
from lading.tree.tree import Tree

VERSION = "17"
"""Part of every remembered survey and plan: a change of how they are made needs a new one."""

_READ = frozenset({
    "pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "Procfile", ".dockerignore",
    ".flaskenv", ".python-version", ".tool-versions", "mise.toml", ".mise.toml", "runtime.txt", "go.mod", "go.work",
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-workspace.yaml", ".nvmrc", ".node-version",
})  # fmt: skip
SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
"""The suffixes of modules of JavaScript and TypeScript."""
LISTS = (".txt", ".in")
"""The suffixes of lists of requirements, which may have any name: one includes another."""
_MODULES = (".py", ".go", *SCRIPTS)
"""Files whose content matters, and suffixes of such. Of all others only the names do."""


def fingerprint(tree: Tree, more: Iterable[str] = ()) -> Digest:
    """A digest of all paths of a tree, and of the content of the files that a survey reads.

    `more` are further inputs of whoever remembers something by it.
    """
    lines = []
    lists = has_lists(tree)
    for file in tree.files():
        if file.link is None and (file.path.endswith(_MODULES) or is_read(file.path, lists=lists)):
            lines.append(f"{file.path}\0{tree.digest(file.path)}\n")
        else:
            lines.append(f"{file.path}\n")
    state = hashlib.sha256("\0".join(["tree", key_of(), *more, ""]).encode())
    state.update("".join(lines).encode(errors="surrogateescape"))
    return Digest("sha256:" + state.hexdigest())


def is_read(path: str, *, lists: bool) -> bool:
    """Whether a survey reads a file that is no module. `lists`: see `has_lists`."""
    name = path.rpartition("/")[2]
    if name in _READ or (name.startswith("pylock.") and name.endswith(".toml")):
        return True
    return lists and name.endswith(LISTS)


def has_lists(tree: Tree) -> bool:
    """Whether a tree has a list of requirements: any text file may then be included by it."""
    return any(file.path.rpartition("/")[2] == "requirements.txt" for file in tree.files())


def is_source(path: str) -> bool:
    """Whether a survey reads a file of Go: no test, and nothing that the go command does not see either."""
    if not path.endswith(".go") or path.endswith("_test.go"):
        return False
    parts = path.split("/")
    return not any(part.startswith(("_", ".")) or part in ("testdata", "vendor") for part in parts)


def key_of(*words: str) -> Digest:
    """The key of something that is remembered by `words`, for this version, and this Python, whose own grammar decides
    what can be read."""
    from lading import __version__

    text = "\0".join([VERSION, __version__, f"{sys.version_info[0]}.{sys.version_info[1]}", *words])
    return Digest("sha256:" + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest())
