import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.tree import Patterns
from lading.tree.patterns import _expression, is_meant, parse_ignore_file


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        # https://docs.docker.com/build/concepts/context/#matching
        ("*/temp*", "somedir/temporary.txt", True),
        ("*/temp*", "somedir/temp", True),
        ("*/temp*", "a/b/temp", False),
        ("*/*/temp*", "somedir/subdir/temporary.txt", True),
        ("temp?", "tempa", True),
        ("temp?", "temp", False),
        ("**/*.go", "main.go", True),
        ("**/*.go", "a/b/c.go", True),
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("/docs", "docs/a/b", True),
        ("docs/", "docs/a", True),
        ("./docs", "docs", True),
        ("docs", "documents", False),
        ("**/node_modules", "a/node_modules/x/y.js", True),
        ("**/.env*", "service/.env.local", True),
        ("**/*.pem", "keys/server.pem/inner", True),
        ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("[ab].txt", "a.txt", True),
        ("[^ab].txt", "a.txt", False),
        ("we\\*rd", "we*rd", True),
        ("we\\*rd", "weird", False),
        ("a/../b", "b", True),
        ("", "a", False),
        ("#hash", "#hash", True),
    ],
)
def test_patterns_mean_what_docker_says(pattern: str, path: str, meant: bool) -> None:
    assert Patterns([pattern]).matches(path) is meant


def test_the_last_match_wins() -> None:
    patterns = Patterns(["*.md", "!README*.md", "README-secret.md"])
    assert patterns.matches("CHANGES.md")
    assert not patterns.matches("README.md")
    assert patterns.matches("README-secret.md")


def test_what_was_taken_out_with_its_folder_can_be_taken_back() -> None:
    patterns = Patterns(["docs", "!docs/keep.txt"])
    assert patterns.matches("docs/other.txt")
    assert not patterns.matches("docs/keep.txt")


def test_an_ignore_file_has_comments_at_the_start_of_lines_only() -> None:
    assert parse_ignore_file("\ufeff# comment\n\n a \n#b\nc#d\n") == (" a ", "c#d")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("[[]x", "[x", True),
        ("[a&&b]x", "&x", True),
        ("[a||b~~c]x", "~x", True),
        ("[!-]x", "-x", False),
        ("[^^]x", "^x", False),
        ("[b-a]x", "bx", False),
        ("[!]x", "[!]x", False),
    ],
)
def test_a_set_of_letters_means_just_them(pattern: str, path: str, expected: bool) -> None:
    assert Patterns([pattern]).matches(path) is expected


def test_a_set_that_is_none_leaves_the_others_alone() -> None:
    assert Patterns(["[b-a]*.py", "[a-c]*.py"]).matches("b.py")


_NAME = st.text("ab.*?[]\\!-é", min_size=1, max_size=4)
_PATTERN = st.lists(st.one_of(_NAME, st.just("**")), min_size=1, max_size=3).map("/".join)
_PATH = st.lists(st.text("ab.-é", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@given(st.lists(_PATTERN, max_size=4), _PATH)
def test_looking_up_and_matching_agree(lines: list[str], path: str) -> None:
    """What is looked up for speed means the same as the regular expression of each line, applied one by one."""
    patterns = Patterns(lines)
    expected = False
    for line in patterns.lines:
        if re.compile(_expression(line.removeprefix("!")), re.DOTALL).match(path):
            expected = not line.startswith("!")
    assert patterns.matches(path) is expected


def test_no_pattern_takes_for_ever() -> None:
    assert not Patterns(["d/" + "*a" * 40 + "b"]).matches("d/" + "a" * 200)
    assert not Patterns(["**/a" * 40 + "b"]).matches("a/" * 200)
    assert Patterns(["**/a/**/b/**/c*/d*"]).matches("x/a/b/y/b/cc/d/below")


@given(st.text("ab/*?[]^-\\", min_size=1, max_size=8), st.text("ab/", min_size=1, max_size=8))
def test_both_ways_of_matching_agree(pattern: str, path: str) -> None:
    expression = re.compile(_expression(pattern), re.DOTALL)

    assert is_meant(path, pattern) == (expression.match(path) is not None)
