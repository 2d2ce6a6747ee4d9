"""Where the store is. Apart from the store itself, so that a build with nothing to do need not load it."""

from collections.abc import Mapping
from pathlib import Path


def default_root(environ: Mapping[str, str]) -> Path:
    """`$LADING_STORE`, else `lading` in the user's cache folder (XDG base directory specification)."""
    if environ.get("LADING_STORE"):
        return Path(environ["LADING_STORE"])
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "lading"
    return Path(environ.get("HOME") or "~").expanduser() / ".cache" / "lading"
