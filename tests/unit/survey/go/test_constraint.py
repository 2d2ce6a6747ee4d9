"""Build constraints, held against the go command's own rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.go.constraint import asks_for_cgo, is_built


@pytest.mark.parametrize(
    ("name", "constraint", "built"),
    [
        ("main.go", "", True),
        ("main_linux.go", "", True),
        ("main_windows.go", "", False),
        ("main_amd64.go", "", True),
        ("main_arm64.go", "", True),
        ("main_linux_arm64.go", "", True),
        ("main_darwin_arm64.go", "", False),
        ("main_riscv64.go", "", False),
        ("linux.go", "", True),
        ("windows.go", "", True),  # the first part of a name never counts
        ("main_unix.go", "", True),  # `unix` counts in constraints alone
        ("gen.go", "ignore", False),
        ("main.go", "unix", True),
        ("main.go", "!windows", True),
        ("main.go", "windows || (linux && amd64)", True),
        ("main.go", "linux && !amd64 && !arm64", False),
        ("main.go", "go1.22", True),
        ("main.go", "cgo", False),
        ("main.go", "!cgo", True),
        ("main.go", "integration", False),
        ("main.go", "(linux", True),  # what cannot be read is looked at
    ],
)
def test_what_is_built_for_linux(name: str, constraint: str, built: bool) -> None:
    assert is_built(name, constraint) is built


def test_a_file_for_cgo_alone_is_told_from_one_that_needs_it() -> None:
    assert asks_for_cgo("sqlite.go", "cgo")
    assert not asks_for_cgo("sqlite.go", "")
    assert not asks_for_cgo("sqlite_windows.go", "cgo")


@given(st.text(alphabet="linuxcgo&|!() ", max_size=60))
def test_no_constraint_is_too_odd(text: str) -> None:
    assert is_built("main.go", text) in (True, False)
