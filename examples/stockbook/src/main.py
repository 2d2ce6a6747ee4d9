"""The application: ``uvicorn src.main:app``."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from src import __doc__ as description
from src import __version__, logs
from src.api import health, items, movements
from src.errors import BookError
from src.settings import WebSettings
from src.stores import Stores, opened

logs.configure()  # At import, so that the server's first lines are JSON too.
log = logging.getLogger(__name__)


class Problem(BaseModel):
    """Why a request came to nothing (RFC 9457)."""

    type: str
    status: int
    detail: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Stores]]:
    """Settings are read here and not at import, so that importing depends on nothing outside."""
    settings = WebSettings()
    logs.configure(settings.log_level)
    async with opened(settings) as stores:
        log.info("started", extra={"version": __version__})
        yield {"stores": stores}
    log.info("stopped")


async def problem(_: Request, error: BookError) -> Response:
    """Answers with what was wrong."""
    told = Problem(type=f"urn:stockbook:problem:{error.kind}", status=error.status, detail=str(error))
    return Response(told.model_dump_json(), error.status, media_type="application/problem+json")


app = FastAPI(title="StockBook", description=description or "", version=__version__, lifespan=lifespan)
app.include_router(health.router)
app.include_router(items.router)
app.include_router(movements.router)
app.exception_handler(BookError)(problem)
