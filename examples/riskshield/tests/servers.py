"""What the service talks to, as real servers on loopback that do what a test tells them."""

import json
import os
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SCORE = {"reference": "rs-4711", "score": 42}
API_KEY = "api-key-5f1c"
TOKEN = "token-81d3"  # noqa: S105
IDENTITY_HEADER = "identity-header-93aa"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server does with one request; ``reset`` breaks the connection, ``never`` leaves it unanswered."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    never: bool = False


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


class Server:
    """Answers each request with ``answer`` and remembers it in ``received``."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.origin = ""

    def answer(self, request: Received) -> Answer:
        raise NotImplementedError

    @contextmanager
    def serving(self, tls: ssl.SSLContext | None = None) -> Iterator[None]:
        closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                target = urlsplit(self.path)
                request = Received(
                    method=self.command,
                    path=target.path,
                    query=parse_qs(target.query),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
                )
                server.received.append(request)
                self._send(server.answer(request))

            do_GET = do_POST = _handle  # noqa: N815

            def _send(self, answer: Answer) -> None:
                if answer.never:
                    closing.wait()
                if answer.reset or answer.never:
                    # Lingering for no time makes close() send RST; the handler's own way of closing sends FIN first.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    os.close(self.connection.detach())
                    self.close_connection = True
                    return
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet: the tests read ``received``."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
            if tls is not None:
                listener.socket = tls.wrap_socket(listener.socket, server_side=True)
            self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{listener.server_port}"
            thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                closing.set()
                listener.shutdown()
                thread.join()


class Upstream(Server):
    """The RiskShield API: gives the answers in ``script`` one after the other, then always ``otherwise``."""

    def __init__(self) -> None:
        super().__init__()
        self.script: deque[Answer] = deque()
        self.otherwise = Answer(body=SCORE)

    def answer(self, request: Received) -> Answer:
        return self.script.popleft() if self.script else self.otherwise


class Identity(Server):
    """The managed identity endpoint that Azure Container Apps puts beside each container."""

    def answer(self, request: Received) -> Answer:
        if request.headers.get("x-identity-header") != IDENTITY_HEADER:
            return Answer(status=403, body={})
        expires = str(int(time.time()) + 3600)
        resource = request.query["resource"][0]
        return Answer(body={"access_token": TOKEN, "expires_on": expires, "resource": resource, "token_type": "Bearer"})


class KeyVault(Server):
    """An Azure key vault with one secret, which asks for a token first; ``instead`` is given to those who have one."""

    def __init__(self) -> None:
        super().__init__()
        self.key = API_KEY
        self.instead: Answer | None = None

    def answer(self, request: Received) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            # The SDK insists that the vault's host is a subdomain of the resource that the vault names: 127.(0.0.1).
            resource = self.origin.replace("127.", "", 1)
            challenge = f'Bearer authorization="https://login.example/tenant", resource="{resource}"'
            return Answer(status=401, body={}, headers={"WWW-Authenticate": challenge})
        if self.instead is not None:
            return self.instead
        return Answer(body={"value": self.key, "id": f"{self.origin}{request.path}1", "attributes": {}})


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
