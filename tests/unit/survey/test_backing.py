import pytest
from tests.support.projects import FASTAPI_APP, facts_of, tree_of, uv_lock

from lading.survey.model import Backing, Carrier, Fact


def needs(source: str, *packages: str) -> dict[str, Fact[Backing]]:
    files = {"main.py": FASTAPI_APP, "conf.py": f"import os\n{source}\n"}
    facts = facts_of(tree_of(files, "fastapi", "uvicorn", *packages))
    return {fact.value.kind: fact for fact in facts.backing}


def carriers(source: str, *packages: str) -> list[tuple[str, str, str, str]]:
    found = needs(source, *packages)
    return [(one.variable, one.part, one.scheme, one.path) for fact in found.values() for one in fact.value.carriers]


@pytest.mark.parametrize(("source", "expected"), [
    ("x = os.getenv('DATABASE_URL', 'postgresql://u:p@localhost:5432/shop')",
     ("DATABASE_URL", "url", "postgresql", "/shop")),
    ("x = os.getenv('WHERE', 'postgres://localhost/shop')", ("WHERE", "url", "postgres", "/shop")),
    ("x = os.getenv('WHERE', 'postgresql+asyncpg://localhost')", ("WHERE", "url", "postgresql+asyncpg", "")),
    ("x = os.getenv('JOBS', 'redis://localhost:6379/2')", ("JOBS", "url", "redis", "/2")),
    ("x = os.getenv('JOBS', 'rediss://localhost')", ("JOBS", "url", "rediss", "")),
    ("x = dj_database_url.config(default='postgres://localhost/site')",
     ("DATABASE_URL", "url", "postgres", "/site")),
    ("x = env.db('MAIN_DB', default='postgres:///site')", ("MAIN_DB", "url", "postgres", "/site")),
])  # fmt: skip
def test_an_address_in_the_code_is_enough(source: str, expected: tuple[str, ...]) -> None:
    assert carriers(source) == [expected]


def test_types_and_defaults_of_settings_are_addresses() -> None:
    source = """
from pydantic import PostgresDsn, RedisDsn
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    store: PostgresDsn
    queue: RedisDsn = RedisDsn("redis://localhost/1")
    cache: str = "redis://localhost/2"
"""
    assert carriers(source) == [
        ("STORE", "url", "postgresql", ""), ("CACHE", "url", "redis", "/2"), ("QUEUE", "url", "redis", "/1"),
    ]  # fmt: skip


@pytest.mark.parametrize(("packages", "scheme"), [
    (("psycopg2",), "postgresql"),
    (("asyncpg",), "postgresql"),
    (("asyncpg", "sqlalchemy"), "postgresql+asyncpg"),
    (("psycopg", "sqlalchemy"), "postgresql+psycopg"),
    (("psycopg2-binary", "asyncpg", "sqlalchemy"), "postgresql"),
])  # fmt: skip
def test_a_usual_name_counts_beside_a_driver(packages: tuple[str, ...], scheme: str) -> None:
    source = "x = os.environ['DATABASE_URL']"
    assert carriers(source, *packages) == [("DATABASE_URL", "url", scheme, "")]
    assert needs(source) == {}


@pytest.mark.parametrize("name", ["REDIS_URL", "SHOP_REDIS_DSN", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"])
def test_usual_names_of_redis(name: str) -> None:
    assert carriers(f"x = os.getenv('{name}')", "redis") == [(name, "url", "redis", "")]


def test_an_address_of_something_else_is_none_of_ours() -> None:
    assert needs("x = os.getenv('CELERY_BROKER_URL', 'amqp://localhost')", "redis")["redis"].certainty == "assumed"
    assert needs("x = os.getenv('DATABASE_URL', 'mysql://localhost/x')") == {}


def test_sqlite_by_default_and_a_driver_locked_is_postgres_elsewhere() -> None:
    source = "x = os.getenv('DATABASE_URL', 'sqlite:///./app.db')"
    assert carriers(source, "psycopg2") == [("DATABASE_URL", "url", "postgresql", "")]
    assert needs(source) == {}


def test_the_parts_of_an_address() -> None:
    source = "\n".join(
        f"x = os.getenv('{name}')" for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME", "DB_POOL")
    )
    assert [(name, part) for name, part, *_ in carriers(source, "psycopg2")] == [
        ("DB_HOST", "host"), ("DB_NAME", "name"), ("DB_PASSWORD", "password"), ("DB_PORT", "port"), ("DB_USER", "user"),
    ]  # fmt: skip


def test_a_driver_alone_is_a_guess() -> None:
    fact = needs("", "asyncpg")["postgres"]
    assert fact.certainty == "assumed"
    assert fact.source == "uv.lock › asyncpg"
    assert fact.value.carriers == (Carrier(variable="DATABASE_URL", part="url", scheme="postgresql"),)
    assert needs("") == {}


def test_a_driver_for_development_is_no_sign() -> None:
    tree = tree_of({"main.py": FASTAPI_APP, "uv.lock": uv_lock("fastapi", "uvicorn", groups={"dev": ["asyncpg"]})})
    assert facts_of(tree).backing == ()


def test_the_source_names_the_line() -> None:
    assert needs("x = os.getenv('REDIS_URL', 'redis://localhost')")["redis"].source == "conf.py:2"
