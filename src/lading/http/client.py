"""One HTTP/1.1 client for registries and package mirrors: pooled, retrying, streaming both ways.

Built on `http.client` and not on a larger client because importing one of those costs as much as a whole build with
nothing changed (`docs/dependencies.md` has the figures). It knows nothing of registries or Debian.

Rules and where they come from:

- Retried: connection errors and 408, 429, 500, 502, 503, 504, with exponential backoff and jitter; `Retry-After`
  (seconds or a date, RFC 9110 section 10.2.3) is honoured. A body is only sent again when it can be produced again.
- Redirects of GET and HEAD are followed; `Authorization` never goes to another origin (CVE-2018-18074 is the lesson).
- Proxies come from the environment (`lading.http.proxy`); OpenSSL itself honours `SSL_CERT_FILE` and `SSL_CERT_DIR`.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from lading.errors import RemoteFailed
from lading.http.proxy import Proxy, proxy_for
from lading.http.response import NoAnswer, Response, said, shown

if TYPE_CHECKING:
    import socket
    import ssl
    from http.client import HTTPConnection, HTTPResponse

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_WAIT = 60.0
"""Seconds. A server that asks for more is not waited for: the failure is reported instead."""
CONNECT_TIMEOUT = 15.0
"""Seconds to wait for a connection: a host that takes longer is not there."""
Body = bytes | Callable[[], Iterator[bytes]]
"""What is sent: bytes, or a way to make the stream anew for each attempt (its `Content-Length` is in the headers)."""


Origin = tuple[str, str, int]
"""Scheme, host (IPv6 without brackets) and port."""


class Http:
    """A thread-safe pool of connections.

    `timeout` (seconds) bounds each socket operation. `sleep` is a seam for tests.
    """

    def __init__(
        self,
        *,
        retries: int = 4,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.retries = retries
        self._timeout = timeout
        self._sleep = sleep
        self._environ = environ
        self._trusted: dict[tuple[str, int], tuple[str, ...]] = {}
        self._idle: dict[Origin, list[HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._contexts: dict[tuple[str, int], ssl.SSLContext] = {}

    def trust(self, host: str, port: int, ca_files: Sequence[str]) -> None:
        """Trust these PEM files for one host, in addition to the system's certificates (the way of `certs.d`)."""
        with self._lock:
            self._trusted[host, port] = tuple(ca_files)
            self._contexts.pop((host, port), None)

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

        With `again=False` nothing is retried (for requests that must not be repeated). Raises `NoAnswer` when no answer
        came, and whatever `body` raises. The caller closes the response.
        """
        sent_headers = {"User-Agent": _user_agent(), "Accept-Encoding": "identity", **(headers or {})}
        attempts = self.retries if again else 0
        for attempt in range(attempts + 1):
            last = attempt == attempts
            try:
                response = self._follow(method, url, sent_headers, body)
            except NoAnswer:
                if last:
                    raise
                self._sleep(_backoff(attempt))
                continue
            if last or response.status not in RETRIED_STATUSES:
                return response
            wait = _wait(attempt, response)
            if wait > LONGEST_WAIT:
                return response
            response.close()
            self._sleep(wait)
        raise AssertionError("the loop returns or raises")

    def pause(self, attempt: int, response: Response | None = None) -> bool:
        """Wait before attempt number `attempt` + 1 of what the caller repeats: as long as the answer asks for.

        False, at once, when it asks for more than `LONGEST_WAIT` seconds.
        """
        wait = _wait(attempt, response)
        if wait > LONGEST_WAIT:
            return False
        self._sleep(wait)
        return True

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            connections = [connection for idle in self._idle.values() for connection in idle]
            self._idle.clear()
        for connection in connections:
            connection.close()

    def _follow(self, method: str, url: str, headers: Mapping[str, str], body: Body | None) -> Response:
        first = origin_of(url)
        own = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        for _ in range(6):
            response = self._exchange(method, url, headers if origin_of(url) == first else own, body)
            location = response.headers.get("Location")
            if method not in ("GET", "HEAD") or response.status not in REDIRECTS or not location:
                return response
            response.close()
            target = joined(url, location)
            if url.startswith("https:") and not target.startswith("https:"):
                raise RemoteFailed(
                    "refused a redirect from https to an unencrypted address", where=f"{shown(url)} → {shown(target)}"
                )
            url = target
        raise RemoteFailed("more than five redirects", where=shown(url))

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: Body | None) -> Response:
        from http.client import HTTPException

        origin = origin_of(url)
        proxy = proxy_for(*origin, self._environ)
        target = _target(url)
        if proxy and origin[0] == "http":
            target = f"http://{urlsplit(url).netloc}{target}"  # a plain proxy is given the whole URL
            headers = {**headers, **_proxy_headers(proxy)}
        while True:
            connection, fresh = self._take(origin, proxy)
            try:
                raw = _talk(connection, method, target, body, headers)
            except (OSError, HTTPException) as error:
                connection.close()
                if not fresh and isinstance(error, ConnectionError) and not callable(body):
                    continue  # the server closed an idle connection; that says nothing about this request
                raise _failure(error, url) from error
            except BaseException:
                connection.close()  # the body could not be produced: half a request is on the wire
                raise
            return Response(raw, url, partial(self._give, origin, connection))

    def _take(self, origin: Origin, proxy: Proxy | None) -> "tuple[HTTPConnection, bool]":
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                connection = idle.pop() if idle else None
            if connection is None:
                return self._open(origin, proxy), True
            if not _dropped(connection):
                return connection, False
            connection.close()

    def _give(self, origin: Origin, connection: "HTTPConnection", reusable: bool) -> None:
        if not reusable:
            connection.close()
            return
        with self._lock:
            self._idle.setdefault(origin, []).append(connection)

    def _open(self, origin: Origin, proxy: Proxy | None) -> "HTTPConnection":
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        scheme, host, port = origin
        near = (proxy.host, proxy.port) if proxy else (host, port)
        timeout = min(CONNECT_TIMEOUT, self._timeout)
        if scheme == "http":
            connection = HTTPConnection(*near, timeout=timeout)
        else:
            connection = HTTPSConnection(*near, timeout=timeout, context=self._context(host, port))
            if proxy:
                connection.set_tunnel(host, port, _proxy_headers(proxy))
        try:
            if scheme == "https" and proxy:
                connection.connect()
            else:
                connection.sock = _connected(*near, timeout)
            if scheme == "https" and not proxy:
                # As bytes, for the reason that `_connected` gives; the certificate is held to this name all the same.
                connection.sock = self._context(host, port).wrap_socket(connection.sock, server_hostname=host.encode())
            connection.sock.settimeout(self._timeout)
        except (OSError, HTTPException) as error:
            connection.close()
            raise _failure(error, f"{scheme}://{host}:{port}") from error
        return connection

    def _context(self, host: str, port: int) -> "ssl.SSLContext":
        import ssl

        with self._lock:
            context = self._contexts.get((host, port))
            if context is None:
                context = ssl.create_default_context()
                for path in self._trusted.get((host, port), ()):
                    context.load_verify_locations(path)
                self._contexts[host, port] = context
            return context


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an http or https URL; `RemoteFailed` for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RemoteFailed("the address of the server is not well formed", where=shown(url)) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.hostname.isascii():
        raise RemoteFailed("not an http or https address", where=shown(url))
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def joined(url: str, location: str) -> str:
    """A `Location` as a whole address; it may be relative. `RemoteFailed` when it is not well formed."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise RemoteFailed("the server points to an address that is not well formed", where=shown(url)) from error


def _talk(
    connection: "HTTPConnection", method: str, target: str, body: Body | None, headers: Mapping[str, str]
) -> "HTTPResponse":
    from http.client import HTTPException

    payload = body() if callable(body) else body
    try:
        connection.request(method, target, body=payload, headers=dict(headers))
    except ConnectionError as error:
        # The server may have answered and closed before it had read the whole body (413, say): hear what it says.
        try:
            return connection.getresponse()
        except (OSError, HTTPException):
            raise error from None
    return connection.getresponse()


def _connected(host: str, port: int, timeout: float) -> "socket.socket":
    import socket

    # A name given as bytes spares Python the import of its IDNA codec, which costs as much as a request on loopback.
    name: Any = host.encode()
    connection = socket.create_connection((name, port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _dropped(connection: "HTTPConnection") -> bool:
    """Whether the server has closed an idle connection (or said something that nobody asked for)."""
    from select import POLLIN, poll

    if connection.sock is None:
        return True
    waiting = poll()
    waiting.register(connection.sock, POLLIN)
    return bool(waiting.poll(0))


def _target(url: str) -> str:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="%/:=&?~+!$,;'@()*[]")  # what a server's Location left unquoted


def _proxy_headers(proxy: Proxy) -> dict[str, str]:
    return {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}


def _backoff(attempt: int) -> float:
    import random

    return float(0.25 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret


def _wait(attempt: int, response: Response | None) -> float:
    """Seconds to wait: the server's word where it is readable, else the usual backoff."""
    value = response.headers.get("Retry-After", "").strip() if response else ""
    if not value:
        return _backoff(attempt)
    if value.isascii() and value.isdigit():
        return float(value)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return _backoff(attempt)


def _failure(error: Exception, url: str) -> RemoteFailed:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return RemoteFailed(
            f"the server's certificate is not trusted: {getattr(error, 'verify_message', '') or said(error)}",
            where=shown(url),
            fix="trust its certificate authority (SSL_CERT_FILE names a bundle; for a registry, certs.d does)",
        )
    return NoAnswer(
        f"no answer: {said(error)}",
        where=shown(url),
        fix="check the network, the address and the proxy settings (HTTPS_PROXY, NO_PROXY)",
    )


def _user_agent() -> str:
    from lading import __version__

    return f"lading/{__version__}"
