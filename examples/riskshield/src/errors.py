"""What can go wrong outside of this service, and how its callers are told.

ServiceError
├── KeyUnavailable       503  the API key cannot be had
├── UpstreamBusy         503  RiskShield asks to be called later (429)
├── UpstreamFailed       502  RiskShield failed (5xx)
├── UpstreamRefused      502  RiskShield's answer is no score, and asking again will not change that
├── UpstreamTimedOut     504  RiskShield did not answer in time
└── UpstreamUnreachable  502  no connection, or one that broke
"""

from typing import ClassVar


class ServiceError(Exception):
    """The root; ``status``, ``kind``, ``title`` and ``detail`` make a problem document.

    ``detail`` is shown to callers, so it names neither hosts nor secrets. ``retry_after`` is how many seconds the
    failing side asked to be left alone; ``retryable`` says whether the same call may do better a moment later.
    """

    status: ClassVar[int]
    kind: ClassVar[str]
    title: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class KeyUnavailable(ServiceError):
    """The API key cannot be had: no vault, no permission, or not a usable key."""

    status = 503
    kind = "key-unavailable"
    title = "The RiskShield API key is unavailable"


class UpstreamBusy(ServiceError):
    """The RiskShield API answered 429."""

    status = 503
    kind = "upstream-busy"
    title = "The RiskShield API is busy"
    retryable = True


class UpstreamFailed(ServiceError):
    """The RiskShield API answered 5xx."""

    status = 502
    kind = "upstream-failed"
    title = "The RiskShield API failed"
    retryable = True


class UpstreamRefused(ServiceError):
    """The RiskShield API answered anything else that is not a score."""

    status = 502
    kind = "upstream-refused"
    title = "The RiskShield API refused the request"


class UpstreamTimedOut(ServiceError):
    """The RiskShield API was too slow. Not retried: more calls make a slow service slower."""

    status = 504
    kind = "upstream-timed-out"
    title = "The RiskShield API did not answer in time"


class UpstreamUnreachable(ServiceError):
    """No connection to the RiskShield API, or one that broke."""

    status = 502
    kind = "upstream-unreachable"
    title = "The RiskShield API is unreachable"
    retryable = True
