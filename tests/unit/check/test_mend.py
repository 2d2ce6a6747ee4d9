from hypothesis import given
from hypothesis import strategies as st

from lading.check.mend import mend, offsets
from lading.finding import Edit, Finding, Fix, Place, Span

TEXT = "FROM a\nRUN b # keep\n\tCMD c\n"


def finding(*edits: tuple[Span, str], path: str = "Dockerfile") -> Finding:
    fix = Fix(title="t", edits=tuple(Edit(path=path, span=span, text=text) for span, text in edits))
    return Finding(rule="r", severity="error", message="m", place=Place(path=path), fix=fix)


def test_all_else_stays_as_it_was() -> None:
    found = [finding((Span(1, 6, 1, 7), "z:1")), finding((Span(2, 1, 2, 1), "ENV A=b\n"), (Span(3, 6, 3, 7), "d"))]
    mended = mend(found, {"Dockerfile": TEXT})
    assert mended.texts == {"Dockerfile": "FROM z:1\nENV A=b\nRUN b # keep\n\tCMD d\n"}
    assert mended.findings == found


def test_the_same_edit_is_made_once_and_mends_both() -> None:
    once = finding((Span(2, 1, 2, 1), "ENV A=b\n"))
    mended = mend([once, once], {"Dockerfile": TEXT})
    assert mended.texts["Dockerfile"].count("ENV") == 1
    assert len(mended.findings) == 2


def test_what_meets_an_earlier_edit_waits_whole() -> None:
    first = finding((Span(2, 1, 2, 6), "RUN c"))
    second = finding((Span(2, 5, 2, 6), "d"), (Span(1, 6, 1, 7), "z"))
    assert mend([first, second], {"Dockerfile": TEXT}) == (
        {"Dockerfile": TEXT.replace("RUN b", "RUN c")}, [first],
    )  # fmt: skip


def test_places_that_are_not_there_are_left_alone() -> None:
    beyond = [
        finding((Span(9, 1, 9, 1), "x")),
        finding((Span(1, 8, 1, 9), "x")),
        finding((Span(1, 1, 1, 1), "x"), path="o"),
    ]
    assert mend(beyond, {"Dockerfile": TEXT}) == ({}, [])


def test_a_fix_that_changes_nothing_is_no_change() -> None:
    assert mend([finding((Span(1, 1, 1, 5), "FROM"))], {"Dockerfile": TEXT}).texts == {}


@given(st.text("ab\n", max_size=30), st.data())
def test_offsets_are_those_of_lines_and_columns(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    def position(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    assert offsets(text, Span(*position(start), *position(end))) == (start, end)
