"""The service in this process, with a database that its own migrations have made and a Redis that speaks TCP.

The database is SQLite, or what ``STOCKBOOK_TEST_DATABASE_URL`` names: a Postgres whose tables are made and removed.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import create_async_engine

from src.main import app
from src.models import Base
from src.tokens import token

ROOT = Path(__file__).parents[1]
KEY = "signs-the-tokens-of-tests"


class _Server(TcpFakeServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours."""


class Redis:
    """A Redis on loopback, until it is closed."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), server_type="redis")
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"redis://127.0.0.1:{self._server.server_address[1]}/0"

    def close(self) -> None:
        """Nobody listens any more; connections that are open end with their clients."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis that is empty."""
    with closing(Redis()) as found:
        yield found


@dataclass(frozen=True)
class Deployment:
    """What every process of the service gets from its environment."""

    environment: Mapping[str, str]

    def run(self, *words: str, **more: str) -> str:
        """Runs a module as the image does, in a process of its own that must end well; what it has written."""
        environment = {**os.environ, **self.environment, **more}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with its tables, which the migrations make and remove."""
    folder = tmp_path_factory.mktemp("database")
    url = os.environ.get("STOCKBOOK_TEST_DATABASE_URL", f"sqlite+aiosqlite:///{folder}/stock.db")
    migrations = Deployment({"DATABASE_URL": url})
    migrations.run("alembic", "upgrade", "head")
    yield url
    migrations.run("alembic", "downgrade", "base")


async def _empty(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            await connection.execute(table.delete())
    await engine.dispose()


@pytest.fixture
def deployment(redis: Redis, database: str) -> Deployment:
    """An empty database with its tables, and an empty Redis."""
    asyncio.run(_empty(database))
    return Deployment({"DATABASE_URL": database, "REDIS_URL": redis.url, "SECRET_KEY": KEY})


@pytest.fixture
def client(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service, called by somebody with a token."""
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    with TestClient(app, headers={"Authorization": f"Bearer {token('tests', KEY.encode())}"}) as client:
        yield client
