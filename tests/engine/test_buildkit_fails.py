"""What people read when BuildKit fails, and what is left behind: with the real engine."""

import os
import secrets
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from tests.engine.buildkit_service import HOST, OwnService, own_service
from tests.engine.conftest import Program
from tests.engine.service import until
from tools.engine.home import Home


@pytest.fixture
def service(tmp_path: Path, engine_home: Home, lading: Program, docker: Program) -> OwnService:
    """One service of its own."""
    docker("buildx", "version")
    return own_service(tmp_path / "own", engine_home, lading)


def test_a_failing_step_is_told_with_its_reason_and_its_last_words(service: OwnService) -> None:
    service.dockerfile("echo first; echo out of cheese; exit 7")
    told = service.refused(code=3)
    file = service.folder / "Dockerfile"
    assert told.splitlines() == [
        "error: own: a step of its build failed (exit code 7)",
        "  | first",
        "  | out of cheese",
        '  step: build 2/2 RUN ["/bin/busybox", "sh", "-c", "echo first; ech…',
        "  why: Says hello, as the team wants it.",
        f"  at: {file}:5",
        f"  do: look at {file}",
    ]
    assert all(len(line) <= 80 for line in told.splitlines() if str(file) not in line)


def test_a_base_that_is_not_there(service: OwnService, registry: str) -> None:
    (service.folder / "Dockerfile").write_text(f"# the company's base\nFROM {registry}/never-there:1\nCOPY . /\n")
    told = service.refused(code=4)
    assert f"{registry}/never-there:1: not found" in told
    assert "why: the company's base" in told
    assert "docker login" in told


def test_a_registry_that_does_not_answer(service: OwnService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (service.folder / "Dockerfile").write_text(f"FROM 127.0.0.1:{port}/base:1\nCOPY . /\n")
    assert "connection refused" in service.refused(code=4)
    (service.folder / "Dockerfile").write_text("FROM scratch\nCOPY busybox /\n")
    told = service.refused("--cache", f"127.0.0.1:{port}/cache", code=4)
    assert "connection refused" in told


@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        ("FROM scratch\nCPY . /\n", 2, "unknown instruction: CPY"),
        ("FROM scratch\nCOPY not-there /\n", 3, '"/not-there": not found'),
        ("", 2, "the Dockerfile cannot be empty"),
    ],
)
def test_a_dockerfile_that_cannot_be_built(service: OwnService, text: str, code: int, what: str) -> None:
    (service.folder / "Dockerfile").write_text(text)
    assert what in service.refused(code=code)


def test_a_builder_that_is_not_there(service: OwnService) -> None:
    service.dockerfile("echo > /made")
    told = service.refused("--builder", "no-such-builder", code=2)
    assert told.splitlines()[0] == 'error: no builder "no-such-builder" found'
    told = service.refused("--builder", "no-such-builder", "--push", code=2)
    assert 'no builder "no-such-builder" found' in told


def test_an_engine_that_is_not_there(service: OwnService, lading: Program, tmp_path: Path) -> None:
    service.dockerfile("echo > /made")
    environ = {**lading.environ, "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    nowhere = OwnService(folder=service.folder, lading=Program(path=lading.path, environ=environ))
    assert "Cannot connect to the Docker daemon" in nowhere.refused(code=69)
    alone = {**lading.environ, "PATH": str(tmp_path)}
    nothing = OwnService(folder=service.folder, lading=Program(path=lading.path, environ=alone))
    assert "needs docker with its buildx" in nothing.refused(code=69)


def test_a_secret_reaches_its_step_and_no_message(service: OwnService, lading: Program, tmp_path: Path) -> None:
    password, token = secrets.token_hex(12), secrets.token_hex(12)
    (tmp_path / "token").write_text(f"{token}\n")
    (service.folder / "Dockerfile").write_text(
        "FROM scratch AS build\nCOPY busybox /bin/busybox\n"
        "RUN --mount=type=secret,id=one --mount=type=secret,id=two "
        '["/bin/busybox", "sh", "-c", "/bin/busybox cat /run/secrets/one /run/secrets/two; exit 1"]\n'
    )
    environ = {**lading.environ, "COMPANY_PASSWORD": password}
    own = OwnService(folder=service.folder, lading=Program(path=lading.path, environ=environ))
    secret = ("--secret", "id=one,env=COMPANY_PASSWORD", "--secret", f"id=two,src={tmp_path / 'token'}")
    told = own.refused(*secret, "-v", code=3)
    assert "  | ******" in told
    assert password not in told
    assert token not in told


def test_ctrl_c_ends_the_build_and_leaves_nothing(
    service: OwnService, lading: Program, engine_home: Home, tmp_path: Path
) -> None:
    marker = secrets.token_hex(8)
    service.dockerfile(f"/bin/busybox sleep 3600; : begun-{marker}")
    store = tmp_path / "store"
    command: list[str | Path] = [lading.path, "build", "--from-dockerfile", service.folder / "Dockerfile", *HOST]
    with subprocess.Popen(
        command,
        env={**lading.environ, "LADING_STORE": str(store)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            until(lambda: running(marker) or None, lambda: process.poll() is None, lambda: "it ended by itself")
            os.kill(process.pid, signal.SIGINT)
            out, _ = process.communicate()
        finally:
            process.kill()
    assert process.returncode == 130
    assert b"Traceback" not in out
    until(lambda: True if not running(marker) else None, lambda: True, str)
    assert not commands(str(service.folder))
    assert list((store / "tmp").iterdir()) == []


def commands(text: str) -> list[str]:
    """The command lines of running processes that hold a text."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in words and folder.name != str(os.getpid()):
            found.append(words)
    return found


def running(marker: str) -> list[str]:
    """The processes of a build's step."""
    return commands(f"begun-{marker}")


def test_one_service_that_fails_does_not_keep_the_others_from_being_built(
    tmp_path: Path, engine_home: Home, lading: Program, docker: Program
) -> None:
    own_service(tmp_path / "bad", engine_home, lading).dockerfile("exit 1")
    own_service(tmp_path / "good", engine_home, lading).dockerfile("echo > /made")
    (tmp_path / "lading.toml").write_text(
        "".join(f'[services.{name}]\npath = "{name}"\ndockerfile = "Dockerfile"\n' for name in ("bad", "good"))
    )
    done = lading.attempt("build", "-C", tmp_path, "-q", *HOST)
    assert done.returncode == 3
    assert done.stdout.decode().startswith("sha256:")
    assert done.stderr.decode().startswith("error: bad: a step of its build failed")


def test_a_budget_that_is_not_met(service: OwnService) -> None:
    service.dockerfile("echo > /made")
    (service.folder / "lading.toml").write_text('budget = "1MB"\n')
    assert "own is over its budget" in service.refused(code=1)
