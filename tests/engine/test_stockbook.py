"""The stock book with a real Postgres and a real Redis, all four images assembled here: tables are made, movements are
booked, the worker orders again what runs low, and readiness names what is gone."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, Container, Json, container, until
from tests.support.examples import copy_of

PORT = 8000
KEY = "signs-the-tokens-of-this-test"
PASSWORD = secrets.token_hex(8)
SETTINGS = {
    "DATABASE_URL": f"postgresql://app:{PASSWORD}@127.0.0.1:5432/stockbook",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": KEY,
}
ASK = """
import http.client as h, json, sys
method, path, port, token, body = sys.argv[1:]
c = h.HTTPConnection("127.0.0.1", int(port), timeout=60)
c.request(method, path, body or None, {"Content-Type": "application/json", "Authorization": "Bearer " + token})
a = c.getresponse()
print(json.dumps([a.status, json.loads(a.read())]))
"""


@dataclass(frozen=True, kw_only=True)
class Built:
    """The example after `lading build`: its folder, and the names of its images in Docker."""

    folder: Path
    lading: Program
    docker: Program
    service: str
    postgres: str
    redis: str

    def process(self, name: str) -> tuple[str, ...]:
        """The command of a process, as the plan has it."""
        (plan,) = json.loads(self.lading("plan", "--format", "json", cwd=self.folder))
        return tuple(next(one["command"] for one in plan["processes"] if one["name"] == name))


@pytest.fixture(scope="module")
def built(lading: Program, docker: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """All images, built by the real command line and loaded into Docker."""
    folder = copy_of("stockbook", tmp_path_factory.mktemp("stockbook"))
    shutil.rmtree(folder / "tests")
    tag = secrets.token_hex(4)
    names = {name: f"lading-stockbook-{name}:{tag}" for name in ("stockbook", "postgres", "redis")}
    for name, image in names.items():
        where = folder if name == "stockbook" else folder / "stores"
        archive = folder.with_name(f"{name}.tar")
        lading("build", name, "--quiet", "-t", image, "-o", archive, cwd=where)
        docker("load", "--quiet", "--input", archive)
    yield Built(
        folder=folder, lading=lading, docker=docker,
        service=names["stockbook"], postgres=names["postgres"], redis=names["redis"],
    )  # fmt: skip
    docker.attempt("rmi", "--force", *names.values())


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Everything that runs, in one network that nobody else reaches."""

    built: Built
    postgres: Container
    redis: Container
    web: Container
    worker: Container
    token: str

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        """The web server's answer: status and JSON."""
        words = (method, path, str(PORT), self.token, "" if body is None else json.dumps(body))
        docker, web = self.built.docker, self.web
        status, answer = json.loads(docker("exec", web.name, web.interpreter, "-I", "-c", ASK, *words))
        return int(status), answer

    def move(self, quantity: int, **more: str) -> tuple[int, Json]:
        """Book a movement of lamps."""
        asked = {"reference": str(uuid4()), "sku": "LAMP", "place": "shop", "reason": "counted", **more}
        return self.ask("POST", "/api/v1/movements", {**asked, "quantity": quantity})

    def reorders(self) -> dict[str, int]:
        """What is to be ordered."""
        found: object = self.ask("GET", "/api/v1/reorders")[1]
        assert isinstance(found, list)
        return {one["sku"]: one["quantity"] for one in found}


def flags(settings: dict[str, str]) -> list[str]:
    """Variables for `docker run`."""
    return [word for name, value in settings.items() for word in ("--env", f"{name}={value}")]


@pytest.fixture
def deployment(built: Built) -> Iterator[Deployment]:
    """Postgres, Redis, migrations that end well, then web and worker; all of them closed up as in production."""
    docker = built.docker
    own = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": PASSWORD, "POSTGRES_DB": "stockbook"}
    with ExitStack() as stack:
        enter = stack.enter_context
        postgres = enter(container(docker, built.postgres, *CLOSED, *ALONE, *flags(own)))
        shared = (*CLOSED, "--network", f"container:{postgres.name}")
        redis = enter(container(docker, built.redis, *shared))
        healthy(postgres, "/usr/lib/postgresql/17/bin/pg_isready", "--quiet", "--host", "127.0.0.1")
        healthy(redis, "/usr/bin/redis-cli", "-e", "ping")
        settings = flags(SETTINGS)
        docker("run", "--rm", *shared, *settings, built.service, *built.process("migrate"))
        web = enter(container(docker, built.service, *shared, *settings))
        worker = enter(container(docker, built.service, *shared, *settings, command=built.process("worker")))
        web.wait(PORT)
        token = docker("exec", web.name, web.interpreter, "-m", "src.tokens", "tests").strip()
        yield Deployment(built=built, postgres=postgres, redis=redis, web=web, worker=worker, token=token)


def healthy(one: Container, *check: str) -> None:
    """Wait until a store answers its own client."""
    until(lambda: one.docker.attempt("exec", one.name, *check).returncode == 0 or None, one.runs, one.logs)


def test_the_plan_has_three_processes_of_one_image(built: Built) -> None:
    assert built.process("web")[:3] == ("-m", "uvicorn", "src.main:app")
    assert built.process("migrate") == ("-m", "alembic", "upgrade", "head")
    assert built.process("worker")[:2] == ("-m", "arq")


def test_a_movement_is_booked_and_the_worker_orders_what_runs_low(deployment: Deployment) -> None:
    status, ready = deployment.ask("GET", "/health/ready")
    assert (status, ready["stores"]) == (200, {"postgres": "ok", "redis": "ok"})
    lamp = {"name": "Lamp", "reorder_level": 10, "reorder_quantity": 50}
    assert deployment.ask("PUT", "/api/v1/items/LAMP", lamp)[0] == 201
    status, booked = deployment.move(12)
    assert (status, booked["held"], booked["booked_by"]) == (201, 12, "tests")
    assert booked["booked_at"].endswith(("Z", "+00:00"))
    assert deployment.move(-13)[0] == 409
    until(lambda: deployment.reorders() == {} or None, deployment.worker.runs, deployment.worker.logs)
    assert deployment.move(-3)[0] == 201
    until(lambda: deployment.reorders() == {"LAMP": 50} or None, deployment.worker.runs, deployment.worker.logs)
    assert deployment.move(50)[0] == 201
    until(lambda: deployment.reorders() == {} or None, deployment.worker.runs, deployment.worker.logs)
    lines = [json.loads(line) for line in deployment.worker.logs().splitlines()]
    assert {"reviewed"} <= {line["event"] for line in lines}


def test_readiness_names_what_is_gone_and_booking_goes_on_without_redis(deployment: Deployment) -> None:
    deployment.ask("PUT", "/api/v1/items/LAMP", {"name": "Lamp"})
    deployment.built.docker("stop", deployment.redis.name)
    status, ready = deployment.ask("GET", "/health/ready")
    assert (status, ready["stores"]["postgres"]) == (503, "ok")
    assert ready["stores"]["redis"].startswith("unavailable (")
    assert deployment.ask("GET", "/health")[0] == 200
    assert deployment.move(5)[0] == 201
    deployment.built.docker("stop", deployment.worker.name)
    deployment.built.docker("start", deployment.redis.name)
    until(
        lambda: deployment.ask("GET", "/health/ready")[0] == 200 or None,
        deployment.web.runs,
        deployment.web.logs,
    )


def test_every_process_ends_when_it_is_asked_to(deployment: Deployment) -> None:
    for one in (deployment.web, deployment.worker, deployment.redis):
        deployment.built.docker("stop", "--time", "60", one.name)
        assert one.inspect()["State"]["ExitCode"] in (0, 143), one.logs()
    events = [json.loads(line)["event"] for line in deployment.web.logs().splitlines()]
    assert {"started", "stopped"} <= set(events)
