import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.report.table import RULE, Column, render, shorten, text_width

COLUMNS = (Column("name", cut=True), Column("size", right=True))


def test_columns_are_aligned() -> None:
    assert render(COLUMNS, [("base", "38.4 MB"), ("dependencies", "7 B"), RULE, ("total", "38.4 MB")]) == [
        "name             size",
        "base          38.4 MB",
        "dependencies      7 B",
        "─────────────────────",
        "total         38.4 MB",
    ]


def test_without_titles_there_is_no_line_of_titles() -> None:
    assert render((Column(""), Column("")), [("a", "b")]) == ["a  b"]


def test_a_short_row_leaves_its_last_columns_empty() -> None:
    assert render(COLUMNS, [("linux/amd64",)], indent=2) == ["  name         size", "  linux/amd64"]


def test_a_long_cell_is_cut_to_the_width() -> None:
    lines = render(COLUMNS, [("x" * 100, "1 B")], width=30)
    assert max(map(len, lines)) == 30
    assert lines[1] == "x" * 23 + "…   1 B"


def test_what_must_not_be_cut_is_whole() -> None:
    assert render((Column("digest"),), [("x" * 100,)], width=30)[1] == "x" * 100


def test_wide_characters_count_twice() -> None:
    assert text_width("日本") == 4
    assert text_width("e\u0301") == 1
    assert render(COLUMNS, [("日本", "1 B"), ("abcd", "2 B")])[1:] == ["日本   1 B", "abcd   2 B"]


def test_a_cell_cannot_break_its_line_or_steer_the_terminal() -> None:
    (_, line) = render((Column("name"),), [("a\nb\x1b[2J",)])
    assert line == "a b\\x1b[2J"


@pytest.mark.parametrize("width", [0, 1, 2, 5])
def test_shorten(width: int) -> None:
    assert text_width(shorten("日本語テキスト", width)) <= width


@given(
    st.lists(st.tuples(st.text(max_size=60), st.text(st.characters(codec="ascii"), max_size=10)), max_size=5),
    st.integers(min_value=45, max_value=120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str]], width: int) -> None:
    assert all(text_width(line) <= width for line in render(COLUMNS, rows, width=width))


@given(st.text(), st.integers(min_value=0, max_value=40))
def test_what_is_shortened_begins_as_it_did(text: str, width: int) -> None:
    short = shorten(text, width)
    assert text_width(short) <= width
    assert short == text or text.startswith(short.removesuffix("…"))
