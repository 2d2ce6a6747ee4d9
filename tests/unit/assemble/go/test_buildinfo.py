"""Which package a program was made of, read from the program itself."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.assemble.go.buildinfo import package_of


def info(path: str, *, before: bytes = b"", flags: int = 2) -> bytes:
    """A program with build information, as the linker writes it."""
    words = [b"go1.26.3", b"0" * 16 + f"path\t{path}\nmod\texample.test\t(devel)\t\n".encode() + b"1" * 16]
    head = b"\xff Go buildinf:" + bytes([8, flags]) + bytes(16)
    lengths = [
        bytes([len(word)]) if len(word) < 128 else bytes([len(word) & 127 | 128, len(word) >> 7]) for word in words
    ]
    padded = before + bytes(-len(before) % 16)
    return padded + head + b"".join(length + word for length, word in zip(lengths, words, strict=True)) + bytes(64)


@pytest.mark.parametrize("path", ["example.test/shop", "example.test/" + "long/" * 60 + "shop"])
def test_the_package_is_told(path: str, tmp_path: Path) -> None:
    program = tmp_path / "a.out"
    program.write_bytes(info(path, before=b"\x7fELF" + bytes(1000)))
    assert package_of(program) == path


def test_a_mark_among_other_data_is_passed_over(tmp_path: Path) -> None:
    program = tmp_path / "a.out"
    program.write_bytes(info("example.test/shop", before=b"x\xff Go buildinf: in a text"))
    assert package_of(program) == "example.test/shop"


def test_what_is_no_program_of_go_says_nothing(tmp_path: Path) -> None:
    program = tmp_path / "a.out"
    program.write_bytes(b"\x7fELF" + bytes(100))
    assert package_of(program) == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=200))
def test_whatever_follows_the_mark_nothing_breaks(data: bytes, tmp_path: Path) -> None:
    program = tmp_path / "a.out"
    program.write_bytes(b"\xff Go buildinf:\x08\x02" + data)
    assert isinstance(package_of(program), str)
