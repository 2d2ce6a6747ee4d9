"""When to try again: pure rules, no clock and no network."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

LONGEST = 86_400.0


def retry_after_seconds(value: str | None, *, now: datetime) -> float | None:
    """How long a ``Retry-After`` header asks to wait, at most a day; None when it is missing or makes no sense.

    Both forms of RFC 9110, section 10.2.3: a number of seconds, or a date (in the past: wait no longer).
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # The zone "-0000" gives a naive time; HTTP dates are UTC by definition.
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST)


def wait_seconds(attempt: int, *, backoff: float, retry_after: float | None, random: Random) -> float:
    """The pause after ``attempt`` (from 1) has failed.

    Anywhere up to ``backoff``, doubled with each attempt: clients that failed together must not return together.
    A pause that the other side asked for is the least that it gets.
    """
    return (retry_after or 0.0) + random.uniform(0.0, backoff * 2 ** (attempt - 1))
