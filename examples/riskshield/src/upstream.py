"""The RiskShield API, as its users see it.

``POST v1/scores`` takes an applicant and answers a score; ``GET v1/status`` answers 2xx when the API is well.
"""

import asyncio
from datetime import UTC, datetime
from random import Random, SystemRandom
from uuid import uuid4

import httpx
import structlog
from pydantic import ValidationError

from src.errors import (
    ServiceError,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from src.keys import KeySource
from src.retry import retry_after_seconds, wait_seconds
from src.risk import Applicant, Score
from src.settings import Settings

log = structlog.stdlib.get_logger(__name__)


class RiskShieldApi:
    """Calls the API; every method raises a ServiceError and nothing of httpx's."""

    def __init__(self, client: httpx.AsyncClient, keys: KeySource, settings: Settings) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._random: Random = SystemRandom()

    async def check(self) -> None:
        """Returns when the API says that it is well. One attempt: the next probe is the retry."""
        await self._attempt(self._client.build_request("GET", "v1/status"))

    async def score(self, applicant: Applicant, *, correlation_id: str) -> Score:
        """The applicant's score, after as many attempts as it takes and the settings allow."""
        key = await self._keys.get()
        request = self._client.build_request(
            "POST",
            "v1/scores",
            json=applicant.model_dump(mode="json"),
            headers={
                "X-Api-Key": key.get_secret_value(),
                "X-Correlation-ID": correlation_id,
                # The same for all attempts: a connection that broke may have delivered the request.
                "Idempotency-Key": uuid4().hex,
            },
        )
        until = asyncio.get_running_loop().time() + self._settings.deadline
        try:
            async with asyncio.timeout_at(until):
                response = await self._send(request, until=until)
        except TimeoutError as error:
            raise UpstreamTimedOut(f"no answer within {self._settings.deadline:g} s") from error
        try:
            return Score.model_validate_json(response.content)
        except ValidationError as error:
            raise UpstreamRefused("its answer is not a score") from error

    async def _send(self, request: httpx.Request, *, until: float) -> httpx.Response:
        attempt = 1
        while True:
            try:
                return await self._attempt(request)
            except ServiceError as failure:
                wait = wait_seconds(
                    attempt, backoff=self._settings.backoff, retry_after=failure.retry_after, random=self._random
                )
                too_late = asyncio.get_running_loop().time() + wait >= until
                if not failure.retryable or attempt == self._settings.attempts or too_late:
                    raise
                log.warning("upstream_retry", attempt=attempt, reason=failure.detail, wait_seconds=round(wait, 3))
                await asyncio.sleep(wait)
                attempt += 1

    async def _attempt(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._client.send(request)
        except httpx.TimeoutException as error:
            raise UpstreamTimedOut(f"no answer within {self._settings.attempt_timeout:g} s") from error
        except httpx.RequestError as error:
            raise UpstreamUnreachable(f"the connection failed ({type(error).__name__})") from error
        if not response.is_success:
            raise failure_of(response, now=datetime.now(UTC))
        return response


def failure_of(response: httpx.Response, *, now: datetime) -> ServiceError:
    """What an answer without success means for the caller."""
    detail = f"it answered {response.status_code}"
    retry_after = retry_after_seconds(response.headers.get("Retry-After"), now=now)
    if response.status_code == 429:
        return UpstreamBusy(detail, retry_after=retry_after)
    if response.is_server_error:
        return UpstreamFailed(detail, retry_after=retry_after)
    return UpstreamRefused(detail)
