"""Is it alive, and can it work? Orchestrators restart on the first and route traffic on the second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text

from src import __version__
from src.stores import Stores, StoresHere

router = APIRouter(tags=["health"])
log = logging.getLogger(__name__)
PATIENCE = 2.0
"""Seconds that each store has for its answer."""


class Health(BaseModel):
    """The process runs."""

    status: Literal["healthy"]
    version: str


class Readiness(BaseModel):
    """Each store with ``ok`` or what is wrong with it."""

    status: Literal["ready", "unavailable"]
    stores: dict[str, str]


@router.get("/health")
async def health() -> Health:
    """Answers 200 while the application runs, whatever its surroundings do."""
    return Health(status="healthy", version=__version__)


@router.get("/health/ready", responses={503: {"model": Readiness}})
async def ready(stores: StoresHere, response: Response) -> Readiness:
    """Answers 200 only when every store answers, else 503 with each by name."""
    checks = {"postgres": lambda: _database(stores), "redis": stores.jobs.check}
    answers = await asyncio.gather(*(_probe(name, check) for name, check in checks.items()))
    well = all(answer == "ok" for answer in answers)
    response.status_code = 200 if well else 503
    return Readiness(status="ready" if well else "unavailable", stores=dict(zip(checks, answers, strict=True)))


async def _database(stores: Stores) -> None:
    async with stores.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def _probe(name: str, check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except TimeoutError:
        answer = f"no answer within {PATIENCE:g} s"
    except Exception as error:  # drivers have no root of their own; addresses stay inside
        answer = f"unavailable ({type(error).__name__})"
    else:
        return "ok"
    log.warning("store_unavailable", extra={"store": name, "reason": answer})
    return answer
