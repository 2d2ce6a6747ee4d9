"""A digest of everything that a survey depends on. Apart from the rest, because every command needs it first."""

import hashlib
from collections.abc import Iterable

from lading.digest import Digest
from lading.tree.tree import Tree

SURVEY_VERSION = "1"
"""Part of every remembered result: a change of what the survey sees or says needs a new one."""

_READ = frozenset({
    "pyproject.toml", "uv.lock", "Procfile", ".dockerignore", ".flaskenv", ".python-version", ".tool-versions",
    "mise.toml", ".mise.toml", "runtime.txt",
})  # fmt: skip
"""Files whose content matters, beside every `.py`. Of all others only the names do."""


def fingerprint(tree: Tree, more: Iterable[str] = ()) -> Digest:
    """A digest of all paths of a tree, and of the content of the files that a survey reads.

    `more` are further inputs of whoever remembers something by it.
    """
    from lading import __version__

    state = hashlib.sha256("\0".join(["survey", SURVEY_VERSION, __version__, *more, ""]).encode())
    lines = []
    for file in tree.files():
        name = file.path.rpartition("/")[2]
        if file.link is None and (name in _READ or name.endswith(".py")):
            lines.append(f"{file.path}\0{tree.digest(file.path)}\n")
        else:
            lines.append(f"{file.path}\n")
    state.update("".join(lines).encode(errors="surrogateescape"))
    return Digest("sha256:" + state.hexdigest())
