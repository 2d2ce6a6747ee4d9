"""Questions to small real servers: HTTP, and HTTP/2 as gRPC's health service speaks it."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lading.prove.verify.ask import ask
from lading.prove.verify.door import outside
from lading.prove.verify.model import Answer, Probe

SETTINGS, SETTINGS_ACK = b"\0\0\0\4\0\0\0\0\0", b"\0\0\0\4\1\0\0\0\0"


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that gives one connection to `answer`, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def http(status: str) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        request = client.recv(4096)
        assert request.startswith(b"GET /health?x=1 HTTP/1.1\r\n")
        assert b"\r\nHost: 127.0.0.1\r\n" in request
        client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok".encode())

    return answer


@pytest.mark.parametrize(
    ("status", "good"), [("200 OK", True), ("302 Found", True), ("404 Not Found", False), ("503 Unavailable", False)]
)
def test_a_status_below_400_is_good(status: str, good: bool) -> None:
    with serving(http(status)) as port:
        answer = ask(Probe(port=port, path="/health?x=1"), outside(f"http://127.0.0.1:{port}"))
    assert answer == Answer(good=good, said=status[:3])


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 twohundred\r\n\r\n"])
def test_what_is_no_answer_is_none_and_no_error(said: bytes) -> None:
    def answer(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(said)

    with serving(answer) as port:
        assert ask(Probe(port=port, path="/"), outside(f"127.0.0.1:{port}")) is None


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert ask(Probe(port=port, path="/"), outside(f"127.0.0.1:{port}")) is None


def frame(kind: int, flags: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", 1) + payload


def grpc(*frames: bytes) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        sent = b""
        while b"/grpc.health.v1.Health/Check" not in sent or not sent.endswith(b"\0\0\0\0\0"):
            sent += client.recv(4096)
        assert sent.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS)
        client.sendall(SETTINGS)
        assert client.recv(9) == SETTINGS_ACK
        client.sendall(b"".join(frames))
        client.shutdown(socket.SHUT_WR)
        client.recv(4096)

    return answer


HEADERS = frame(1, 4, b"\x88")
TRAILERS = frame(1, 5, b"\x88")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([HEADERS, frame(0, 0, b"\0\0\0\0\2\x08\x01"), TRAILERS], Answer(good=True, said="SERVING")),
        ([HEADERS, frame(0, 0, b"\0\0\0\0\2\x08\x02"), TRAILERS], Answer(good=False, said="NOT_SERVING")),
        ([HEADERS, frame(0, 0, b"\0\0\0\0\0"), TRAILERS], Answer(good=False, said="UNKNOWN")),
        ([TRAILERS], Answer(good=False, said="no answer")),
        ([frame(7, 0, bytes(8))], Answer(good=False, said="no answer")),
        ([b"\xff\xff\xff\0\0\0\0\0\1"], Answer(good=False, said="no answer")),
        ([], Answer(good=False, said="no answer")),
    ],
)
def test_grpc_says_whether_it_serves(frames: list[bytes], expected: Answer) -> None:
    with serving(grpc(*frames)) as port:
        assert ask(Probe(protocol="grpc", port=port), outside(f"127.0.0.1:{port}")) == expected
