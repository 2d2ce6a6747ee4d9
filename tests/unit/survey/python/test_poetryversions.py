import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.python.poetryversions import alternatives, fits, requires_python


@pytest.mark.parametrize(("constraint", "found"), [
    ("^1.2.3", (">=1.2.3,<2",)), ("^0.2.3", (">=0.2.3,<0.3",)), ("^0.0.3", (">=0.0.3,<0.0.4",)), ("^0", (">=0,<1",)),
    ("^1", (">=1,<2",)), ("~1.2.3", (">=1.2.3,<1.3",)), ("~1.2", (">=1.2,<1.3",)), ("~1", (">=1,<2",)),
    ("1.2.3", ("==1.2.3",)), ("=1.2", ("==1.2",)), ("1.*", ("==1.*",)), ("*", ("",)), (">=1,<2", (">=1,<2",)),
    (">=1 <2", (">=1,<2",)), ("!=1.5", ("!=1.5",)), ("~=1.4", ("~=1.4",)), ("<2 || >=3", ("<2", ">=3")),
])  # fmt: skip
def test_constraints_are_specifiers(constraint: str, found: tuple[str, ...]) -> None:
    assert alternatives(constraint) == found


@pytest.mark.parametrize(("constraint", "version", "met"), [
    ("^1.2", "1.9", True), ("^1.2", "2.0", False), ("1.0 || ^3", "3.5", True), ("1.0 || ^3", "2.0", False),
    ("^2.0", "2.1b1", True), ("what?", "1.0", True),
])  # fmt: skip
def test_which_versions_fit(constraint: str, version: str, met: bool) -> None:
    assert fits(constraint, version) == met


@pytest.mark.parametrize(("constraint", "found"), [
    ("^3.11", ">=3.11,<4"), (">=3.11,<3.14", ">=3.11,<3.14"), ("~3.11 || ~3.13", ">=3.11,<3.14"), ("*", ""),
])  # fmt: skip
def test_the_versions_of_python_are_one_range(constraint: str, found: str) -> None:
    assert requires_python(constraint) == found


@given(st.text(max_size=30))
def test_any_text_is_a_constraint_or_is_told_to_be_none(text: str) -> None:
    try:
        found = alternatives(text)
    except ValueError:
        return
    assert isinstance(found, tuple)
