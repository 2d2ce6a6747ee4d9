"""Answers, and how their failures are told.

Messages show an address without its query and user part: both may hold secrets (presigned links, upload states).
"""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lading.errors import RemoteFailed

if TYPE_CHECKING:
    from http.client import HTTPResponse

DRAINED = 1 << 16
"""Bytes of an unread answer that are worth reading to keep its connection."""


class NoAnswer(RemoteFailed):
    """The server could not be reached or went away: unlike a refusal, the same request may work in a moment."""


class Response:
    """An answer whose body is still on the wire. Use it as a context manager; it gives the connection back.

    `status` is the HTTP status, `headers` are read without regard to case.
    """

    def __init__(self, raw: "HTTPResponse", url: str, release: Callable[[bool], None]) -> None:
        self._raw = raw
        self._release = release
        self.url = url
        self.status = raw.status
        self.headers = raw.headers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back; one with more than a little unread is closed instead."""
        from http.client import HTTPException

        try:
            if (self._raw.length or 0) <= DRAINED:
                self._raw.read(DRAINED)  # a short rest is read, so that the connection can serve again
        except (OSError, HTTPException):
            self._raw.close()
            self._release(False)
            return
        reusable = self._raw.isclosed() and not self._raw.will_close
        self._raw.close()
        self._release(reusable)

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The body in pieces of at most `size` bytes. Raises `NoAnswer` when the connection breaks half way."""
        from http.client import HTTPException

        while True:
            try:
                piece = self._raw.read(size)
            except (OSError, HTTPException) as error:
                raise NoAnswer(f"the connection broke while reading ({said(error)})", where=shown(self.url)) from error
            if not piece:
                if self._raw.length:
                    raise NoAnswer(f"the connection closed {self._raw.length} bytes early", where=shown(self.url))
                return
            yield piece

    def body(self, limit: int = 4 << 20) -> bytes:
        """The whole body; `RemoteFailed` if it is longer than `limit` bytes (4 MiB suit manifests, tokens, errors)."""
        parts: list[bytes] = []
        total = 0
        for piece in self.chunks():
            total += len(piece)
            if total > limit:
                raise RemoteFailed(f"the answer is longer than {limit} bytes", where=shown(self.url))
            parts.append(piece)
        return b"".join(parts)


def shown(url: str) -> str:
    """A URL as messages show it: without query, fragment, user and password."""
    scheme, mark, rest = url.partition("?")[0].partition("#")[0].rpartition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}"


def said(error: Exception) -> str:
    """What an error of the operating system or of TLS says, in short."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:300]
