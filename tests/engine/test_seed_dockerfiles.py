"""What the Dockerfiles of the decision records do: every defect as it shows itself, and that they work when they are
mended by the fixes of `lading check`."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.seeds import Workshop, image_name
from tests.engine.service import Container
from tests.engine.test_stockbook import SETTINGS
from tests.seeds import facts
from tests.seeds.facts import ALL, Defect, Variant
from tests.support.examples import copy_of
from tests.support.poetry_site import poetry_site
from tests.support.public_bases import PublicBases
from tests.support.python_bases import python_base
from tools.engine.home import Home
from uv import find_uv_bin

from lading.check.compose import read_compose

OF_BUILD = [one for one in ALL if one.kind == "build"]
OF_START = [one for one in ALL if one.kind != "build" and one.run]
NOT_HEALTHY = [one for one in ALL if one.name == "health-without-requests"]
ENDS = [one for one in ALL if one.name in ("nothing-to-start", "entrypoint-without-shell")]


@pytest.fixture(scope="module")
def workshop(docker: Program, engine_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    bases = PublicBases(home=engine_home, folder=tmp_path_factory.mktemp("bases"))
    pythons = {f"python:{release}-slim": python_base(docker, bases, release) for release in ("3.11", "3.13")}
    places = {image: f"docker-image://{name}" for image, name in pythons.items()}
    places["ghcr.io/astral-sh/uv:latest"] = f"oci-layout://{bases.uv()}:1"
    places["gcr.io/distroless/python3"] = f"oci-layout://{bases.uv()}:1"  # an image without a shell
    with poetry_site(tmp_path_factory.mktemp("site")) as proxy:
        yield Workshop(docker=docker, bases=places, proxy=proxy)


@pytest.fixture(scope="module")
def built(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Images"]:
    """Images of variants, each built once."""
    images = Images(workshop, tmp_path_factory.mktemp("seeds"))
    yield images
    workshop.docker.attempt("rmi", "--force", *images.names.values())


class Images:
    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self.names: dict[int, str] = {}
        self._workshop = workshop
        self._folder = folder

    def of(self, variant: Variant) -> str:
        """The name of a variant's image."""
        if id(variant) not in self.names:
            name = image_name()
            self._workshop.build(written(variant, self._folder / name), name)
            self.names[id(variant)] = name
        return self.names[id(variant)]


def written(variant: Variant, folder: Path) -> Path:
    """A variant's project with the lock that its tools need; its Dockerfile."""
    dockerfile = variant.write(folder)
    if (folder / "pyproject.toml").read_text().startswith("[project]"):
        subprocess.run([find_uv_bin(), "lock", "--quiet", "--python", sys.executable], cwd=folder, check=True)
    return dockerfile


@pytest.mark.parametrize("defect", OF_BUILD, ids=lambda one: one.name)
def test_it_does_not_build(workshop: Workshop, defect: Defect, tmp_path: Path) -> None:
    done = workshop.attempt(written(defect.variant, tmp_path / "project"), image_name())
    assert done.returncode != 0
    assert defect.observed in done.stderr.decode()


@pytest.mark.parametrize("defect", OF_START, ids=lambda one: one.name)
def test_a_command_in_it_shows_the_defect(workshop: Workshop, built: Images, defect: Defect) -> None:
    name = built.of(defect.variant)
    environment = ("--env", "DATABASE_URL=sqlite:////tmp/stock.db", "--network", "none")
    program, *words = defect.run
    done = workshop.docker.attempt("run", "--rm", *environment, "--entrypoint", program, name, *words)
    assert defect.observed in (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("defect", ENDS, ids=lambda one: one.name)
def test_it_does_not_start(workshop: Workshop, built: Images, defect: Defect) -> None:
    done = workshop.docker.attempt("run", "--rm", "--network", "none", built.of(defect.variant))
    assert done.returncode != 0
    assert defect.observed in done.stderr.decode()


@pytest.mark.parametrize("defect", NOT_HEALTHY, ids=lambda one: one.name)
def test_it_is_never_healthy(workshop: Workshop, built: Images, defect: Defect) -> None:
    with workshop.running(built.of(defect.variant)) as running:
        state, said = workshop.health(running)
        assert state == "unhealthy"
        assert defect.observed in said
        assert running.runs(), "only the check is wrong"


def test_without_a_shell_no_health_check_in_shell_form_works(workshop: Workshop, built: Images) -> None:
    command = ("src.main:app", "--port", "8000")
    name = built.of(facts.HARDENED)
    with workshop.running(name, "--entrypoint", "uvicorn", command=command) as running:
        assert workshop.health(running)[0] == "unhealthy"


def test_the_health_check_is_content_with_any_status(workshop: Workshop) -> None:
    """The record's own check, where there is requests: a server that says 500 to everything."""
    server = (
        "import http.server as h, threading\n"
        "class Failing(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(500); self.end_headers()\n"
        "server = h.ThreadingHTTPServer(('127.0.0.1', 0), Failing)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
    )
    check = "import requests; requests.get('http://localhost:8000/health')"
    assert check in (facts.SEEDS / "stockbook/Dockerfile").read_text()
    code = f"{server}exec({check!r}.replace('8000', str(server.server_port)))"
    image = workshop.bases["python:3.11-slim"].removeprefix("docker-image://")
    words = ("sh", "-c", 'pip install --quiet requests && exec python -c "$0"', code)
    workshop.docker("run", "--rm", "--network=host", image, *words)


@pytest.mark.parametrize(("variant", "port"), [(facts.STOCKBOOK, 8000), (facts.RISKSHIELD, 8080)], ids=str)
def test_mended_it_builds_starts_and_answers(
    workshop: Workshop, lading: Program, variant: Variant, port: int, tmp_path: Path
) -> None:
    dockerfile = written(variant, tmp_path / "project")
    mend(lading, dockerfile)
    name = image_name()
    try:
        workshop.build(dockerfile, name)
        with workshop.running(name, retries=120) as running:
            state, said = workshop.health(running)
            assert state == "healthy", said + running.logs()
            ask = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/health').read().decode())"
            assert '"healthy"' in workshop.docker("exec", running.name, "python", "-c", ask)
            if variant.seed == "stockbook":
                _migrates_and_is_healthy_in_production(workshop, running, dockerfile.parent)
    finally:
        workshop.docker.attempt("rmi", "--force", name)


def _migrates_and_is_healthy_in_production(workshop: Workshop, running: Container, project: Path) -> None:
    """What the record's entrypoint calls where there is a database, and what its production compose file asks with."""
    environment = ("--env", "DATABASE_URL=sqlite:////tmp/stock.db")
    workshop.docker("exec", *environment, running.name, "alembic", "upgrade", "head")
    compose = read_compose((project / "docker-compose.prod.yml").read_text(), "docker-compose.prod.yml")
    health = compose.services["app"].health
    assert health is not None
    workshop.docker("exec", running.name, *health.words)


def mend(lading: Program, dockerfile: Path) -> None:
    """`lading check --fix` until there is nothing left to mend; no error may remain."""
    before = ""
    while before != (now := dockerfile.read_text()):
        before = now
        lading.attempt("check", "--fix", dockerfile.name, cwd=dockerfile.parent)
    lading("check", dockerfile.name, cwd=dockerfile.parent)


def test_rendered_it_builds_starts_and_answers(
    workshop: Workshop, lading: Program, engine_home: Home, tmp_path: Path
) -> None:
    """The stock book's own example, which fits the same record; RiskShield's is in `test_rendered_runs.py`."""
    project, layout = copy_of("stockbook", tmp_path), tmp_path / "layout"
    lading("build", "stockbook", "--quiet", "-o", layout, cwd=project)
    lading("render", "dockerfile", "--write", cwd=project)
    lading("check", "Dockerfile", cwd=project)
    bases = PublicBases(home=engine_home, folder=tmp_path)
    dockerfile, name = project / "Dockerfile", image_name()
    text, flags = bases.stand_in(dockerfile.read_text(), base=layout)
    dockerfile.write_text(text)
    try:
        workshop.docker("buildx", "build", "--load", "--network=host", "--tag", name, *flags, project)
        settings = [f"{key}={value}" for key, value in SETTINGS.items()]
        with workshop.running(name, *(word for one in settings for word in ("--env", one)), retries=120) as running:
            state, said = workshop.health(running)
            assert state == "healthy", said + running.logs()
    finally:
        workshop.docker.attempt("rmi", "--force", name)
