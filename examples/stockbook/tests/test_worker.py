import asyncio
from uuid import uuid4

from arq.connections import RedisSettings, create_pool
from fastapi.testclient import TestClient

from src import worker
from tests.conftest import Redis


def move(client: TestClient, quantity: int) -> None:
    asked = {"reference": str(uuid4()), "sku": "LAMP", "place": "shop", "quantity": quantity, "reason": "sold"}
    assert client.post("/api/v1/movements", json=asked).status_code == 201


async def work(url: str) -> None:
    """Does what waits in Redis, as arq would."""
    redis = await create_pool(RedisSettings.from_dsn(url))
    waiting = await redis.queued_jobs()
    assert {one.function for one in waiting} == {"review"}
    context: worker.Context = {}
    await worker.start(context)
    for one in waiting:
        await worker.review(context, *one.args, **one.kwargs)
    await worker.stop(context)
    await redis.aclose(close_connection_pool=True)


def reorders(client: TestClient) -> list[tuple[str, int]]:
    return [(one["sku"], one["quantity"]) for one in client.get("/api/v1/reorders").json()]


def test_what_runs_low_is_ordered_again_until_there_is_enough(client: TestClient, redis: Redis) -> None:
    client.put("/api/v1/items/LAMP", json={"name": "Lamp", "reorder_level": 10, "reorder_quantity": 50})
    move(client, 12)
    asyncio.run(work(redis.url))
    assert reorders(client) == []
    move(client, -3)
    asyncio.run(work(redis.url))
    assert reorders(client) == [("LAMP", 50)]
    move(client, 50)
    asyncio.run(work(redis.url))
    assert reorders(client) == []


def test_a_movement_is_booked_without_redis_and_looked_at_later(client: TestClient, redis: Redis) -> None:
    client.put("/api/v1/items/LAMP", json={"name": "Lamp", "reorder_level": 10, "reorder_quantity": 50})
    redis.close()
    move(client, 3)
    assert client.get("/api/v1/items/LAMP").json()["holdings"] == {"shop": 3}
    asyncio.run(look_at_all())
    assert reorders(client) == [("LAMP", 50)]


async def look_at_all() -> None:
    context: worker.Context = {}
    await worker.start(context)
    await worker.review_all(context)
    await worker.stop(context)
