"""The server of static sites passes its own tests, and is what a site's image needs: one file that needs no other."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from lading import programs
from lading.programs import source_of

SOURCE = Path(programs.__file__).parent / "static-server"


@pytest.fixture(scope="module")
def go() -> str:
    path = shutil.which("go")
    if path is None:
        pytest.skip("go is not on this machine")
    return path


@pytest.fixture(scope="module")
def program(go: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built as it is for an image."""
    path = tmp_path_factory.mktemp("program") / "static-server"
    run(go, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(path), ".")
    return path


def run(go: str, *words: str) -> None:
    # It needs nothing but the standard library: whatever go would have to fetch is an error.
    own = {"CGO_ENABLED": "0", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    done = subprocess.run(
        [go, *words], cwd=SOURCE, env={**os.environ, **own}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_tests_pass(go: str) -> None:
    run(go, "vet", ".")
    run(go, "test", ".")


def test_its_tests_are_no_part_of_it() -> None:
    assert [name for name, _ in source_of("static-server")] == ["go.mod", "main.go", "site.go"]


def test_it_is_small_and_needs_no_library(program: Path) -> None:
    assert program.stat().st_size < 8_000_000
    assert b"ld-linux" not in program.read_bytes()


def test_it_serves_tells_its_health_and_ends(program: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>here</p>")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {"PORT": str(port), "STATIC_ROOT": str(tmp_path), "STATIC_LOG": "1"}
    assert subprocess.run([program, "-probe"], env=env, capture_output=True, check=False).returncode == 1
    with subprocess.Popen([program], env=env, stdout=subprocess.PIPE) as server:
        try:
            while subprocess.run([program, "-probe"], env=env, capture_output=True, check=False).returncode:
                assert server.poll() is None
        finally:
            server.send_signal(signal.SIGTERM)
        out, _ = server.communicate()
    assert server.returncode == 0
    assert b'"path":"/healthz","status":200' in out


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"PORT": "0"}, "PORT is"),
        ({"STATIC_ROOT": "/nowhere"}, "/nowhere"),
        ({"STATIC_ROOT": "/proc/self/task/1/none"}, "none"),
    ],
)
def test_it_says_why_it_cannot_serve(program: Path, env: dict[str, str], told: str) -> None:
    done = subprocess.run([program], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("static-server: ")
    assert told in done.stderr
