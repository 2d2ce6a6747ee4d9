"""The build gives the same digests to an ordinary user on a machine where nothing is there yet."""

import json
import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.engine.service import Built
from tests.support.tools import missing

UID = 48211  # nobody's: such a user is in no passwd file


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home of that user. Not below pytest's own folder, which only its owner enters."""
    folder = Path(tempfile.mkdtemp(prefix="lading-home-"))
    try:
        os.chown(folder, UID, UID)
        yield folder
    finally:
        shutil.rmtree(folder)


def as_user(command: list[str | Path], home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the made-up user, with a umask, language and time zone of their own."""
    kept = {name: value for name, value in os.environ.items() if name in ("SSL_CERT_FILE", "LADING_DEBIAN_MIRROR")}
    settings = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "Asia/Kathmandu"}
    return subprocess.run(
        command,
        env={**kept, **settings, **environ},
        user=UID,
        group=UID,
        extra_groups=[],
        umask=0o077,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def interpreter(home: Path) -> list[str | Path]:
    """A Python of this minor version that anybody may start."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        with suppress(PermissionError, FileNotFoundError):
            if as_user([path, "-c", ""], home).returncode == 0:
                return [path]
    return missing(f"no {name} that every user may start")


def test_an_ordinary_user_builds_the_same(riskshield: Built, home: Path, interpreter: list[str | Path]) -> None:
    # What the made-up user may read: the project under another name, Lading and what it needs.
    project = home / "elsewhere" / "clone"
    shutil.copytree(riskshield.folder, project)
    packages = Path(site.getsitepackages()[0])
    library = home / "library"
    unwanted = shutil.ignore_patterns("mypy*", "cryptography*", "hypothesis*", "__pycache__", "lading*")
    shutil.copytree(packages, library, ignore=unwanted, symlinks=True)
    shutil.copytree(Path(__file__).parents[2] / "src" / "lading", library / "lading")
    programs = home / "programs"
    programs.mkdir()
    shutil.copy2(Path(sys.executable).with_name("uv"), programs / "uv")
    for path in [home, *home.rglob("*")]:
        os.chown(path, UID, UID, follow_symlinks=False)

    done = as_user(
        [
            *interpreter,
            "-m",
            "lading",
            "build",
            "--format",
            "json",
            "--platform",
            "linux/amd64,linux/arm64",
            "-C",
            project,
        ],
        home,
        PYTHONPATH=str(library),
        PATH=f"{programs}:/usr/bin:/bin",
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["builds"]
    assert not any(layer["reused"] for layer in report["platforms"][0]["layers"]), "the store was not the user's own"

    def digests(told: dict[str, list[dict[str, object]]]) -> list[object]:
        return [(platform["platform"], platform["manifest"], platform["layers"]) for platform in told["platforms"]]

    for platform in (*report["platforms"], *riskshield.report["platforms"]):
        platform["layers"] = [layer["digest"] for layer in platform["layers"]]
    assert digests(report) == digests(riskshield.report)
    assert report["digest"] == riskshield.digest
    owned = [path for path in (home / ".cache").rglob("*") if path.lstat().st_uid != UID]
    assert owned == []
