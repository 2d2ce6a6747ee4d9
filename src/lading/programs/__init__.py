"""Lading's own small programs, in Go: their source is data, compiled for a platform when an image needs one."""

from collections.abc import Iterator, Mapping
from pathlib import Path

_SHARED: Mapping[str, tuple[str, ...]] = {"grpc-probe": ("probe/main.go",)}
"""Files that a program has in common with another one, whose they are."""


def source_of(name: str) -> tuple[tuple[str, str], ...]:
    """What a program is compiled from, by the names of the files, sorted: its own tests are no part of it."""
    wanted = sorted(_files(Path(__file__).parent, name), key=lambda path: path.name)
    return tuple((path.name, path.read_text("utf-8")) for path in wanted)


def write_source(name: str, folder: Path) -> None:
    """Write what a program is compiled from into a folder."""
    for file, text in source_of(name):
        (folder / file).write_text(text, "utf-8", newline="\n")


def _files(programs: Path, name: str) -> Iterator[Path]:
    for path in (programs / name).iterdir():
        if path.suffix in (".go", ".mod") and not path.name.endswith("_test.go"):
            yield path
    yield from (programs / path for path in _SHARED.get(name, ()))
