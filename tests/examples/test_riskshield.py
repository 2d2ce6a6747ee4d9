"""The reference service: locks, installs, and passes its own tests, with nothing written into this repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

EXAMPLE = Path(__file__).parents[2] / "examples" / "riskshield"
# uv's words for a registry out of reach; anything else that it complains about is a fault of ours.
OUT_OF_REACH = ("error sending request", "Network connectivity is disabled", "the network was disabled")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with a lock and an environment."""
    copy = tmp_path_factory.mktemp("examples") / "riskshield"
    made = shutil.ignore_patterns(".venv", "__pycache__", ".*_cache")
    shutil.copytree(EXAMPLE, copy, ignore=made)
    for command in (["lock"], ["sync", "--locked"]):
        done = uv(copy, *command)
        if any(words in done.stderr for words in OUT_OF_REACH):
            pytest.skip(f"uv {command[0]}: no package registry is in reach")
        assert done.returncode == 0, done.stderr
    return copy


def uv(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs uv with this interpreter, whatever ``.python-version`` says: the service supports both."""
    foreign = {"VIRTUAL_ENV", "PYTHONPATH", "PYTEST_ADDOPTS", "UV_PROJECT_ENVIRONMENT"}
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    environment |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run(
        [find_uv_bin(), *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def test_its_own_tests_pass(project: Path) -> None:
    done = uv(project, "run", "--no-sync", "pytest", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_production_has_the_azure_sdk_and_no_test_tools(project: Path) -> None:
    done = uv(project, "export", "--locked", "--no-dev", "--no-hashes", "--no-annotate", "--no-header")
    assert done.returncode == 0, done.stderr
    packages = {line.partition("==")[0] for line in done.stdout.splitlines()}
    assert {"aiohttp", "azure-identity", "azure-keyvault-secrets", "fastapi", "uvicorn"} <= packages
    assert packages.isdisjoint({"pytest", "trustme", "mypy", "ruff"})
