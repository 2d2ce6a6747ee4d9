import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.report.text import count, duration, encodable, paint, printable, size


@given(st.text())
def test_nothing_printed_can_steer_a_terminal(text: str) -> None:
    shown = printable(text)
    assert all(unicodedata.category(char) != "Cc" or char in "\t\n" for char in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_paint() -> None:
    assert paint("no", "red", True) == "\x1b[31mno\x1b[0m"
    assert paint("no", "red", False) == "no"
    assert paint("", "red", True) == ""


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (109_664_100, "109.7 MB"),
        (2_500_000_000, "2.5 GB"),
        (9_999_000_000_000_000, "9999.0 TB"),
    ],
)
def test_size(count: int, expected: str) -> None:
    assert size(count) == expected


@given(st.integers(min_value=0, max_value=10**15))
def test_a_size_is_never_far_from_the_truth(count: int) -> None:
    number, unit = size(count).split()
    scale = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[unit]
    assert abs(float(number) * scale - count) <= 0.0501 * scale
    assert unit == "TB" or float(number) < 1000


def test_a_round_size_is_short() -> None:
    assert size(200_000_000, short=True) == "200 MB"
    assert size(1_500_000, short=True) == "1.5 MB"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-1, "0.00 s"),
        (0.084, "0.08 s"),
        (0.996, "1.0 s"),
        (4.13, "4.1 s"),
        (59.96, "1 min 0 s"),
        (119.7, "2 min 0 s"),
        (3599.6, "1 h 0 min"),
        (3720, "1 h 2 min"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_count() -> None:
    assert [count(1, "file"), count(1204, "file"), count(2, "library"), count(0, "layer")] == [
        "1 file",
        "1,204 files",
        "2 libraries",
        "0 layers",
    ]


def test_characters_that_a_stream_lacks_have_stand_ins() -> None:
    codecs.register_error("lading-test", encodable)
    assert "a → b … é".encode("ascii", "lading-test") == b"a -> b ~ \\xe9"


def test_only_encoding_is_helped() -> None:
    codecs.register_error("lading-test", encodable)
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", "lading-test")
