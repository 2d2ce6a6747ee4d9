"""The stock book, proven with a real Postgres and a real Redis, and without them."""

import json
import socket
from collections.abc import Iterator

import pytest
from tests.engine.service import CLOSED, container, until
from tests.engine.test_stockbook import KEY, PASSWORD, Built, built, flags, healthy

__all__ = ["built"]


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def stores(built: Built) -> Iterator[list[str]]:  # a fixture of another module
    """Both stores on ports of this machine's loopback interface, and the flags that lead there."""
    postgres, redis = a_port(), a_port()
    own = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": PASSWORD, "POSTGRES_DB": "stockbook", "PGPORT": str(postgres)}
    words = ("listen_addresses=127.0.0.1", f"port={postgres}", "unix_socket_directories=/tmp", "jit=off")
    command = ("postgres", *(word for setting in words for word in ("-c", setting)))
    docker, shared = built.docker, (*CLOSED, "--network", "host")
    with (
        container(docker, built.postgres, *shared, *flags(own), command=command) as database,
        container(docker, built.redis, *shared, command=("--port", str(redis), "--bind", "127.0.0.1")) as queue,
    ):
        healthy(database, "/usr/lib/postgresql/17/bin/pg_isready", "--quiet", "--host", "127.0.0.1")
        ping = ("exec", queue.name, "/usr/bin/redis-cli", "-p", str(redis), "-e", "ping")
        until(lambda: docker.attempt(*ping).returncode == 0 or None, queue.runs, queue.logs)
        yield [
            *("--network", "host"),
            *("--env", f"DATABASE_URL=postgresql://app:{PASSWORD}@127.0.0.1:{postgres}/stockbook"),
            *("--env", f"REDIS_URL=redis://127.0.0.1:{redis}/0"),
        ]


def proof(built: Built, *words: str) -> dict[str, tuple[str, str]]:
    """The status and evidence of each requirement, from crun, in a copy that listens on a port of its own."""
    config = built.folder / "lading.toml"
    config.write_text(config.read_text().replace("port = 8000", f"port = {a_port()}"))
    built.lading("build", "stockbook", cwd=built.folder)
    key = ("--env", f"SECRET_KEY={KEY}")
    told = built.lading("prove", "stockbook", "--runtime", "crun", "--format", "json", *key, *words, cwd=built.folder)
    assert PASSWORD not in told
    (found,) = json.loads(told)["proofs"]
    assert found["met"]
    return {row["id"]: (row["status"], row["evidence"]) for row in found["requirements"]}


def test_with_its_stores_everything_is_met(built: Built, stores: list[str]) -> None:
    rows = proof(built, *stores)
    assert {name for name, (status, _) in rows.items() if status != "met"} == {"budget", "scanned"}
    assert rows["not-ready"][1] == "503 without postgres, redis, and alive"
    assert rows["process-migrate"] == ("met", "exit code 0")
    assert rows["process-worker"][1].startswith("exit code 0 ")


def test_without_them_it_is_told_what_to_give(built: Built) -> None:
    rows = proof(built)
    assert rows["ready"] == ("not looked at", "it was without postgres, redis: give DATABASE_URL, REDIS_URL")
    assert rows["not-ready"][0] == "met"
    assert rows["process-migrate"][0] == "not looked at"
