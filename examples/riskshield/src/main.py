"""The application: ``uvicorn src.main:app``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from src import __doc__ as description
from src import __version__, logs
from src.api.problems import handle_problems
from src.api.v1 import health, validate
from src.correlation import CorrelationMiddleware
from src.services import Services, opened
from src.settings import Settings

logs.configure()  # At import, so that the server's first lines are JSON too.
log = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Services]]:
    """Settings are read here and not at import, so that importing depends on nothing outside."""
    settings = Settings()
    logs.configure(settings.log_level)
    async with opened(settings) as services:
        log.info("started", version=__version__)
        yield {"services": services}
    log.info("stopped")


app = FastAPI(title="RiskShield", description=description or "", version=__version__, lifespan=lifespan)
app.add_middleware(CorrelationMiddleware)
app.include_router(health.router)
app.include_router(validate.router)
handle_problems(app)
