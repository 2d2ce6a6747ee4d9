import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tools.engine.processes import Process, end, load, save, start

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def sleeper(folder: Path) -> Process:
    return start("sleeper", SLEEP, final=SLEEP, environ={}, log=folder / "log")


def test_a_process_is_recognised_after_a_round_trip_and_ends(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    save(process, tmp_path)
    assert load(tmp_path, "sleeper") == process
    assert process.alive
    end(process, patience=10)
    assert not process.alive


@pytest.mark.parametrize("change", [{"started": 1}, {"argv": ["other"]}, {"boot": "another"}])
def test_a_process_that_only_shares_the_pid_is_left_alone(change: dict[str, object], tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    try:
        stranger = replace(process, **change)  # type: ignore[arg-type]  # the parametrized names are the fields'
        assert not stranger.alive
        end(stranger, patience=10)
        assert process.alive
    finally:
        end(process, patience=10)


def test_a_program_that_ends_at_once_is_told_with_its_code(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('why')"]
    with pytest.raises(ChildProcessError, match="brief ended with 1"):
        start("brief", argv, final=["something", "else"], environ={}, log=tmp_path / "log")
    assert (tmp_path / "log").read_text().strip() == "why"


def test_a_launcher_that_becomes_the_program_keeps_its_pid(tmp_path: Path) -> None:
    launcher = [sys.executable, "-c", f"import os; os.execv({SLEEP[0]!r}, {SLEEP!r})"]
    process = start("sleeper", launcher, final=SLEEP, environ={}, log=tmp_path / "log")
    assert process.alive
    assert process.argv == SLEEP
    end(process, patience=10)


def test_a_broken_record_counts_as_none(tmp_path: Path) -> None:
    assert load(tmp_path, "sleeper") is None
    (tmp_path / "sleeper.json").write_text('{"pid": 1')
    assert load(tmp_path, "sleeper") is None
