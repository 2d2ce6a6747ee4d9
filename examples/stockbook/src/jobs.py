"""What is left for the worker to do. It is named here and done in ``src.worker``."""

import logging

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class Jobs:
    """Work that waits in Redis, as arq reads it. ``seconds`` bound every call."""

    def __init__(self, url: str, *, seconds: float = 2.0) -> None:
        pool = ConnectionPool.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
        self._redis = ArqRedis(pool)

    async def review(self, sku: str) -> None:
        """Has the item looked at: is it to be ordered again?

        Booking does not fail with Redis: the worker looks at everything every five minutes.
        """
        try:
            await self._redis.enqueue_job("review", sku)
        except (RedisError, OSError) as error:
            log.warning("review_not_queued", extra={"sku": sku, "reason": type(error).__name__})

    async def check(self) -> None:
        """Raises what stands against leaving work here."""
        await self._redis.ping()

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose(close_connection_pool=True)
