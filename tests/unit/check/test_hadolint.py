"""hadolint itself, from its pinned wheel."""

import os
from pathlib import Path

import pytest
from tests.support.tools import missing
from tools.engine.home import find_home
from tools.linters import LinterError
from tools.linters import hadolint as find_hadolint

from lading.check.hadolint import hadolint
from lading.errors import StepFailed
from lading.proc import Runner


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """hadolint is on the PATH."""
    try:
        program = find_hadolint(find_home().folder / "linters")
    except LinterError as error:
        missing(str(error))
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


@pytest.mark.usefixtures("installed")
def test_its_findings_become_ours(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM debian\nRUN cd /tmp && apt-get install curl\nCMD x\n")
    found = hadolint([str(file)], Runner()) or ()
    assert {one.rule for one in found} >= {"DL3003", "DL3008"}
    assert {one.tool for one in found} == {"hadolint"}
    assert {one.severity for one in found} <= {"warning", "info"}
    # DL3006 (no tag) and DL3025 (shell form) are judged by Lading.
    assert not {"DL3006", "DL3025"} & {one.rule for one in found}
    assert all(one.place.path == str(file) and one.place.span for one in found)


@pytest.mark.usefixtures("installed")
def test_a_name_that_looks_like_a_flag_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-Dockerfile").write_text("FROM debian:13\nRUN cd /tmp\n")
    assert {one.place.path for one in hadolint(["-Dockerfile"], Runner()) or ()} == {"-Dockerfile"}


def test_without_it_there_is_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hadolint(["Dockerfile"], Runner()) is None


@pytest.mark.parametrize("script", ["exit 3", "echo hello"])
def test_one_that_does_not_do_its_work_is_told(script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "hadolint"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(StepFailed, match="hadolint"):
        hadolint(["Dockerfile"], Runner())
