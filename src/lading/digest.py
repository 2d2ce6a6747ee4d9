"""Content digests, as the OCI image specification writes them: `sha256:<64 hex>`.

https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
"""

import hashlib
import re
from collections.abc import Iterable
from typing import NewType

from lading.errors import VerificationFailed

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits. The only algorithm that Lading writes or accepts."""

_PATTERN = re.compile(r"sha256:[0-9a-f]{64}\Z")
CHUNK = 1 << 16
"""Bytes per read when a file is hashed or copied: large enough for SHA-256 at full speed, small enough to stream."""


def parse_digest(text: str, *, where: str = "") -> Digest:
    """`text` as a digest, or `VerificationFailed`: digests become file names, so nothing else may pass."""
    if not _PATTERN.match(text):
        raise VerificationFailed(f"{text[:80]!r} is not a sha256 digest", where=where)
    return Digest(text)


def digest_of(data: bytes) -> Digest:
    """The digest of bytes in memory."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def digest_of_chunks(chunks: Iterable[bytes]) -> Digest:
    """The digest of a stream."""
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
    return Digest("sha256:" + state.hexdigest())


def hex_of(digest: Digest) -> str:
    """The 64 hexadecimal digits, for file names."""
    return digest[7:]
