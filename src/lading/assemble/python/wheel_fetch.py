"""Fetching a locked wheel by its address, where that takes nothing but the address and the hash.

What needs more is left to uv: credentials (a keyring, netrc, `UV_INDEX_…`), hosts that it was told to trust, its cache
when there is no network. So no failure here is an error.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lading.assemble.python.wheels import Wheel
from lading.digest import CHUNK, digest_of_chunks
from lading.errors import LadingError, RemoteFailed

if TYPE_CHECKING:
    from lading.http import Http

LARGEST_WHEEL = 8 << 30
"""Bytes, where the lock does not tell the size. The largest wheels of machine learning have 3 GB."""


class WheelFetcher:
    """Fetches wheels; asks no host again that has not answered or has refused. Thread-safe."""

    def __init__(self, http: "Callable[[], Http]", env: Mapping[str, str]) -> None:
        self._http = http
        # https://docs.astral.sh/uv/reference/environment/#uv_offline
        self._offline = env.get("UV_OFFLINE", "").lower() in ("1", "true", "t", "yes", "y", "on")
        self._lock = Lock()
        self._refused: set[str] = set()

    def fetch(self, wheel: Wheel, project: Path, scratch: Path) -> Path | None:
        """The wheel's file, its hash checked, in `scratch` or where it lies; nothing where uv must get it.

        `project` is the folder that a relative place starts from.
        """
        parts = urlsplit(wheel.url)
        try:
            if parts.scheme in ("http", "https"):
                return None if "@" in parts.netloc else self._download(wheel, parts.netloc, scratch)
            path = Path(unquote(parts.path)) if parts.scheme == "file" else project / wheel.url
            with path.open("rb") as file:
                found = digest_of_chunks(iter(lambda: file.read(CHUNK), b""))
        except (OSError, ValueError):
            return None
        return path if found == wheel.digest else None

    def _download(self, wheel: Wheel, host: str, scratch: Path) -> Path | None:
        if host in self._refused or self._offline:
            return None
        path = scratch / wheel.digest.removeprefix("sha256:")
        try:
            found = self._receive(wheel, path)
        except LadingError:
            with self._lock:
                self._refused.add(host)
            found = None
        if found != wheel.digest:
            path.unlink(missing_ok=True)
            return None
        return path

    def _receive(self, wheel: Wheel, path: Path) -> str:
        limit = wheel.size or LARGEST_WHEEL
        with self._http().send("GET", wheel.url, again=False) as response:
            if response.status != 200:
                raise RemoteFailed(f"HTTP status {response.status}")

            def kept() -> Iterator[bytes]:
                size = 0
                with path.open("xb") as file:
                    for chunk in response.chunks():
                        size += len(chunk)
                        if size > limit:
                            raise RemoteFailed("it is longer than the lock says")
                        file.write(chunk)
                        yield chunk

            return digest_of_chunks(kept())
