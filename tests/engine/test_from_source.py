"""Packages without wheels: compiled, isolated and pinned; by BuildKit too; and told where that cannot be."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, Container, container
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

PROJECT = """\
[project]
name = "from-source"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["flask==3.1.2", "gunicorn==23.0.0", "psycopg2==2.9.10", "docopt==0.6.2"]
"""
APP = """\
import docopt
import psycopg2
from flask import Flask

app = Flask(__name__)


@app.get("/health")
def health():
    return {"docopt": docopt.__version__, "libpq": psycopg2.__libpq_version__ // 10000}
"""
ANSWER = (200, {"docopt": "0.6.2", "libpq": 17})
NAME = "lading-from-source"


@pytest.fixture(scope="module")
def folder(lading: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service with one extension in C and one module that are published as source only, locked."""
    found = tmp_path_factory.mktemp("source") / "service"
    found.mkdir()
    (found / "pyproject.toml").write_text(PROJECT)
    (found / "app.py").write_text(APP)
    (found / ".python-version").write_text("3.13\n")
    (found / "lading.toml").write_text('build-packages = ["libpq-dev"]\n')
    uv = Program(path=lading.path.with_name("uv"), environ={**lading.environ, "UV_PYTHON_DOWNLOADS": "never"})
    uv("lock", "--quiet", "--python", lading.path.with_name("python"), cwd=found)
    lading("lock", cwd=found)
    return found


@pytest.fixture(scope="module")
def embedded(folder: Path, lading: Program, docker: Program) -> Iterator[str]:
    """Its image by the embedded engine."""
    lading("build", "--locked", "--load", "-t", f"{NAME}:embedded", cwd=folder)
    yield f"{NAME}:embedded"
    docker("rmi", "--force", f"{NAME}:embedded")


def answered(server: Container) -> tuple[int, dict[str, object]]:
    server.wait()
    return server.get("/health")


def test_what_was_compiled_runs(docker: Program, embedded: str) -> None:
    with container(docker, embedded, *CLOSED, *ALONE) as server:
        assert answered(server) == ANSWER


def test_nothing_is_built_twice_and_a_lock_that_is_made_again_is_the_same(
    folder: Path, lading: Program, embedded: str
) -> None:
    before = (folder / "lading.lock").read_bytes()
    lading("lock", cwd=folder)
    assert (folder / "lading.lock").read_bytes() == before
    (folder / "app.py").write_text(f"{APP}\n# changed\n")
    done = lading.attempt("build", "--locked", "--format", "json", cwd=folder)
    assert b"building it from its source" not in done.stderr
    (report,) = json.loads(done.stdout)["builds"]
    assert [step["reused"] for step in report["steps"] if step["step"] == "dependencies"] == [True]


def test_a_foreign_architecture_is_told_with_the_way_out(folder: Path, lading: Program, embedded: str) -> None:
    done = lading.attempt("lock", "--platform", "linux/arm64", cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    refused = lading.attempt("build", "--platform", "linux/arm64", cwd=folder)
    told = refused.stderr.decode()
    assert refused.returncode == 3, told
    assert "psycopg2 2.9.10 has to be compiled on linux/arm64" in told
    assert "--engine buildkit" in told


def test_what_a_build_lacks_is_asked_for_by_name(folder: Path, lading: Program, tmp_path: Path) -> None:
    copy = tmp_path / "service"
    shutil.copytree(folder, copy)
    (copy / "lading.toml").write_text("")
    (copy / "lading.lock").unlink()
    refused = lading.attempt("build", cwd=copy)
    told = refused.stderr.decode()
    assert refused.returncode == 3, told
    assert "psycopg2 2.9.10 cannot be built from its source" in told
    assert "pg_config" in told
    assert "build-packages" in told


@pytest.fixture
def bases(engine_home: Home, tmp_path: Path) -> PublicBases:
    (tmp_path / "bases").mkdir()
    return PublicBases(home=engine_home, folder=tmp_path / "bases")


def test_buildkit_builds_it_from_the_rendered_dockerfile(
    docker: Program, folder: Path, lading: Program, bases: PublicBases, tmp_path: Path
) -> None:
    layout = tmp_path / "layout"
    lading("build", "--locked", "-o", layout, cwd=folder)
    text, flags = bases.stand_in(lading("render", "dockerfile", cwd=folder), base=layout)
    file = tmp_path / "Dockerfile"
    file.write_text(text)
    name = f"{NAME}:buildkit"
    where = ("--network=host", "--tag", name, "--file", file)
    docker("buildx", "build", "--quiet", "--load", *where, *flags, folder)
    try:
        with container(docker, name, *CLOSED, *ALONE) as server:
            assert answered(server) == ANSWER
    finally:
        docker("rmi", "--force", name)
