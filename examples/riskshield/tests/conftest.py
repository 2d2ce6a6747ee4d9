"""The service under test: in this process for its behaviour, in one of its own for what only a process shows."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from io import StringIO

import httpx
import pytest
import uvicorn

from src.main import app
from tests.servers import API_KEY, Upstream

Start = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    with server.serving():
        yield server


@pytest.fixture
def output() -> StringIO:
    """What the service writes; complete when it has stopped."""
    return StringIO()


@pytest.fixture
def start(upstream: Upstream, output: StringIO, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Serves the application with these settings (None: unset) until the block ends."""

    @contextmanager
    def serve(**settings: str | None) -> Iterator[httpx.Client]:
        for name in [name for name in os.environ if name.startswith("RISKSHIELD_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        defaults = {"api_url": upstream.origin, "api_key": API_KEY, "backoff": "0.001"}
        for name, value in (defaults | settings).items():
            if value is not None:
                monkeypatch.setenv(f"RISKSHIELD_{name.upper()}", value)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run)
        try:
            with redirect_stdout(output):  # The service logs to what is stdout when it starts.
                thread.start()
                while not server.started:
                    assert thread.is_alive(), "the service did not start"
                    time.sleep(0.005)
            port = server.servers[0].sockets[0].getsockname()[1]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()

    return serve


@pytest.fixture
def service(start: Start) -> Iterator[httpx.Client]:
    """The service with a key from the environment and the upstream of the test."""
    with start() as client:
        yield client


@pytest.fixture
def applicant() -> dict[str, str]:
    return {
        "first_name": "Ada",
        "last_name": "Quill",
        "date_of_birth": "1990-12-10",
        "country": "NL",
        "document_number": "SPEC2014",
    }
