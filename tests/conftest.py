"""What holds for all tests."""

import os
import shutil

import pytest
from hypothesis import settings

# A test has no time limit: it must pass on a busy machine too.
settings.register_profile("lading", deadline=None)
settings.load_profile("lading")


def pytest_sessionstart() -> None:
    """Where tools are required, nothing is skipped for want of Go (`python -m tools.go` fetches it)."""
    if os.environ.get("LADING_REQUIRE_TOOLS") == "1" and shutil.which("go") is None:
        pytest.exit("there is no go on PATH, and LADING_REQUIRE_TOOLS asks for it", returncode=1)
