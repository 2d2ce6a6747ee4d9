"""Where a secret has got to: byte by byte, through files that are compressed."""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import zstandard

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def forms(user: str, password: str) -> tuple[bytes, ...]:
    """A password as it is, as a header, a JSON text and an address have it."""
    told = (password, json.dumps(password).strip('"'), quote(password, safe=""))
    basic = (base64.b64encode(f"{name}:{password}".encode()).rstrip(b"=") for name in (user, ""))
    return *(text.encode() for text in told), *basic


def holders(folders: Iterable[Path], secrets: Iterable[bytes]) -> Iterator[Path]:
    """The files below these folders that have one of the secrets in them, or in their names."""
    wanted = tuple(secrets)
    for folder in folders:
        for path in folder.rglob("*"):
            data = [bytes(path), *(_plain(path.read_bytes()) if path.is_file() else ())]
            if any(secret in one for secret in wanted for one in data):
                yield path


def _plain(data: bytes) -> Iterator[bytes]:
    """What a file holds, and what that is unpacked: frame by frame, since other things may follow them."""
    yield data
    if data.startswith(_GZIP):
        yield gzip.decompress(data)
    frames: list[bytes] = []
    while data.startswith(_ZSTD):
        one = zstandard.ZstdDecompressor().decompressobj()
        frames.append(one.decompress(data))
        data = one.unused_data
    yield b"".join(frames)
