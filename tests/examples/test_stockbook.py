"""The stock book: its lock is Poetry's own, and its own tests pass with what the lock has."""

import tomllib
from pathlib import Path

import pytest
from tests.support.examples import EXAMPLES, copy_of, install, own_tests, poetry_requirements

LOCK = EXAMPLES / "stockbook/poetry.lock"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with an environment of its `main` and `dev` groups."""
    copy = copy_of("stockbook", tmp_path_factory.mktemp("examples"))
    install(copy, poetry_requirements(copy / "poetry.lock", "main", "dev"))
    return copy


def test_its_own_tests_pass(project: Path) -> None:
    assert " passed" in own_tests(project)


def test_the_lock_names_no_index_and_a_hash_for_every_file() -> None:
    text = LOCK.read_text()
    lock = tomllib.loads(text)
    assert "://" not in text
    assert not [package["name"] for package in lock["package"] if "source" in package]
    assert all(file["hash"].startswith("sha256:") for package in lock["package"] for file in package["files"])


def test_production_has_no_test_tools() -> None:
    main = {line.partition("==")[0] for line in poetry_requirements(LOCK, "main").splitlines()}
    assert {"alembic", "arq", "asyncpg", "fastapi", "sqlalchemy", "uvicorn"} <= main
    assert main.isdisjoint({"aiosqlite", "fakeredis", "pytest", "mypy", "ruff"})
