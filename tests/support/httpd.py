"""A small HTTP/1.1 server for tests: one function answers each request, and every request is remembered.

It can misbehave as networks do: cut a connection before the answer, half way through it, or half way through reading
the request.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """One request. `read` gives the body in pieces; `body()` all of it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    read: Callable[[int], bytes]
    port: int

    def body(self) -> bytes:
        parts = []
        while piece := self.read(1 << 16):
            parts.append(piece)
        return b"".join(parts)


@dataclass
class Answer:
    """One answer. `cut` resets the connection after that many bytes of the body (0: before any of it)."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None


class Reset(Exception):
    """Raised by a handler to reset the connection at once, without an answer."""


Handler = Callable[[Request], Answer]


@dataclass
class Site:
    """A running server: its port, its base address and `METHOD path` of everything that was asked."""

    port: int
    base: str
    asked: list[str] = field(default_factory=list)
    sent_bodies: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Handler, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _RequestHandler)
        self.answer = answer
        self.context = context
        self.lock = threading.Lock()
        self.open: set[socket.socket] = set()
        self.site = Site(self.server_address[1], "")

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        with self.lock:
            self.open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        assert isinstance(request, socket.socket)
        with self.lock:
            self.open.discard(request)
        super().close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that breaks is part of the game."""

    def stop(self) -> None:
        self.shutdown()
        with self.lock:
            connections = list(self.open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()  # joins the threads


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        if self.server.context:
            self.request.settimeout(10)
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        if self.server.context:
            self.request.close()

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(1 << 16)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._serve()

    def _serve(self) -> None:
        left = int(self.headers.get("Content-Length") or 0)

        def read(size: int) -> bytes:
            nonlocal left
            if self.headers.get("Transfer-Encoding") == "chunked":
                return self._read_chunk()
            piece = self.rfile.read(min(size, left))
            left -= len(piece)
            return piece

        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        request = Request(self.command, parts.path, query, dict(self.headers.items()), read, self.server.site.port)
        with self.server.lock:
            self.server.site.asked.append(f"{self.command} {self.path}")
        try:
            answer = self.server.answer(request)
            self._answer(answer)
        except Reset:
            self._reset()
            return
        if left or self.headers.get("Transfer-Encoding"):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name for it
        """Say nothing."""

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers and answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        with self.server.lock:
            self.server.site.sent_bodies += len(answer.body)
        if answer.cut is not None:
            self.wfile.flush()
            raise Reset

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def _read_chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        piece = self.rfile.read(size)
        self.rfile.readline()
        return piece


@contextmanager
def serve(answer: Handler, *, context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve on a random port of the loopback interface until the block ends."""
    server = _Server(answer, context)
    server.site.base = f"{'https' if context else 'http'}://127.0.0.1:{server.site.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.site
    finally:
        server.stop()
        thread.join()
