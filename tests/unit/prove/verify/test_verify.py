"""Whole verifications with a small runtime that runs the process on this machine."""

import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.runtimes import CRUN, install
from tests.unit.prove.samples import MemoryImage, an_image

from lading.errors import StepFailed, Unavailable
from lading.proc import Runner
from lading.prove.container import Change, machine
from lading.prove.folder import BundleRuntime
from lading.prove.verify import Dependency, Limits, Probe, Subject, Trial, verify
from lading.prove.verify.model import Job
from lading.prove.verify.verify import stranger
from lading.store import Store

pytestmark = pytest.mark.skipif(machine().architecture != "amd64", reason="the sample images are for amd64")

SERVER = """
import http.server, os, signal, sys, threading

signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
open("left", "w").close()
print("key is", os.environ["KEY"], flush=True)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = os.environ["DATABASE_URL"] == "here"
        self.send_response(200 if self.path == "/health" or ready else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
"""
ENDS = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.handle_request()
server.handle_request()
raise SystemExit(4)
"""
DEAF = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w'); time.sleep(600)"
)
FAILS = "import os; raise SystemExit('no vault for ' + os.environ['KEY'])"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What serves nothing has started as soon as it runs."""
    monkeypatch.setattr("lading.prove.verify.trial.SETTLE", 0.3)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def image(*command: str, **config: object) -> MemoryImage:
    own = {"User": "65532:65532", "Cmd": [sys.executable, "-c", *command], "WorkingDir": "/app"}
    return an_image({"app/hello": b"hello"}, config={**own, **config})


def trials(subject: Subject, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Trial]:
    install(folder / "crun", monkeypatch, crun=CRUN)
    store = Store(folder / "store")
    runtime = BundleRuntime("crun", Runner(), store)
    found = verify(subject, [runtime], runner=Runner(), scratch=store.scratch, say=lambda _: None)
    assert list((store.root / "tmp").iterdir()) == []
    return {one.process if one.kind == "process" else one.kind: one for one in found.trials}


def subject(content: MemoryImage, **more: Any) -> Subject:
    known = {"name": "shop", "content": content, "limits": Limits(memory=0, pids=0), "network": "host"}
    return Subject(**{**known, **more})


def test_a_service_is_watched_from_its_start_to_its_end(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = image(SERVER, str(port), Healthcheck={"Test": ["CMD", sys.executable, "-c", ""]})
    database = Dependency(name="postgres", nowhere=(("DATABASE_URL", "nowhere"),))
    worker = (sys.executable, "-c", "import time; time.sleep(600)")
    found = trials(
        subject(
            content,
            probe=Probe(port=port, path="/health"),
            ready="/ready",
            dependencies=(database,),
            env=(("KEY", "abcd"), ("DATABASE_URL", "here")),
            jobs=(
                Job(name="migrate", command=(sys.executable, "-c", "raise SystemExit(0)"), once=True),
                Job(name="worker", command=worker),
            ),
        ),
        tmp_path,
        monkeypatch,
    )
    own, loose = found["own"], found["writable"]
    assert own.user == "65532:65532"
    assert found["anyone"].user == stranger(content)
    assert [one.health and one.health.good for one in (own, found["anyone"], loose)] == [True, True, True]
    assert own.check is not None
    assert own.check.good
    assert [one.ready and one.ready.said for one in (own, loose)] == ["200", "503"]
    assert (own.gone, loose.gone) == ((), ("postgres",))
    assert (own.written, loose.written) == (None, (Change("/app/left", "added"),))
    assert own.stop is not None
    assert (own.stop.code, own.stop.in_time, own.stop.answered) == (0, True, True)
    assert (found["migrate"].ended, found["migrate"].stop) == (0, None)
    assert found["worker"].stop is not None
    assert (found["worker"].stop.code, found["worker"].healthy) == (143, None)


def test_what_it_said_last_is_told_without_what_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lading.prove.verify.trial.SETTLE", 600)
    found = trials(subject(image(FAILS), env=(("KEY", "s3cr3t"),)), tmp_path, monkeypatch)["own"]
    assert (found.ended, found.last, found.well) == (1, ("no vault for …",), False)


def test_what_does_not_end_is_killed_and_did_not_stop_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lading.prove.attend.PATIENCE", 0.2)
    check = f"import os, sys; sys.exit(not os.path.exists({str(tmp_path / 'deaf')!r}))"
    content = image(DEAF, str(tmp_path / "deaf"), Healthcheck={"Test": ["CMD", sys.executable, "-c", check]})
    found = trials(subject(content, limits=Limits(memory=0, pids=0, stop=0.2)), tmp_path, monkeypatch)["own"]
    assert found.stop is not None
    assert (found.stop.code, found.stop.in_time) == (137, False)


def test_the_last_answer_of_what_was_never_healthy_is_told(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = image(ENDS, str(port))
    found = trials(subject(content, probe=Probe(port=port, path="/other")), tmp_path, monkeypatch)["own"]
    assert found.health is not None
    assert (found.health.said, found.healthy, found.ended) == ("503", None, 4)
    assert "GET /other" in found.last[-1]


def test_nobody_waits_for_ever(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = subject(
        image("import time; time.sleep(600)"),
        probe=Probe(port=port, path="/"),
        limits=Limits(memory=0, pids=0, patience=0.2),
    )
    found = trials(silent, tmp_path, monkeypatch)["own"]
    assert found.health is not None
    assert (found.health.said, found.healthy, found.ended) == ("no answer", None, None)


def test_a_port_that_somebody_listens_on_is_never_taken_for_the_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StepFailed, match=f"port {port} of this machine is taken"):
            trials(subject(image(""), probe=Probe(port=port, path="/")), tmp_path, monkeypatch)


def test_a_runtime_that_cannot_start_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN_RUNTIME", "1")
    with pytest.raises(Unavailable, match="crun: nothing works here"):
        trials(subject(image("")), tmp_path, monkeypatch)
