import http.server
import subprocess
import sys
import threading

import pytest

from lading.plan.python.commands import SERVERS, health_command, python_words, serve, server_for
from lading.survey.model import App

VENV = "/app/.venv"
ASGI = App(target="main:app", framework="FastAPI", protocol="asgi")
WSGI = App(target="main:app", framework="Flask", protocol="wsgi")


@pytest.mark.parametrize(("words", "expected"), [
    (["uvicorn", "a:b", "--port", "{port}"], ("-m", "uvicorn", "a:b", "--port", "80")),
    (["celery", "-A", "x", "worker"], ("-m", "celery", "-A", "x", "worker")),
    (["rq", "worker"], ("-m", "rq.cli", "worker")),
    (["waitress-serve", "a:b"], ("-m", "waitress", "a:b")),
    (["python", "-m", "x"], ("-m", "x")),
    (["python3.13", "manage.py", "migrate"], ("manage.py", "migrate")),
    (["./manage.py", "migrate"], ("manage.py", "migrate")),
    (["-c", "print(1)"], ("-c", "print(1)")),
    (["my-script", "--x"], ("/app/.venv/bin/my-script", "--x")),
    (["/app/.venv/bin/my-script"], ("/app/.venv/bin/my-script",)),
    (["gunicorn", "-b", ":{port}"], ("-m", "gunicorn", "-b", ":80")),
    (["/usr/sbin/nginx"], None),
    (["bin/thing"], None),
    (["python"], None),
    (["../x"], None),
    (["sh", "-c", "uvicorn main:app"], None),
    (["./migrate.sh"], None),
])  # fmt: skip
def test_a_command_becomes_words_for_the_images_python(words: list[str], expected: tuple[str, ...] | None) -> None:
    assert python_words(words, VENV, 80) == expected


def test_servers_are_chosen_by_the_interface_of_the_app() -> None:
    every = {name for servers in SERVERS.values() for name in servers}
    assert server_for(ASGI, every) == "uvicorn"
    assert server_for(WSGI, every) == "gunicorn"
    assert server_for(ASGI, {"gunicorn"}) is None
    assert server_for(WSGI, {"uvicorn", "daphne"}) is None


@pytest.mark.parametrize(
    ("protocol", "server"), [(kind, name) for kind, servers in SERVERS.items() for name in servers]
)
def test_every_server_listens_on_all_addresses_at_the_port_and_is_started_as_a_module(
    protocol: str, server: str
) -> None:
    app = ASGI if protocol == "asgi" else WSGI
    words = serve(app, server, 8123)
    assert words[:2] == ("-m", server)
    assert "0.0.0.0" in " ".join(words)
    assert "8123" in " ".join(words)
    assert "main:app" in words


@pytest.mark.parametrize(("app", "server", "part"), [
    (ASGI, "uvicorn", "--factory"), (ASGI, "granian", "--factory"), (ASGI, "hypercorn", "main:app()"),
    (WSGI, "gunicorn", "main:app()"), (WSGI, "waitress", "--call"),
])  # fmt: skip
def test_every_server_calls_a_factory_in_its_own_way(app: App, server: str, part: str) -> None:
    factory = App(target=app.target, framework=app.framework, protocol=app.protocol, factory=True)
    assert part in serve(factory, server, 80)
    assert part not in serve(app, server, 80)


def test_daphne_knows_no_factories() -> None:
    factory = App(target="main:app", framework="FastAPI", protocol="asgi", factory=True)
    assert server_for(factory, {"daphne"}) is None


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers `/STATUS` with that status."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("status", "code"), [(200, 0), (204, 0), (302, 0), (399, 0), (400, 1), (404, 1), (503, 1)])
def test_a_health_check_judges_by_the_status(status: int, code: int) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        command = health_command(sys.executable, server.server_port, f"/{status}", 5)
        assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == code
        thread.join()


def test_a_health_check_of_nothing_fails() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Answering) as server:
        port = server.server_port
    assert (
        subprocess.run(health_command(sys.executable, port, "/", 1), check=False, stderr=subprocess.DEVNULL).returncode
        == 1
    )


def test_a_health_check_gives_up_on_a_server_that_does_not_answer() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = health_command(sys.executable, silent.getsockname()[1], "/", 0.2)
        assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 1
