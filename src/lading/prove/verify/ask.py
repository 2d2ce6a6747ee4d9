"""Asking a container how it is: by HTTP, and gRPC's health service, over any way to its port."""

import socket
import struct
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException

from lading.prove.verify.model import Answer, Probe

Connect = Callable[[], socket.socket]
"""A new connection to the container's port; it raises `OSError` while nothing listens."""

PATIENCE = 5.0
"""Seconds that one answer may take."""
LARGEST = 1 << 16
"""Bytes of an answer that are read."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _GOAWAY = 0, 1, 4, 7
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_SERVING = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
"""https://github.com/grpc/grpc/blob/master/doc/health-checking.md"""
_NO_ANSWER = "no answer"


def ask(probe: Probe, connect: Connect) -> Answer | None:
    """The answer, or nothing while nobody listens or says anything."""
    try:
        with connect() as stream:
            stream.settimeout(PATIENCE)
            return ask_http(stream, probe.path) if probe.protocol == "http" else ask_grpc(stream)
    except (OSError, HTTPException):
        return None


def ask_http(stream: socket.socket, path: str) -> Answer:
    """A status from 200 to 399 is good, as it is for Kubernetes and for the check that Lading puts into images.

    https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
    """
    connection = HTTPConnection("127.0.0.1")
    connection.sock = stream
    connection.request("GET", path, headers={"Host": "127.0.0.1", "User-Agent": "lading", "Connection": "close"})
    with connection.getresponse() as response:
        response.read(LARGEST)
        return Answer(good=200 <= response.status < 400, said=str(response.status))


def ask_grpc(stream: socket.socket) -> Answer:
    """SERVING is good. HTTP/2 with one request and no more of it than that takes (RFC 9113).

    Header fields of the answer are not decoded: a server that is well says so in the message.
    """
    message = b"\0" + struct.pack(">I", 0)
    stream.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_HEADERS, 1, _fields()))
    stream.sendall(_frame(_DATA, _END_STREAM, 1, message))
    for kind, flags, number, payload in _frames(stream):
        if kind == _SETTINGS and not flags & _ACK:
            stream.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _DATA and number == 1:
            said = _serving(payload[5:])
            return Answer(good=said == "SERVING", said=said)
        elif kind == _GOAWAY or (kind == _HEADERS and flags & _END_STREAM):
            break
    return Answer(good=False, said=_NO_ANSWER)


def _fields() -> bytes:
    """The request's header fields, each written out (RFC 7541, 6.2.2)."""
    pairs = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/grpc.health.v1.Health/Check"),
        (":authority", "127.0.0.1"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
    words = (word.encode() for pair in pairs for word in pair)
    return b"".join(
        (b"\0" if at % 2 == 0 else b"") + bytes([len(word)]) + word for at, word in enumerate(words)
    )  # fmt: skip


def _frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, number) + payload


def _frames(stream: socket.socket) -> Iterator[tuple[int, int, int, bytes]]:
    with stream.makefile("rb") as file:
        while len(head := file.read(9)) == 9:
            size = int.from_bytes(head[:3], "big")
            kind, flags, number = struct.unpack(">BBI", head[3:])
            if size > LARGEST:
                return
            yield kind, flags, number & 0x7FFFFFFF, file.read(size)


def _serving(message: bytes) -> str:
    """The one field of the answer, an enumeration; a message without it says the first of them."""
    number = message[1] if len(message) > 1 and message[0] == 0x08 else 0
    return _SERVING.get(number, "UNKNOWN")
