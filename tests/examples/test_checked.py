"""The Dockerfiles that Lading renders for the examples, before its own judge."""

import subprocess
from pathlib import Path

import pytest
from tests.support.examples import OUT_OF_REACH, copy_of
from uv import find_uv_bin

from lading.cli.main import main


@pytest.mark.parametrize("name", ["riskshield", "stockbook", "notes", "storefront", "fleet"])
def test_nothing_is_found_but_what_is_worth_knowing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = copy_of(name, tmp_path)
    if name == "riskshield" and not (project / "uv.lock").exists():
        _lock(project)
    monkeypatch.chdir(project)
    assert main(["render", "dockerfile", "--write"]) == 0, capsys.readouterr().err
    written = [str(path.relative_to(project)) for path in project.rglob("Dockerfile")]
    assert written
    capsys.readouterr()
    assert main(["check", "--no-hadolint", "--fail-on", "warning", *written]) == 0, capsys.readouterr().out


def _lock(project: Path) -> None:
    done = subprocess.run([find_uv_bin(), "lock", "--quiet"], cwd=project, capture_output=True, text=True, check=False)
    if any(words in done.stderr for words in OUT_OF_REACH):
        pytest.skip("no package registry is in reach")
    assert done.returncode == 0, done.stderr
