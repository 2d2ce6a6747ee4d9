import io
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.assemble.python.sourcelock import DEFAULT, LARGEST_PROJECT, build_requires
from lading.errors import UsageError


def sdist(folder: Path, files: dict[str, bytes], name: str = "x-1.0.tar.gz") -> Path:
    path = folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as packed:
            for inside, data in files.items():
                packed.writestr(inside, data)
        return path
    with tarfile.open(path, "w:gz") as archive:
        for inside, data in files.items():
            entry = tarfile.TarInfo(inside)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def project(*requires: str) -> bytes:
    return f"[build-system]\nrequires = {list(requires)!r}\n".encode()


@pytest.mark.parametrize("name", ["x-1.0.tar.gz", "x-1.0.zip"])
def test_it_is_what_the_project_at_the_top_says(tmp_path: Path, name: str) -> None:
    files = {"x-1.0/deep/pyproject.toml": project("other"), "x-1.0/pyproject.toml": project("hatchling  >= 1", "abc")}
    assert build_requires(sdist(tmp_path, files, name), name) == ("abc", "hatchling >= 1")


def test_a_project_that_does_not_say_is_built_by_setuptools(tmp_path: Path) -> None:
    for files in ({"x-1.0/setup.py": b""}, {"x-1.0/pyproject.toml": b"[tool.x]\n"}):
        assert build_requires(sdist(tmp_path, files), "x-1.0.tar.gz") == DEFAULT


@pytest.mark.parametrize(
    "data", [b"[build-system", b"build-system = 3", b"\xff", project("x @ https://packages.example/x.whl")]
)
def test_what_cannot_be_pinned_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        build_requires(sdist(tmp_path, {"x-1.0/pyproject.toml": data}), "x-1.0.tar.gz")
    assert caught.value.where == "x-1.0.tar.gz"


def test_no_more_is_read_than_any_project_has(tmp_path: Path) -> None:
    huge = b"#" * (LARGEST_PROJECT + 1)
    assert build_requires(sdist(tmp_path, {"x-1.0/pyproject.toml": huge}), "x-1.0.tar.gz") == DEFAULT


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = b"".join(b"# %d\n" % number for number in range(5000))
    return sdist(tmp_path_factory.mktemp("good"), {"x-1.0/PKG-INFO": text, "x-1.0/pyproject.toml": project("a")})


@given(st.data())
def test_a_damaged_archive_is_one_clear_error_or_read(good: Path, data: st.DataObject) -> None:
    whole = good.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(st.sampled_from([whole[:at], whole[:at] + b"\x7f" + whole[at + 1 :], b"", b"PK\x03\x04"]))
    path = good.with_name("damaged.tar.gz")
    path.write_bytes(damaged)
    with suppress(UsageError):
        assert build_requires(path, path.name) in (("a",), DEFAULT)
