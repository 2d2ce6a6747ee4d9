import pytest

from lading.assemble.python.librarylock import usual_packages


@pytest.mark.parametrize(("library", "package"), [
    ("libpq.so.5", "libpq5"), ("libcups.so.2", "libcups2t64"), ("libmariadb.so.3", "libmariadb3"),
    ("libbz2.so.1.0", "libbz2-1"), ("libssl.so.3", "libssl3t64"), ("libGL.so.1", "libgl1"),
])  # fmt: skip
def test_a_library_s_package_is_called_after_it(library: str, package: str) -> None:
    assert package in usual_packages(library)


@pytest.mark.parametrize("library", ["libx.so", "x.so.1", ""])
def test_what_has_no_version_is_called_anything(library: str) -> None:
    assert usual_packages(library) == ()
