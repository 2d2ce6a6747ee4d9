import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.elf import Elf, read_elf


def library(
    needed: tuple[str, ...], *, soname: str = "", runpath: str = "", machine: int = 62, interpreter: str = ""
) -> bytes:
    """The smallest ELF file with a dynamic section: headers, strings, entries, all in one segment at address 4096."""
    strings, places = b"\0", dict[str, int]()
    for text in (*needed, soname, runpath):
        if text and text not in places:
            places[text] = len(strings)
            strings += text.encode() + b"\0"
    inside = interpreter.encode() + b"\0"
    start = 64 + 56 * 3
    entries = [(1, places[name]) for name in needed]
    entries += [(tag, places[text]) for tag, text in ((14, soname), (29, runpath)) if text]
    entries += [(5, 4096 + start), (10, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    size = start + len(strings) + len(dynamic) + len(inside)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0
    )  # fmt: skip
    at, after = start + len(strings), start + len(strings) + len(dynamic)
    programs = [(1, 0, 4096, size), (2, at, 4096 + at, len(dynamic)), (3 if interpreter else 4, after, 0, len(inside))]
    table = b"".join(struct.pack("<IIQQQQQQ", kind, 4, o, a, a, n, n, 8) for kind, o, a, n in programs)
    return header + table + strings + dynamic + inside


def test_needs_are_told_in_their_order() -> None:
    data = library(("libpq.so.5", "libc.so.6"), soname="libx.so.1", runpath="$ORIGIN:/opt/lib", machine=183)
    assert read_elf(data) == Elf(
        machine="aarch64", interpreter="", soname="libx.so.1", needed=("libpq.so.5", "libc.so.6"),
        runpath=("$ORIGIN", "/opt/lib"),
    )  # fmt: skip


def test_a_program_has_an_interpreter() -> None:
    found = read_elf(library((), interpreter="/lib64/ld-linux-x86-64.so.2"))
    assert found
    assert (found.interpreter, found.needed) == ("/lib64/ld-linux-x86-64.so.2", ())


def test_it_finds_what_the_loader_finds() -> None:
    """This Python itself, and what ldd says of it."""
    program = Path(sys.executable).resolve()
    found = read_elf(program.read_bytes())
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    assert found
    assert found.interpreter.startswith("/lib")
    assert found.needed
    assert all(name in told for name in found.needed)


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + bytes(100), b"\x7fELF\x02\x01"])
def test_other_files_have_none(data: bytes) -> None:
    assert read_elf(data) is None


@given(st.data())
def test_a_damaged_file_has_none_or_some_and_does_no_harm(data: st.DataObject) -> None:
    whole = library(("libpq.so.5", "libc.so.6"), soname="libx.so.1")
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(min_size=1, max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    found = read_elf(damaged)
    assert found is None or all(len(name) < 4096 for name in found.needed)


@given(st.integers(0, 400))
def test_a_file_that_ends_too_early_has_none_or_fewer(length: int) -> None:
    whole = library(("libpq.so.5",))
    assert read_elf(whole[:length]) in (None, read_elf(whole), Elf("x86_64", "", "", (), ()))
