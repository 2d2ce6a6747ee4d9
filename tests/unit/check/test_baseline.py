import pytest

from lading.check.baseline import Baseline, Named, part, read_baseline, write_baseline
from lading.errors import UsageError
from lading.finding import Finding, Place

ONE = Finding(rule="one", severity="error", message="m", place=Place(path="x"))
TWO = Finding(rule="two", severity="error", message="m", place=Place(path="x"))


def test_what_was_there_is_known_and_only_so_often() -> None:
    there = [Named("a", "1", ONE), Named("a", "1", ONE), Named("b", "2", TWO)]
    baseline = read_baseline(write_baseline(there), "file")
    assert part([*there, Named("a", "1", ONE), Named("b", "1", ONE)], baseline) == ([ONE, ONE], [ONE, ONE, TWO])


def test_a_baseline_is_written_the_same_in_any_order() -> None:
    there = [Named("b", "2", TWO), Named("a", "9", ONE), Named("a", "1", TWO)]
    assert write_baseline(there) == write_baseline(there[::-1])


def test_an_empty_baseline_knows_nothing() -> None:
    assert part([Named("a", "1", ONE)], Baseline()) == ([ONE], [])


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'{"findings": 3}', b"[" * 100_000])
def test_what_is_no_baseline_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="no baseline"):
        read_baseline(data, "file")


def test_another_version_is_refused() -> None:
    with pytest.raises(UsageError, match="version 2"):
        read_baseline(b'{"version": 2, "findings": {}}', "file")
