from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.whole import write_whole


def test_a_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_whole(path, (b"n", b"ew"))
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_fails_half_way_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def half() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("the rest does not come")

    with pytest.raises(ValueError, match="the rest"):
        write_whole(path, half())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
