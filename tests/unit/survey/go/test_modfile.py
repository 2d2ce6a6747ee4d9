"""go.mod and go.work as Go's own grammar reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.go.modfile import OLDEST, Replacement, read_modfile


def test_single_lines_and_blocks_say_the_same() -> None:
    single = b"module example.com/shop\ngo 1.26.0\nrequire example.com/a v1.2.3 // indirect\n"
    block = b"""module example.com/shop
go 1.26.0
require (
    // a comment of its own
    example.com/a v1.2.3 // indirect
)
"""
    assert read_modfile(single) == read_modfile(block)
    assert read_modfile(single).requires == (("example.com/a", "v1.2.3"),)


@pytest.mark.parametrize(
    ("text", "version", "line"),
    [
        ("module m\n", OLDEST, 0),
        ("module m\ngo 1.25\n", "1.25", 2),
        ("module m\ngo 1.25\ntoolchain go1.26.3\n", "1.26.3", 3),
        ("module m\ngo 1.26.3\ntoolchain go1.25.1\n", "1.26.3", 2),
        ("module m\ngo 1.26.3\ntoolchain default\n", "1.26.3", 2),
        ("module m\ngo 1.26rc1\n", "1.26rc1", 2),
    ],
)
def test_the_toolchain_is_the_higher_of_go_and_toolchain(text: str, version: str, line: int) -> None:
    read = read_modfile(text.encode())
    assert (read.go, read.go_line) == (version, line)


def test_replacements_in_the_repository_are_edges_and_others_are_not() -> None:
    text = b"""module m
replace example.com/a => ../a
replace example.com/b v1.0.0 => ./b
replace example.com/c => example.com/d v1.0.0
"""
    assert read_modfile(text).replaces == (
        Replacement(old="example.com/a", folder="../a"),
        Replacement(old="example.com/b", folder="./b"),
    )


def test_a_workspace_names_its_modules() -> None:
    assert read_modfile(b'go 1.26.0\nuse ./auth\nuse (\n  "./billing"\n  `./pay`\n)\n').uses == (
        "./auth",
        "./billing",
        "./pay",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"module\n", "line 1: module takes other words"),
        (b"module m\ngo two\n", "line 2: 'two' is no version of Go"),
        (b"module m\nrequire (\n a v1\n", "the block of require is not closed"),
        (b'module "m\n', "line 1: a quote is not closed"),
        (b'module "a b"\n', "line 1: 'a b' is no path"),
        (b"module \xff\n", "codec can't decode"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: bytes, told: str) -> None:
    assert told in read_modfile(text).broken


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused(data: bytes) -> None:
    read = read_modfile(data)
    assert not read.broken or read == type(read)(broken=read.broken)
