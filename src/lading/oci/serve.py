"""One image as a read-only registry on the loopback interface, for as long as an engine pulls from it.

It answers only what a pull asks: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull. The
repository's name holds a secret, so that nobody else on the machine can read the image by trying ports.
"""

import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lading.digest import Digest
from lading.errors import LadingError
from lading.oci.content import checked
from lading.oci.documents import INDEX_TYPES, MANIFEST_TYPES
from lading.oci.model import Descriptor, Image, Index
from lading.oci.partial import Part, manifest_descriptor, parts_of


class Served:
    """What is being served, and what has been read of it.

    `name` is what an engine pulls: `127.0.0.1:PORT/…@sha256:…`. `bytes_sent` counts the bytes of every answer's body,
    `served` the blobs and manifests that went out whole. `errors` are failures of the image's own content.
    """

    def __init__(self, content: Image | Index, moved: Callable[[int], None]) -> None:
        self.parts: Mapping[Digest, Part] = {part.descriptor.digest: part for part in parts_of([content])}
        self.repository = f"lading/{secrets.token_hex(16)}"
        self.top: Descriptor = manifest_descriptor(content)
        self.name = ""
        self.bytes_sent = 0
        self.served: set[Digest] = set()
        self.errors: list[LadingError] = []
        self._moved = moved
        self._lock = threading.Lock()

    def find(self, path: str) -> Part | None:
        """What a request's path asks for: a manifest or blob by digest in the one repository."""
        found = re.fullmatch(rf"/v2/{re.escape(self.repository)}/(manifests|blobs)/(sha256:[0-9a-f]{{64}})", path)
        part = self.parts.get(Digest(found[2])) if found else None
        is_document = part is not None and part.descriptor.media_type in (*MANIFEST_TYPES, *INDEX_TYPES)
        return part if found and is_document == (found[1] == "manifests") else None

    def sent(self, count: int, whole: Digest | None = None) -> None:
        """Note that bytes went out, and perhaps the last ones of a blob."""
        with self._lock:
            self.bytes_sent += count
            if whole:
                self.served.add(whole)
        self._moved(count)


@contextmanager
def serve(content: Image | Index, moved: Callable[[int], None]) -> Iterator[Served]:
    """Serve an image or index on a random port until the block ends. `moved` is called as bytes go out."""
    served = Served(content, moved)
    server = _Server(served)
    served.name = f"127.0.0.1:{server.server_address[1]}/{served.repository}@{served.top.digest}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.end_connections()
        server.server_close()
        thread.join()


_TLS_HANDSHAKE = b"\x16"
"""The first byte of a client that speaks TLS (RFC 8446 section 5.1)."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, served: Served) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served = served
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: object, client_address: object) -> None:
        if isinstance(request, socket.socket):
            with self._lock:
                self._open.add(request)
        super().process_request(request, client_address)  # type: ignore[arg-type]  # passed on as it came

    def shutdown_request(self, request: object) -> None:
        if isinstance(request, socket.socket):
            with self._lock:
                self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def end_connections(self) -> None:
        """Close what clients keep open, so that no thread waits for their next request."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # closed by the client meanwhile
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away, or tries TLS first, is none of the user's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Server

    def handle_one_request(self) -> None:
        """Answer one request, or say in plain HTTP that there is no TLS.

        Docker tries TLS first, and goes on without only when the answer begins with `HTTP/`:
        https://github.com/golang/go/blob/go1.24.0/src/net/http/transport.go (`tlsRecordHeaderLooksLikeHTTP`)
        """
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(1 << 16)
        if self.raw_requestline.startswith(_TLS_HANDSHAKE):
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        elif self.raw_requestline and self.parse_request():
            if self.command in ("GET", "HEAD"):
                self._answer(with_body=self.command == "GET")
            else:
                self._head(405, {"Content-Length": "0"})
                self.close_connection = True
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name for it
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        part = self.server.served.find(self.path)
        if part is None:
            self._head(200 if self.path in ("/v2/", "/v2") else 404, {"Content-Length": "0"})
            return
        size = part.descriptor.size
        first, last = _span(self.headers.get("Range", ""), size)
        headers = {
            "Content-Type": part.descriptor.media_type,
            "Docker-Content-Digest": part.descriptor.digest,
            "Content-Length": str(last - first + 1),
            "Accept-Ranges": "bytes",
        }
        if (first, last) != (0, size - 1):
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self._head(206 if "Content-Range" in headers else 200, headers)
        if with_body:
            self._body(part, first, last)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, part: Part, first: int, last: int) -> None:
        served = self.server.served
        position = 0
        try:
            for chunk in checked(part.chunks(), part.descriptor, where="the image"):
                piece = chunk[max(0, first - position) : last + 1 - position]
                position += len(chunk)
                self.wfile.write(piece)
                served.sent(len(piece), part.descriptor.digest if position > last else None)
                if position > last:
                    return
        except LadingError as error:
            served.errors.append(error)
            self.close_connection = True  # less than was announced: the client sees that it is not whole


def _span(header: str, size: int) -> tuple[int, int]:
    """The first and last byte that are asked for; all of it when the header asks for what there is not."""
    found = re.fullmatch(r"bytes=(\d{1,18})-(\d{0,18})", header)
    if not found:
        return 0, size - 1
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last else (0, size - 1)
