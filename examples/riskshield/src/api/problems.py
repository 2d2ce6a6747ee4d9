"""Every answer without success is a problem document (RFC 9457), and none repeats what the caller sent."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from src.correlation import HEADER
from src.errors import ServiceError

log = structlog.stdlib.get_logger(__name__)


class Fault(BaseModel):
    """One field that is wrong, as a path such as ``body.country``."""

    field: str
    message: str


class Problem(BaseModel):
    """``correlation_id`` finds the request in the logs; ``faults`` is empty unless the request itself is wrong."""

    type: str
    title: str
    status: int
    detail: str
    correlation_id: str
    faults: Sequence[Fault]


def handle_problems(app: FastAPI) -> None:
    """Makes the application answer with problems, whatever goes wrong."""
    app.exception_handler(ServiceError)(_service_error)
    app.exception_handler(RequestValidationError)(_invalid_request)
    app.exception_handler(HTTPException)(_http_exception)
    app.exception_handler(Exception)(_bug)


def _answer(
    request: Request,
    status: int,
    *,
    detail: str,
    kind: str | None = None,
    title: str | None = None,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=f"urn:riskshield:problem:{kind}" if kind else "about:blank",
        title=title or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        correlation_id=request.state.correlation_id,
        faults=faults,
    )
    return Response(problem.model_dump_json(), status, headers, "application/problem+json")


async def _service_error(request: Request, error: ServiceError) -> Response:
    log.warning("request_failed", kind=error.kind, reason=error.detail)
    headers = {} if error.retry_after is None else {"Retry-After": str(math.ceil(error.retry_after))}
    return _answer(request, error.status, kind=error.kind, title=error.title, detail=error.detail, headers=headers)


async def _invalid_request(request: Request, error: RequestValidationError) -> Response:
    faults = [Fault(field=".".join(map(str, fault["loc"])), message=fault["msg"]) for fault in error.errors()]
    title = "The request is not valid"
    return _answer(request, 422, kind="invalid-request", title=title, detail="see faults", faults=faults)


async def _http_exception(request: Request, error: HTTPException) -> Response:
    return _answer(request, error.status_code, detail=error.detail, headers=error.headers)


async def _bug(request: Request, _: Exception) -> Response:
    # Answered outside of CorrelationMiddleware, whose header it therefore lacks.
    headers = {HEADER: request.state.correlation_id}
    return _answer(request, 500, detail="a fault of this service; its logs have the details", headers=headers)
