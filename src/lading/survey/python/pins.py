"""What a lock says of where each package comes from: hashes, index, or a place of its own. Pure.

Apart from `LockFacts`, because only a build whose lock is new asks for it, and hashes are most of a lock.
"""

from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from lading.digest import Digest


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """A package index: its simple interface (PEP 503, PEP 691), and the name by which the project and its credentials
    know it."""

    name: str
    url: str


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One package of a lock: the hashes of the files that may serve it (none where the lock has none).

    It comes from `index` (nothing: from wherever packages come from), unless `source` says that it is a repository of
    git, at `commit`, or a file at an address or in the project: `place` is which, `subfolder` where in it.
    """

    name: str
    version: str
    digests: tuple[Digest, ...] = ()
    index: Index | None = None
    source: Literal["", "git", "url", "file"] = ""
    place: str = ""
    commit: str = ""
    subfolder: str = ""


def sha256_of(hashes: Iterable[str]) -> tuple[Digest, ...]:
    """The SHA-256 hashes among hashes of any kind (`sha256:…`), sorted; what is none is passed over."""
    found = {one for one in hashes if one.startswith("sha256:") and len(one) == 71 and _is_hex(one[7:])}
    return tuple(sorted(Digest(one) for one in found))


def without_credentials(address: str) -> str:
    """An address as anybody may read it.

    >>> without_credentials("https://user:secret@packages.example/simple")
    'https://packages.example/simple'
    """
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else address


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)
