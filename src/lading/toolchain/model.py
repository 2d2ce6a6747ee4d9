"""A tool that is there, and a tool that is pinned, as values."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from lading.digest import Digest


class Tool(NamedTuple):
    """A program that can be started: its path and the version it gives."""

    path: Path
    version: str


class ToolPin(msgspec.Struct, frozen=True, kw_only=True):
    """One wheel that carries a tool (`uv`), for machines of one platform (`linux/amd64`, as the wheel's tags say)."""

    name: str
    version: str
    platform: str
    filename: str
    digest: Digest


class Wheel(NamedTuple):
    """One wheel file of a release."""

    filename: str
    digest: Digest


class Release(NamedTuple):
    """One version of a package and the wheels that may serve it, sorted by file name."""

    name: str
    version: str
    wheels: tuple[Wheel, ...]
