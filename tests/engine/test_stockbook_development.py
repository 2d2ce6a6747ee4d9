"""Developing the stock book: one command starts it with Postgres and Redis, and an edit is in the next answer.

The stores are images of Debian's packages in place of the public ones, and all containers share one network that has
nothing else in it (the test engine has no bridge): a second file of compose says so, as a team would do it.
"""

import json
import secrets
import shutil
from pathlib import Path

from tests.engine.conftest import Program
from tests.engine.service import Container, until
from tests.engine.test_compose import composed
from tests.support.examples import copy_of
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

PORT = 8000
URLS = {
    "DATABASE_URL": "postgresql+asyncpg://app:development@127.0.0.1:5432/stockbook",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


def stand_ins(postgres: str, redis: str, contexts: dict[str, str]) -> str:
    """What is different here, as JSON, which is YAML too."""
    shared = {"network_mode": "service:postgres", "environment": URLS}
    own = {**shared, "build": {"network": "host", "additional_contexts": contexts}}
    check = {"test": ["CMD", "/usr/lib/postgresql/17/bin/pg_isready", "--host", "127.0.0.1"], "interval": "1s"}
    said = {
        "postgres": {"image": postgres, "network_mode": "none", "healthcheck": check},
        "redis": {"image": redis, "network_mode": "service:postgres", "command": []},
        "stockbook-migrate": own,
        "stockbook": own,
        "stockbook-worker": own,
    }
    lines = [f"  {name}: {json.dumps(one)[:-1]}, ports: !reset [] }}" for name, one in said.items()]
    return "services:\n" + "\n".join(lines) + "\n"


def test_an_edit_is_in_the_next_answer_of_the_web_server_and_starts_the_worker_again(
    lading: Program, docker: Program, engine_home: Home, tmp_path: Path
) -> None:
    folder = copy_of("stockbook", tmp_path)
    shutil.rmtree(folder / "tests")
    tag, layout = secrets.token_hex(4), tmp_path / "layout"
    names = [f"lading-desk-{name}:{tag}" for name in ("postgres", "redis")]
    for name, image in zip(("postgres", "redis"), names, strict=True):
        archive = tmp_path / f"{name}.tar"
        lading("build", name, "--quiet", "-t", image, "-o", archive, cwd=folder / "stores")
        docker("load", "--quiet", "--input", archive)
    lading("build", "--quiet", "-o", layout, cwd=folder)
    lading("render", "dockerfile", "--dev", "--write", cwd=folder)
    lading("render", "compose", "--dev", "--write", cwd=folder)
    bases = PublicBases(home=engine_home, folder=tmp_path)
    text, flags = bases.stand_in((folder / "Dockerfile.dev").read_text(), base=layout)
    (folder / "Dockerfile.dev").write_text(text)
    contexts = dict(pair.split("=", 1) for pair in flags[1::2])
    (folder / "compose.test.yaml").write_text(stand_ins(names[0], names[1], contexts))
    with composed(docker, folder, "compose.dev.yaml", "compose.test.yaml") as project:
        project("up", "--detach", "--build")
        (migrated,) = project.containers("stockbook-migrate")
        assert migrated["State"]["ExitCode"] == 0
        (web,) = project.containers("stockbook")
        container = Container(docker=docker, name=str(web["Id"]), interpreter="/opt/venv/bin/python")
        container.wait(PORT)
        assert container.get("/health/ready", PORT) == (
            200,
            {"status": "ready", "stores": {"postgres": "ok", "redis": "ok"}},
        )
        assert container.python("import pytest; print('for development')") == "for development\n"
        (worker,) = project.containers("stockbook-worker")
        starts = project("logs", "stockbook-worker").count("Starting worker")
        version = folder / "src/__init__.py"
        version.write_text(version.read_text().replace('"1.0.0"', '"1.0.1-edited"'))

        def answer() -> bool | None:
            try:
                return container.get("/health", PORT)[1]["version"] == "1.0.1-edited" or None
            except AssertionError:  # it is just starting again
                return None

        until(answer, container.runs, container.logs)
        attended = Container(docker=docker, name=str(worker["Id"]), interpreter="/opt/venv/bin/python")
        until(
            lambda: attended.logs().count("Starting worker") > starts or None,
            attended.runs,
            attended.logs,
        )
        (after,) = project.containers("stockbook")
        assert (after["Id"], after["State"]["StartedAt"]) == (web["Id"], web["State"]["StartedAt"])
    docker.attempt("rmi", "--force", *names)
