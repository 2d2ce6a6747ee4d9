"""The worker: ``arq src.worker.WorkerSettings``. It looks after what has run low."""

import logging
from typing import Any, ClassVar

from arq import cron
from arq.connections import RedisSettings
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from src import book, logs
from src.models import Item
from src.settings import Settings
from src.stores import sessions_of

log = logging.getLogger(__name__)

Context = dict[str, Any]
"""arq's own: what ``start`` puts in, jobs find again."""


async def review(context: Context, sku: str) -> None:
    """Looks whether an item is to be ordered again."""
    async with context["sessions"]() as session:
        reorder = await book.review(session, sku)
    log.info("reviewed", extra={"sku": sku, "reorder": reorder.quantity if reorder else 0})


async def review_all(context: Context) -> None:
    """Looks at every item, for what was booked while nobody could be told."""
    async with context["sessions"]() as session:
        every = list(await session.scalars(select(Item.sku).order_by(Item.sku)))
    for sku in every:
        await review(context, sku)


async def start(context: Context) -> None:
    """Opens what jobs need."""
    settings = Settings()
    logs.configure(settings.log_level)
    context["engine"] = create_async_engine(settings.database_url, pool_pre_ping=True)
    context["sessions"] = sessions_of(context["engine"])


async def stop(context: Context) -> None:
    """Closes it."""
    await context["engine"].dispose()


class WorkerSettings:
    """What arq reads."""

    functions: ClassVar = [review]
    # arq types a job as one that takes any further arguments; it gives a scheduled one none.
    cron_jobs: ClassVar = [cron(review_all, minute=set(range(0, 60, 5)))]  # type: ignore[arg-type]
    on_startup = start
    on_shutdown = stop
    redis_settings = RedisSettings.from_dsn(str(Settings().redis_url))
    keep_result = 0
