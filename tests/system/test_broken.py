"""Every broken project of tests/broken gets the message that stands beside it, word for word."""

from pathlib import Path

import pytest
from tests.broken.faults import HERE, Fault, faults, tried

FAULTS = faults()


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_its_message(fault: Fault, tmp_path: Path) -> None:
    assert tried(fault, tmp_path) == fault.text.read_text("utf-8"), "python -m tests.broken shows what differs"


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_it_is_told_as_a_fault_of_the_project(fault: Fault) -> None:
    """In the parts that every message has, with an exit code that is no bug's and no success."""
    first, *said, last = fault.text.read_text("utf-8").splitlines()
    assert first.startswith("$ lading ")
    assert said[-1].startswith(("error: ", "  at: ", "  do: "))
    assert any(line.startswith("error: ") for line in said)
    assert last.removeprefix("exit code ") in {"1", "2", "3", "4", "5", "69"}


def test_every_folder_has_its_text() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {fault.name for fault in FAULTS}
