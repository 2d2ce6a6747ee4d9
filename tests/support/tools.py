"""Tools that a test needs and that may not be there."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a tool; fail it where tools are required (LADING_REQUIRE_TOOLS=1, as in CI)."""
    if os.environ.get("LADING_REQUIRE_TOOLS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
