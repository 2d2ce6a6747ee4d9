"""A newcomer's first minutes: a clean clone, an empty home, `make demo`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import Built

ROOT = Path(__file__).parents[2]
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
RUNTIMES = ("docker", "podman", "crun", "runc")
MACHINE = re.compile(
    r"(?:SSL_CERT_FILE|SSL_CERT_DIR|PIP_CERT|(?:https?|no)_proxy|LADING_DEBIAN_MIRROR)\Z", re.IGNORECASE
)
"""What belongs to the machine's network, which a newcomer's shell has too."""


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Types a command in a fresh clone, with a home of their own and nothing else in the environment."""
    folder = tmp_path_factory.mktemp("newcomer")
    subprocess.run(["git", "clone", "--quiet", ROOT, folder / "lading"], check=True)
    (folder / "home").mkdir()
    machine = {name: value for name, value in os.environ.items() if MACHINE.match(name)}

    def types(*command: str, **environ: str) -> str:
        done = subprocess.run(
            command,
            cwd=folder / "lading",
            env={**machine, "HOME": str(folder / "home"), "PATH": SYSTEM_PATH, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return types


def test_make_demo(newcomer: Callable[..., str], docker: Program) -> None:
    python = f"PYTHON={sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    said = newcomer("make", "demo", python)
    assert "src.main:app (FastAPI)" in said
    assert "there is no lading.lock: making one" in said
    assert re.search(r"^linux/amd64$[\s\S]+^linux/arm64$", said, re.MULTILINE)
    assert "nothing changed: all was reused" in said
    if not any(shutil.which(runtime, path=SYSTEM_PATH) for runtime in RUNTIMES):
        assert "nothing here can run riskshield" in said
        assert "This machine has no container runtime" in said

    names = ("DOCKER_HOST", "DOCKER_CONFIG")
    engine = {name: docker.environ[name] for name in names} | {"PATH": f"{docker.path.parent}:{SYSTEM_PATH}"}
    said = newcomer("make", "demo", python, **engine)
    assert "riskshield runs with docker" in said
    assert '{"status":"healthy","version":"1.0.0"}' in said


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_lading_run_starts_it_with_each_runtime(
    runtime: str, riskshield: Built, tool: Callable[[str], Program], environ_of_run: Mapping[str, str]
) -> None:
    tool(runtime)
    lading = Program(path=riskshield.lading.path, environ=environ_of_run)
    said = lading("run", "--runtime", runtime, "--wait-healthy", "--probe", "/health", riskshield.folder)
    assert "GET /health: 200" in said
    assert '"healthy"' in said


CODE = "import os; print(os.getuid(), os.getgid(), os.access('/app', os.W_OK), os.access('/tmp', os.W_OK))"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_lading_run_uses_the_user_of_the_image_and_a_closed_root(
    runtime: str, riskshield: Built, tool: Callable[[str], Program], environ_of_run: Mapping[str, str]
) -> None:
    tool(runtime)
    lading = Program(path=riskshield.lading.path, environ=environ_of_run)
    command = ("--", "-c", f"{CODE}; open('/tmp/x', 'w'); open('/etc/x', 'w')")
    done = lading.attempt("run", "--runtime", runtime, "--network", "host", riskshield.folder, *command)
    assert done.stdout.split() == [b"1000", b"1000", b"False", b"True"], done.stderr.decode()
    assert done.returncode == 1
    assert b"Read-only file system" in done.stderr or b"Permission denied" in done.stderr


@pytest.fixture(scope="module")
def environ_of_run(lading: Program) -> Mapping[str, str]:
    """The environment of the shared store."""
    return lading.environ
