"""Words as BuildKit's lexer expands them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.check.dockerfile.words import UNKNOWN, Variable, expand

VALUES: dict[str, Variable] = {"A": "abc", "EMPTY": "", "PATH": "/usr/bin:/bin", "ARG": UNKNOWN, "X": "a*b/c"}


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("plain", "plain"),
        ("$A", "abc"),
        ("${A}d", "abcd"),
        ("$Ad", ""),
        ("$A-d", "abc-d"),
        ("'$A'", "$A"),
        ('"$A d"', "abc d"),
        ("\\$A", "$A"),
        ('"\\$A \\x"', "$A \\x"),
        ("a\\ b", "a b"),
        ("end\\", "end"),
        ("$", "$"),
        ("$.", "$."),
        ("${NONE:-x}${EMPTY:-y}${EMPTY-z}", "xy"),
        ("${A:+x}${EMPTY:+y}${EMPTY+z}${NONE+w}", "xz"),
        ("${NONE:-${A}/${EMPTY:-q}}", "abc/q"),
        ("${A:?no}", "abc"),
        ("${PATH#*:}", "/bin"),
        ("${PATH%:*}", "/usr/bin"),
        ("${PATH##*/}", "bin"),
        ("${PATH%%/*}", ""),
        ("${A#?}", "bc"),
        ("${A%c}", "ab"),
        ("${A%x}", "abc"),
        ("${PATH/bin/lib}", "/usr/lib:/bin"),
        ("${PATH//bin/lib}", "/usr/lib:/lib"),
        ("${X/\\*/-}", "a-b/c"),
        ("${X//\\//_}", "a*b_c"),
        ("${A/*/x}", "x"),
    ],
)
def test_known_words(word: str, text: str) -> None:
    assert expand(word, VALUES.get).text == text


def test_the_escape_may_be_another() -> None:
    assert expand("a\\b`$A", VALUES.get, "`").text == "a\\b$A"


def test_quotes_may_stay() -> None:
    assert expand("'$A' \"\\$A\"", VALUES.get, quotes=False).text == "'abc' \"$A\""


@pytest.mark.parametrize(
    ("word", "prefix"),
    [
        ("/opt/$ARG/bin", "/opt/"),
        ("${ARG:-x}", ""),
        ("a${ARG#x}", "a"),
        ("${A#$ARG}", ""),
        ("${NONE:-b$ARG}", "b"),
    ],
)
def test_what_depends_on_the_unknown_is_unknown(word: str, prefix: str) -> None:
    found = expand(word, VALUES.get)
    assert (found.text, found.prefix, found.error) == (None, prefix, "")


def test_which_variables_are_not_set() -> None:
    assert expand("$B${C:-$D}$A$EMPTY", VALUES.get).unset == ("B", "D", "C")


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("it's", "unexpected end of statement while looking for matching single-quote"),
        ('"open', "unexpected end of statement while looking for matching double-quote"),
        ("${A", "unsupported modifier () in substitution"),
        ("${", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${A^^}", "unsupported modifier (^) in substitution"),
        ("${A:#x}", "unsupported modifier (:#) in substitution"),
        ("${NONE:?it is needed}", "NONE: it is needed"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${A#\\x}", "invalid pattern (\\x) in substitution: invalid escape '\\x'"),
        ("${A:-" * 100, "substitutions are nested too deeply"),
    ],
)
def test_what_is_refused(word: str, error: str) -> None:
    assert expand(word, VALUES.get).error == error


@given(st.text("$A{}:-+?#%/*'\"\\` x\n", max_size=60))
def test_no_word_is_too_odd(word: str) -> None:
    found = expand(word, VALUES.get)
    assert found.text is None or found.text.startswith(found.prefix)


def test_hostile_patterns_take_no_longer() -> None:
    values = {"A": "a" * 5_000}
    assert expand(f"${{A##{'*a' * 300}b}}", values.get).text == values["A"]
    assert expand(f"${{A//{'*a' * 300}b/x}}", values.get).text is None
