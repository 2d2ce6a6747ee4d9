from collections.abc import Iterator

import pytest

from lading.http import Http


@pytest.fixture
def naps() -> list[float]:
    """The seconds that the client would have slept."""
    return []


@pytest.fixture
def http(naps: list[float]) -> Iterator[Http]:
    client = Http(sleep=naps.append, environ={}, timeout=20)
    yield client
    client.close()
