"""The service runs in Docker as its team has decided: nobody's privileges, nothing to write to, healthy, stoppable."""

import importlib.util
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, EXAMPLE, Container, container, until

HOST = ("--network", "host")


@pytest.fixture
def port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def servers() -> ModuleType:
    """The example's own stand-ins for what the service talks to."""
    spec = importlib.util.spec_from_file_location("riskshield_servers", EXAMPLE / "tests" / "servers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def serve(port: int) -> tuple[str, ...]:
    """The image's own command, on a port that is free here: the network is this machine's."""
    return ("-m", "uvicorn", "src.main:app", "--host", "127.0.0.1", "--port", str(port))


@pytest.fixture(scope="module")
def service(docker: Program, in_docker: str) -> Iterator[Container]:
    """The service with its own command and user, on a network of its own."""
    with container(docker, in_docker, *CLOSED, *ALONE, "--health-interval", "1s") as running:
        running.wait()
        yield running


def test_it_answers_as_its_own_user(service: Container) -> None:
    assert service.get("/health") == (200, {"status": "healthy", "version": "1.0.0"})
    process = service.inspect()["State"]["Pid"]
    status = Path(f"/proc/{process}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert fields["Uid"].split() == ["1000"] * 4
    assert fields["Gid"].split() == ["1000"] * 4
    assert {fields[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"


def test_it_is_not_ready_without_a_key_and_says_what_it_lacks(service: Container) -> None:
    status, told = service.get("/health/ready")
    assert status == 503
    assert told["status"] == "unavailable"
    assert "RISKSHIELD_KEY_VAULT_URL" in told["dependencies"]["key_vault"]
    assert told["dependencies"]["riskshield_api"] != "ok"


def test_docker_finds_it_healthy(service: Container) -> None:
    def state() -> str | None:
        health = str(service.inspect()["State"]["Health"]["Status"])
        return health if health != "starting" else None

    assert until(state, service.runs, service.logs) == "healthy"


def test_nothing_can_be_written_but_tmp(docker: Program, in_docker: str) -> None:
    code = (
        "import json, os; found = {top for top, _, _ in os.walk('/')"
        " if not top.startswith(('/proc', '/sys', '/dev')) and os.access(top, os.W_OK)}\n"
        "files = {os.path.join(top, name) for top, _, names in os.walk('/app') for name in names"
        " if os.access(os.path.join(top, name), os.W_OK)}\n"
        "open('/tmp/x', 'w').write('y'); print(json.dumps(sorted(found | files)))"
    )
    closed = docker("run", "--rm", *CLOSED, *ALONE, in_docker, "-c", code)
    assert json.loads(closed) == ["/tmp"]
    # On a root that could be written, the files' owners hold what the read-only mount held.
    opened = docker("run", "--rm", *ALONE, in_docker, "-c", code)
    assert set(json.loads(opened)) <= {"/tmp", "/var/tmp", "/var/lock"}


def test_distroless_has_no_shell_to_enter(service: Container) -> None:
    for shell in ("/bin/sh", "sh", "/bin/bash"):
        done = service.docker.attempt("exec", service.name, shell, "-c", "true")
        assert done.returncode != 0
        assert b"no such file" in (done.stdout + done.stderr) or b"not found" in (done.stdout + done.stderr)


@pytest.mark.parametrize("user", ["65532:65532", "2000004711:0"])
def test_any_user_can_run_it(user: str, docker: Program, in_docker: str) -> None:
    with container(docker, in_docker, *CLOSED, *ALONE, "--user", user) as service:
        service.wait()
        assert service.get("/health")[0] == 200
        assert service.python("import os; print(os.getuid(), os.getgid())").split() == user.split(":")


def test_it_ends_by_itself_when_it_is_asked_to(docker: Program, in_docker: str) -> None:
    with container(docker, in_docker, *CLOSED, *ALONE) as service:
        service.wait()
        docker("stop", "--time", "120", service.name)
        state = service.inspect()["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
        assert "Finished server process" in service.logs() or "shutdown" in service.logs().lower()


def test_it_works_with_its_surroundings(docker: Program, in_docker: str, port: int, servers: ModuleType) -> None:
    upstream = servers.Upstream()
    with upstream.serving():
        settings = {"API_URL": upstream.origin, "API_KEY": servers.API_KEY, "BACKOFF": "0.001"}
        flags = [word for name, value in settings.items() for word in ("--env", f"RISKSHIELD_{name}={value}")]
        with container(docker, in_docker, *CLOSED, *HOST, *flags, command=serve(port)) as service:
            service.wait(port)
            assert service.get("/health/ready", port) == (
                200,
                {"status": "ready", "dependencies": {"key_vault": "ok", "riskshield_api": "ok"}},
            )
            upstream.otherwise = servers.Answer(status=500)
            status, told = service.get("/health/ready", port)
            assert (status, told["dependencies"]["key_vault"]) == (503, "ok")
            assert "500" in told["dependencies"]["riskshield_api"]


def test_slim_runs_the_same_and_lets_people_in(docker: Program, slim_in_docker: str) -> None:
    with container(docker, slim_in_docker, *CLOSED, *ALONE, "--health-interval", "1s") as service:
        service.wait()
        assert service.get("/health")[0] == 200
        script = "id -u; ls /app/src/main.py; cat /etc/debian_version; getent passwd 1000 | cut -d: -f3"
        said = docker("exec", service.name, "/bin/sh", "-c", script).split()
        assert said[:2] == ["1000", "/app/src/main.py"]
        assert said[2].startswith("13")
        assert said[3:] == ["1000"]
        found = docker("exec", service.name, "find", "/app/src", "-name", "*.py")
        assert "/app/src/main.py" in found.split()
        until(
            lambda: True if service.inspect()["State"]["Health"]["Status"] == "healthy" else None,
            service.runs,
            service.logs,
        )
