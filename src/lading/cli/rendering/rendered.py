"""A rendered file on its way to the screen, to the disk or to a comparison."""

from pathlib import Path
from typing import NamedTuple

from lading.errors import StepFailed, UsageError
from lading.render.marker import has_marker
from lading.whole import write_whole


class Rendered(NamedTuple):
    """One file: its path relative to the repository, and its text.

    A `companion` belongs to another file and is written and checked with it, but not printed beside it.
    """

    path: str
    text: str
    companion: bool = False


def committed(root: Path, file: Rendered) -> str | None:
    """What is on disk in a rendered file's place, or nothing. `UsageError` for what cannot be read as text."""
    path = root / file.path
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"cannot read the committed file: {told}", where=str(path)) from error


def refusal(root: Path, file: Rendered) -> UsageError | None:
    """What stands against writing a file: one that is there and that Lading did not write."""
    there = committed(root, file)
    if there is None or has_marker(there):
        return None
    return UsageError(
        "there is a file that Lading did not write",
        where=str(root / file.path),
        fix="move it away, or let --force overwrite it",
    )


def write(root: Path, file: Rendered) -> bool:
    """Write a file whole or not at all; whether that changed anything. Raises `StepFailed`."""
    if committed(root, file) == file.text:
        return False
    path = root / file.path
    try:
        write_whole(path, (file.text.encode(),))
    except OSError as error:
        raise StepFailed(
            f"cannot write the file: {error.strerror or error}",
            where=str(path),
            fix="make the folder writable, or free space on its disk",
        ) from error
    return True
