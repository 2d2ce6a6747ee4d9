"""No Dockerfile makes the rules fail, however its lines are mixed."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.seeds.facts import SEEDS
from tests.unit.check.rules.looking import looked
from tests.unit.check.rules.test_rules import CASES

LINES = sorted(
    {line for case in CASES for text in (case.wrong, *case.right) for line in text.split("\n")}
    | {line for path in SEEDS.glob("*/Dockerfile*") for line in path.read_text().split("\n")}
)
FRAGMENTS = ("$", "${", "${x:-", "`", "'", '"', "\\", "<<EOF", "--", "/", "..", "\x00", "\udc80", "é", ":", "@", "*")


@st.composite
def texts(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.sampled_from(LINES), max_size=12))
    for _ in range(draw(st.integers(0, 3))):
        if lines:
            at = draw(st.integers(0, len(lines) - 1))
            cut = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:cut] + draw(st.sampled_from(FRAGMENTS)) + lines[at][cut:]
    return "FROM python:3.13-slim AS build\n" + "\n".join(lines)


@settings(max_examples=60)
@given(texts())
def test_nothing_makes_them_fail(text: str) -> None:
    for finding in looked(SEEDS / "stockbook", text):
        assert finding.message
        assert finding.place.span is not None
