"""Is it alive, and can it work? Orchestrators restart on the first and route traffic on the second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from src import __version__
from src.errors import ServiceError
from src.services import Services, services

router = APIRouter(tags=["health"])
log = structlog.stdlib.get_logger(__name__)


class Health(BaseModel):
    """The process runs."""

    status: Literal["healthy"]
    version: str


class Readiness(BaseModel):
    """Each dependency with ``ok`` or what is wrong with it."""

    status: Literal["ready", "unavailable"]
    dependencies: dict[str, str]


@router.get("/health")
async def health() -> Health:
    """Answers 200 while the application runs, whatever its surroundings do."""
    return Health(status="healthy", version=__version__)


@router.get("/health/ready", responses={503: {"model": Readiness}})
async def ready(services: Annotated[Services, Depends(services)], response: Response) -> Readiness:
    """Answers 200 only when every dependency answers, else 503 with each by name."""
    checks = {"key_vault": services.keys.check, "riskshield_api": services.upstream.check}
    seconds = services.settings.probe_timeout
    answers = await asyncio.gather(*(_probe(name, check, seconds) for name, check in checks.items()))
    is_ready = all(answer == "ok" for answer in answers)
    response.status_code = 200 if is_ready else 503
    return Readiness(
        status="ready" if is_ready else "unavailable", dependencies=dict(zip(checks, answers, strict=True))
    )


async def _probe(name: str, check: Callable[[], Awaitable[None]], seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except TimeoutError:
        answer = f"no answer within {seconds:g} s"
    except ServiceError as error:
        answer = error.detail
    else:
        return "ok"
    log.warning("dependency_unavailable", dependency=name, reason=answer)
    return answer
