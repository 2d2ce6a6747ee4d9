"""Runs migrations against the database that the service itself uses: ``alembic upgrade head``."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from src import logs
from src.models import Base
from src.settings import Settings


def run(connection: Connection | None, url: str | None = None) -> None:
    """Migrates over a connection, or writes the SQL for a database of this address."""
    context.configure(connection, url=url, target_metadata=Base.metadata, literal_binds=url is not None)
    with context.begin_transaction():
        context.run_migrations()


async def online(url: str) -> None:
    """Migrates the database. One connection, which nobody needs afterwards."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


settings = Settings()
logs.configure(settings.log_level)
if context.is_offline_mode():
    run(None, settings.database_url)
else:
    asyncio.run(online(settings.database_url))
