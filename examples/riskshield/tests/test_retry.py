from datetime import UTC, datetime
from random import Random

import pytest

from src.retry import retry_after_seconds, wait_seconds

NOW = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        (" 7 ", 7),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:28:30 -0000", 30),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0),
        ("9" * 400, 86_400),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 86_400),
        ("Wed, 21 Oct 99999999999999 07:28:00 GMT", None),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=NOW) == seconds


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0)])
def test_wait_is_anywhere_up_to_the_doubled_backoff(attempt: int, longest: float) -> None:
    random = Random(attempt)  # noqa: S311
    waits = [wait_seconds(attempt, backoff=0.5, retry_after=None, random=random) for _ in range(1000)]
    assert 0 <= min(waits) < longest * 0.05
    assert longest * 0.95 < max(waits) <= longest


def test_wait_is_never_shorter_than_asked_for() -> None:
    random = Random(1)  # noqa: S311
    waits = [wait_seconds(1, backoff=0.5, retry_after=3.0, random=random) for _ in range(1000)]
    assert min(waits) >= 3.0
    assert len(set(waits)) == 1000
