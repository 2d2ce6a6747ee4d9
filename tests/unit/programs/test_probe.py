"""The probe, compiled and started for real: against HTTP servers of every kind, and against gRPC's own server."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from lading.programs import write_source

SERVER = Path(__file__).parent / "grpcserver"
ENV = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="there is no go on PATH")


def compiled(folder: Path, program: Path) -> Path:
    """A Go program of this repository."""
    flags = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w")
    subprocess.run(["go", "build", *flags, "-o", program, "."], cwd=folder, env=ENV, check=True)
    return program


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[int, str]]:
    """The probes, each for its own protocol: words to exit code and what it said."""
    built: dict[str, Path] = {}
    for name, protocol in (("probe", "http"), ("grpc-probe", "grpc")):
        folder = tmp_path_factory.mktemp(name)
        write_source(name, folder)
        built[protocol] = compiled(folder, folder / "program")
        assert built[protocol].stat().st_size < 1_600_000, "it is in every image"

    def run(*words: str) -> tuple[int, str]:
        protocol = "grpc" if words and words[0].startswith("grpc:") else "http"
        done = subprocess.run([built[protocol], *words], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    return run


@contextmanager
def answering(answer: bytes, *, close: bool = True) -> Iterator[tuple[int, list[bytes]]]:
    """A server that reads one request and gives this answer: its port, and what it has read."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(ConnectionError):  # the probe may have read enough
                heard.append(connection.recv(65536))
                connection.sendall(answer)
                if not close:
                    connection.recv(1)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard


@pytest.mark.parametrize(
    ("status", "code"), [(200, 0), (204, 0), (301, 0), (399, 0), (400, 1), (404, 1), (500, 1), (503, 1), (101, 1)]
)
def test_the_status_decides(status: int, code: int, probe: Callable[..., tuple[int, str]]) -> None:
    with answering(f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n".encode()) as (port, heard):
        assert probe(f"http://127.0.0.1:{port}/healthz?deep=1")[0] == code
    assert heard[0].startswith(b"GET /healthz?deep=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n")


def test_an_answer_without_an_end_is_read_no_further(probe: Callable[..., tuple[int, str]]) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n", close=False) as (port, _):
        assert probe(f"http://127.0.0.1:{port}/") == (0, "")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1", "the connection was closed"),
        (b"", "the connection was closed"),
    ],
)
def test_what_is_no_answer(answer: bytes, told: str, probe: Callable[..., tuple[int, str]]) -> None:
    with answering(answer) as (port, _):
        assert probe(f"http://127.0.0.1:{port}/") == (1, f"probe: {told}\n")


def test_nobody_listens(probe: Callable[..., tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert probe(f"http://127.0.0.1:{port}/") == (1, "probe: connection refused\n")


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_an_answer_is_due_in_time(scheme: str, probe: Callable[..., tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/"
        assert probe(address, "50ms") == (1, "probe: no answer in time\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("http://127.0.0.1:80/", "1s", "more"),
        ("http://localhost:80/",),
        ("http://127.0.0.1/",),
        ("http://127.0.0.1:0/",),
        ("http://127.0.0.1:65536/",),
        ("http://127.0.0.1:99999999999999999999/",),
        ("http://127.0.0.1:80/", "soon"),
        ("http://127.0.0.1:80/", "-1s"),
        ("https://127.0.0.1:443/",),
    ],
)
def test_words_that_mean_nothing(words: tuple[str, ...], probe: Callable[..., tuple[int, str]]) -> None:
    code, told = probe(*words)
    assert code == 2
    assert told.startswith("usage: probe ")


@pytest.fixture(scope="module")
def grpc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of gRPC's own server with its health service."""
    program = compiled(SERVER, tmp_path_factory.mktemp("grpc") / "server")
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


@pytest.mark.parametrize(
    ("service", "code", "told"),
    [
        ("", 0, ""),
        ("/orders", 0, ""),
        ("/payments", 1, "probe: it is not serving\n"),
        ("/unknown", 1, "probe: the health service has no such service, or is not there\n"),
    ],
)
def test_grpc_s_health_service(
    service: str, code: int, told: str, grpc: int, probe: Callable[..., tuple[int, str]]
) -> None:
    assert probe(f"grpc://127.0.0.1:{grpc}{service}") == (code, told)


def test_http_2_is_not_what_an_http_server_speaks(probe: Callable[..., tuple[int, str]]) -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") as (port, _):
        code, told = probe(f"grpc://127.0.0.1:{port}")
        assert (code, told) == (1, "probe: the answer is not HTTP/2\n")
