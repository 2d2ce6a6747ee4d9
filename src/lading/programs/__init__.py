"""Lading's own small programs, in Go: their source is data, compiled for a platform when an image needs one."""

from pathlib import Path


def folder_of(name: str) -> Path:
    """The folder of a program's source."""
    return Path(__file__).parent / name


def source_of(name: str) -> tuple[tuple[str, str], ...]:
    """What a program is compiled from, by the names of the files, sorted: its own tests are no part of it."""
    wanted = (path for path in sorted(folder_of(name).iterdir()) if path.suffix in (".go", ".mod"))
    return tuple((path.name, path.read_text("utf-8")) for path in wanted if not path.name.endswith("_test.go"))
