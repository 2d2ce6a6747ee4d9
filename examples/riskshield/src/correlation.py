"""One id follows a request: from its caller, through every log line, to the upstream API and back."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Correlation-ID"
_ACCEPTED = re.compile(r"[0-9A-Za-z._-]{1,64}")

log = structlog.stdlib.get_logger(__name__)


class CorrelationMiddleware:
    """Takes the caller's id, or makes one, and writes one log line for each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, as ASGI defines it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        correlation_id = given if _ACCEPTED.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        # Never unbound: each request is a task with a context of its own, and the server's line about a crash of
        # this request, written after we are gone, shall carry the id too.
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = correlation_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )


async def correlation_id(request: Request) -> str:
    """FastAPI dependency: the id of this request."""
    found: str = request.state.correlation_id
    return found
