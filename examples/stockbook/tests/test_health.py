import pytest
from fastapi.testclient import TestClient

from src.main import app
from tests.conftest import KEY, Redis


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "healthy", "version": "1.0.0"}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["stores"]) == (200, {"postgres": "ok", "redis": "ok"})


def test_a_redis_that_is_gone_is_named(client: TestClient, redis: Redis) -> None:
    redis.close()
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert ready.json()["stores"] == {"postgres": "ok", "redis": "unavailable (ConnectionError)"}
    assert client.get("/health").status_code == 200


def test_a_database_that_is_not_there_is_named(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:s3cret@127.0.0.1:1/stockbook")
    monkeypatch.setenv("REDIS_URL", redis.url)
    monkeypatch.setenv("SECRET_KEY", KEY)
    with TestClient(app) as client:
        ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["stores"]["redis"]) == (503, "ok")
    assert ready.json()["stores"]["postgres"].startswith("unavailable (")
    assert "s3cret" not in ready.text
