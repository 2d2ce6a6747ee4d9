from collections.abc import Iterator
from pathlib import Path
from typing import cast
from zipfile import ZipFile

from tests.support.elf import library

from lading.assemble.links import file_names, linked, linked_wheel, needs_of, unmet
from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.python.libraries import Passing, needed_by
from lading.assemble.python.wheels import Wheel
from lading.assemble.result import Unmet
from lading.assemble.segment import Segment
from lading.assemble.steps import BaseStep
from lading.digest import digest_of

EMPTY = digest_of(b"")


class Installed:
    """What was packed of dependencies: paths and needs, by package."""

    def __init__(self, **packages: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        self._packages = packages

    def known(self) -> Iterator[tuple[str, Segment]]:
        for name, (entries, needs) in self._packages.items():
            yield name, Segment(digest=EMPTY, size=0, unpacked=0, entries=entries, folders={}, needs=needs)

    def built(self) -> Iterator[Wheel]:
        return iter(())


class Based:
    """What was packed of a base."""

    def __init__(self, *entries: str) -> None:
        self._entries = entries

    def entries(self) -> Iterator[str]:
        return iter(self._entries)


def found(base: Based, installed: Installed) -> tuple[Unmet, ...]:
    return unmet(cast("BaseStep", base), cast("DependenciesStep", installed))


SITE = "app/.venv/lib/python3.13/site-packages"


def test_what_is_needed_must_be_in_the_base_or_among_the_packages() -> None:
    installed = Installed(
        psycopg2=((f"{SITE}/psycopg2/_psycopg.so",), ("libc.so.6", "libpq.so.5")),
        numpy=((f"{SITE}/numpy.libs/libscipy.so.3",), ("libscipy.so.3", "libgfortran.so.5", "ld-linux-x86-64.so.2")),
        other=((), ("libpq.so.5",)),
    )
    base = Based("usr/lib/x86_64-linux-gnu/libgfortran.so.5", "usr/share/doc/libpq.so.5x/copyright")
    assert found(base, installed) == (Unmet(library="libpq.so.5", needed_by=("psycopg2", "other")),)
    assert needs_of(linked(cast("DependenciesStep", installed))) == {
        "libgfortran.so.5": ("numpy",),
        "libpq.so.5": ("psycopg2", "other"),
    }


def test_a_wheel_that_was_built_is_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "x-1.0-cp313-cp313-linux_x86_64.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr("x/_x.cpython-313-x86_64-linux-gnu.so", library(("libcups.so.2", "libc.so.6")))
        archive.writestr("x/text.so.md", b"text")
    found = linked_wheel("x", path)
    assert (found.needs, "_x.cpython-313-x86_64-linux-gnu.so" in found.brings) == (("libc.so.6", "libcups.so.2"), True)


def test_it_is_told_with_what_to_do() -> None:
    missing = Unmet(library="libpq.so.5", needed_by=("psycopg2",))
    assert "psycopg2 needs libpq.so.5" in missing.told()
    assert "lading lock" in missing.advice("libpq5")
    assert "libpq5" in missing.advice("libpq5")
    assert 'missing-libraries = ["libpq.so.5"]' in missing.advice("")


def test_only_names_of_libraries_count() -> None:
    assert file_names(["usr/lib/libx.so.1", "usr/lib/so", "a/b.so"]) == {"libx.so.1", "b.so"}


def test_what_is_no_library_needs_nothing(tmp_path: Path) -> None:
    assert needed_by(library(("libpq.so.5",))) == ("libpq.so.5",)
    assert needed_by(b"INPUT(libpq.so.5)") == ()


def test_a_library_passes_in_pieces_as_it_is(tmp_path: Path) -> None:
    data = library(("libpq.so.5",))
    passing = Passing((data[at : at + 7] for at in range(0, len(data), 7)), tmp_path)
    assert b"".join(passing) == data
    assert passing.needed == ("libpq.so.5",)
    assert list(tmp_path.iterdir()) == []
    nothing = Passing(iter(()), tmp_path)
    assert (b"".join(nothing), nothing.needed) == (b"", ())
