"""What the endpoints work with, opened when the application starts and closed when it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from src.jobs import Jobs
from src.settings import WebSettings


@dataclass(frozen=True, kw_only=True)
class Stores:
    """One of each for the whole application."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    jobs: Jobs
    key: bytes


def sessions_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose values can still be read when they have been committed."""
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def opened(settings: WebSettings) -> AsyncIterator[Stores]:
    """The stores, closed on the way out. Opening calls nobody: what is out of reach is told by ``/health/ready``."""
    engine = create_async_engine(settings.database_url, pool_pre_ping=True)
    jobs = Jobs(str(settings.redis_url))
    try:
        yield Stores(
            engine=engine,
            sessions=sessions_of(engine),
            jobs=jobs,
            key=settings.secret_key.get_secret_value().encode(),
        )
    finally:
        await jobs.close()
        await engine.dispose()


def stores_of(request: Request) -> Stores:
    """The stores that the lifespan has opened."""
    found: Stores = request.state.stores
    return found


async def session_of(stores: Annotated[Stores, Depends(stores_of)]) -> AsyncIterator[AsyncSession]:
    """A session for one request; what was not committed is taken back."""
    async with stores.sessions() as session:
        yield session


StoresHere = Annotated[Stores, Depends(stores_of)]
SessionHere = Annotated[AsyncSession, Depends(session_of)]
