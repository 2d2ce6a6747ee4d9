"""Where the store is, and what unfinished files elsewhere are called. Apart from the store itself, so that a build with
nothing to do need not load it."""

import os
from collections.abc import Mapping
from pathlib import Path


def default_root(environ: Mapping[str, str]) -> Path:
    """`$LADING_STORE`, else `lading` in the user's cache folder (XDG base directory specification)."""
    if environ.get("LADING_STORE"):
        return Path(environ["LADING_STORE"])
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "lading"
    return Path(environ.get("HOME") or "~").expanduser() / ".cache" / "lading"


UNFINISHED = ".lading-tmp"
"""What the name of a file that is still being written ends in, so that one that a killed process left in a project is
known for what it is: no image ever holds it."""


def temporary_name(name: str, unique: str = "") -> str:
    """A name beside `name` for writing it: hidden, and another one each time unless `unique` says which.

    >>> temporary_name("image.tar", "1f")
    '.image.tar.1f.lading-tmp'
    """
    return f".{name}.{unique or os.urandom(6).hex()}{UNFINISHED}"
