"""One HTTP/1.1 client for registries and package mirrors: pooled, retrying, streaming both ways.

Built on `http.client` and not on a larger client because importing one of those costs as much as a whole build with
nothing changed (`docs/dependencies.md` has the figures). It knows nothing of registries or Debian.

Rules and where they come from:

- Retried: connection errors and 408, 429, 500, 502, 503, 504, with exponential backoff and jitter; `Retry-After`
  (seconds or a date, RFC 9110 section 10.2.3) is honoured. A body is only sent again when it can be produced again.
- Redirects of GET and HEAD are followed; `Authorization` never goes to another origin (CVE-2018-18074 is the lesson).
- `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured, in either case, as curl does; `SSL_CERT_FILE`
  and `SSL_CERT_DIR` are honoured by OpenSSL itself.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urljoin, urlsplit

from lading.errors import RemoteFailed

if TYPE_CHECKING:
    import ssl
    from http.client import HTTPConnection, HTTPResponse

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_WAIT = 60.0
"""Seconds. A server that asks for more is not waited for: the failure is reported instead."""

Body = bytes | Callable[[], Iterator[bytes]]
"""What is sent: bytes, or a way to make the stream anew for each attempt (its `Content-Length` goes into the headers)."""


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
        """Give the connection back; one with an unread body is closed instead."""
        if self._raw.isclosed() or not self._raw.length:
            self._raw.read()
        reusable = self._raw.isclosed() and not self._raw.will_close
        self._raw.close()
        self._release(reusable)

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The body in pieces of at most `size` bytes. Raises `RemoteFailed` when the connection breaks half way."""
        from http.client import HTTPException

        while True:
            try:
                piece = self._raw.read(size)
            except (OSError, HTTPException) as error:
                raise RemoteFailed(f"the connection broke while reading ({_said(error)})", where=self.url) from error
            if not piece:
                if self._raw.length:
                    raise RemoteFailed(f"the connection closed {self._raw.length} bytes early", where=self.url)
                return
            yield piece

    def body(self, limit: int = 4 << 20) -> bytes:
        """The whole body; `RemoteFailed` if it is longer than `limit` bytes (4 MiB suit manifests, tokens, errors)."""
        parts: list[bytes] = []
        total = 0
        for piece in self.chunks():
            total += len(piece)
            if total > limit:
                raise RemoteFailed(f"the answer is longer than {limit} bytes", where=self.url)
            parts.append(piece)
        return b"".join(parts)


Origin = tuple[str, str, int]


class Http:
    """A thread-safe pool of connections.

    `timeout` (seconds) bounds each socket operation. `sleep` is a seam for tests. `ca_files` maps `host:port` to a PEM
    file to trust in addition to the system's certificates (the way of Docker's `certs.d`).
    """

    def __init__(
        self,
        *,
        retries: int = 4,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        ca_files: Mapping[str, str] | None = None,
    ) -> None:
        self.retries = retries
        self._timeout = timeout
        self._sleep = sleep
        self._ca_files = dict(ca_files or {})
        self._idle: dict[Origin, list[HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        again: bool = True,
    ) -> Response:
        """Send one request and return its answer, whatever its status, after retries and redirects.

        With `again=False` nothing is retried (for requests that must not be repeated). Raises `RemoteFailed` when no
        answer came. The caller closes the response.
        """
        sent_headers = {"User-Agent": _user_agent(), "Accept-Encoding": "identity", **(headers or {})}
        attempts = self.retries if again else 0
        for attempt in range(attempts + 1):
            last = attempt == attempts
            try:
                response = self._follow(method, url, sent_headers, body)
            except RemoteFailed:
                if last:
                    raise
                self._sleep(_backoff(attempt))
                continue
            if last or response.status not in RETRIED_STATUSES:
                return response
            wait = _retry_after(response.headers.get("Retry-After"), attempt)
            if wait > LONGEST_WAIT:
                return response
            response.close()
            self._sleep(wait)
        raise AssertionError("the loop returns or raises")

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            connections = [connection for idle in self._idle.values() for connection in idle]
            self._idle.clear()
        for connection in connections:
            connection.close()

    def _follow(self, method: str, url: str, headers: Mapping[str, str], body: Body | None) -> Response:
        first = origin_of(url)
        for _ in range(6):
            usable = (
                headers
                if origin_of(url) == first
                else {k: v for k, v in headers.items() if k.lower() != "authorization"}
            )
            response = self._exchange(method, url, usable, body)
            location = response.headers.get("Location")
            if method not in ("GET", "HEAD") or response.status not in REDIRECTS or not location:
                return response
            response.close()
            target = urljoin(url, location)
            if url.startswith("https:") and not target.startswith("https:"):
                raise RemoteFailed("refused a redirect from https to an unencrypted address", where=f"{url} → {target}")
            url = target
        raise RemoteFailed("more than five redirects", where=url)

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: Body | None) -> Response:
        from http.client import HTTPException

        parts = urlsplit(url)
        origin = origin_of(url)
        while True:
            connection, fresh = self._take(origin)
            try:
                payload = body() if callable(body) else body
                connection.request(method, _target(connection, url, parts), body=payload, headers=dict(headers))
                raw = connection.getresponse()
            except (OSError, HTTPException) as error:
                connection.close()
                if not fresh:
                    continue  # the server closed an idle connection; that says nothing about this request
                raise RemoteFailed(f"no answer: {_said(error)}", where=url, fix=_network_hint(error)) from error

            return Response(raw, url, partial(self._give, origin, connection))

    def _take(self, origin: Origin) -> "tuple[HTTPConnection, bool]":
        with self._lock:
            idle = self._idle.get(origin)
            if idle:
                return idle.pop(), False
        return self._open(origin), True

    def _give(self, origin: Origin, connection: "HTTPConnection", reusable: bool) -> None:
        if not reusable:
            connection.close()
            return
        with self._lock:
            self._idle.setdefault(origin, []).append(connection)

    def _open(self, origin: Origin) -> "HTTPConnection":
        from http.client import HTTPConnection, HTTPSConnection

        scheme, host, port = origin
        proxy = _proxy_for(scheme, host)
        if scheme == "http":
            if proxy:
                connection = HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=self._timeout)
                connection.lading_absolute = True  # type: ignore[attr-defined]  # a plain proxy wants the whole URL
                return connection
            return HTTPConnection(host, port, timeout=self._timeout)
        context = self._context(f"{host}:{port}")
        if not proxy:
            return HTTPSConnection(host, port, timeout=self._timeout, context=context)
        secure = HTTPSConnection(proxy.hostname or "", proxy.port or 80, timeout=self._timeout, context=context)
        secure.set_tunnel(host, port)
        return secure

    def _context(self, authority: str) -> "ssl.SSLContext":
        import ssl

        with self._lock:
            if authority not in self._contexts:
                context = ssl.create_default_context()
                if authority in self._ca_files:
                    context.load_verify_locations(self._ca_files[authority])
                self._contexts[authority] = context
            return self._contexts[authority]


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an http or https URL; `RemoteFailed` for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RemoteFailed("not an http or https address", where=url)
    try:
        port = parts.port
    except ValueError as error:
        raise RemoteFailed("the port is not a number from 0 to 65535", where=url) from error
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def _target(connection: "HTTPConnection", url: str, parts: SplitResult) -> str:
    if getattr(connection, "lading_absolute", False):
        return url
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _proxy_for(scheme: str, host: str) -> SplitResult | None:
    # Upper-case HTTP_PROXY is not read under CGI (httpoxy); Lading is no CGI program, so either case serves.
    for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"):
        value = os.environ.get(name)
        if value:
            bypass = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
            if any(_bypasses(host, rule.strip()) for rule in bypass.split(",")):
                return None
            return urlsplit(value if "://" in value else f"http://{value}")
    return None


def _bypasses(host: str, rule: str) -> bool:
    if not rule:
        return False
    name = rule.removeprefix("*").removeprefix(".")
    return rule == "*" or host == name or host.endswith(f".{name}")


def _backoff(attempt: int) -> float:
    return float(0.25 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret


def _retry_after(value: str | None, attempt: int) -> float:
    """Seconds to wait: the server's word where it is readable, else the usual backoff."""
    if not value:
        return _backoff(attempt)
    if value.strip().isdigit():
        return float(value)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return _backoff(attempt)


def _network_hint(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "trust the server's certificate authority (SSL_CERT_FILE names a bundle)"
    return "check the network, the address and the proxy settings (HTTPS_PROXY, NO_PROXY)"


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _user_agent() -> str:
    from lading import __version__

    return f"lading/{__version__}"
