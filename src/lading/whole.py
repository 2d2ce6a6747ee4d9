"""Writing a file whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

from lading.digest import CHUNK
from lading.place import temporary_name


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Put a file with these bytes in the place of `path`, at once, when the last of them is written.

    Nothing is left of one that fails. Raises `OSError`, and whatever `chunks` raises.
    """
    temporary = path.with_name(temporary_name(path.name))
    try:
        with temporary.open("xb", buffering=CHUNK) as file:
            for chunk in chunks:
                file.write(chunk)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
