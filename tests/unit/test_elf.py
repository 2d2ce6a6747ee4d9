import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from hypothesis import given
from hypothesis import strategies as st
from tests.support.elf import library

from lading.elf import HEAD, Elf, Versions, machine_of, read_elf


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


def test_versions_are_told_but_for_those_that_may_be_missing() -> None:
    found = read_elf(
        library(
            ("libc.so.6",),
            versions={"libc.so.6": ("GLIBC_2.34", "?GLIBC_2.38"), "libm.so.6": ("GLIBC_2.2.5",)},
            provides=("APP_1", "APP_2"),
        )
    )
    assert found
    assert found.versions == (Versions("libc.so.6", ("GLIBC_2.34",)), Versions("libm.so.6", ("GLIBC_2.2.5",)))
    assert found.provides == ("APP_1", "APP_2")


def test_both_forms_of_folders_to_look_in_are_told_apart() -> None:
    found = read_elf(library((), runpath="/a:/b", rpath="/c"))
    assert found
    assert (found.runpath, found.rpath) == (("/a", "/b"), ("/c",))


@pytest.mark.parametrize(
    "path", sorted({Path(sys.executable).resolve(), *Path("/lib/x86_64-linux-gnu").glob("lib[cm].so.6")})
)
def test_it_reads_versions_as_pyelftools_does(path: Path) -> None:
    found = read_elf(path.read_bytes())
    assert found
    with path.open("rb") as file:
        sections = list(ELFFile(file).iter_sections())
        needs = next((one for one in sections if isinstance(one, GNUVerNeedSection)), None)
        own = next((one for one in sections if isinstance(one, GNUVerDefSection)), None)
        wanted = {need.name: [one.name for one in names] for need, names in (needs.iter_versions() if needs else ())}
        given_ = [
            next(iter(names)).name
            for version, names in (own.iter_versions() if own else ())
            if not version["vd_flags"] & 1
        ]
    assert {one.library: list(one.names) for one in found.versions} == wanted
    assert list(found.provides) == given_


@pytest.mark.parametrize(
    ("head", "machine"),
    [
        (b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\0", "x86_64"),
        (b"\x7fELF\x01\x01" + bytes(12) + b"\x3e\0", "x86_64 (32 bit)"),
        (b"\x7fELF\x01\x01" + bytes(12) + b"\x03\0", "i386"),
        (b"\x7fELF\x02\x02" + bytes(12) + b"\0\x16", "s390x"),
        (b"\x7fELF\x02\x01" + bytes(12) + b"\xff\x7f", "32767"),
        (b"\x7fELF\x02\x01", ""),
        (b"#!/bin/sh" + bytes(20), ""),
    ],
)
def test_the_machine_is_told_of_every_kind(head: bytes, machine: str) -> None:
    assert machine_of(head[:HEAD]) == machine


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
    whole = library(
        ("libpq.so.5", "libc.so.6"), soname="libx.so.1", versions={"libc.so.6": ("A", "B")}, provides=("C",)
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(min_size=1, max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    found = read_elf(damaged)
    assert found is None or all(len(name) < 4096 for name in found.needed)


@given(st.integers(0, 400))
def test_a_file_that_ends_too_early_has_none_or_fewer(length: int) -> None:
    whole = library(("libpq.so.5",))
    assert read_elf(whole[:length]) in (None, read_elf(whole), Elf("x86_64", "", "", (), ()))
