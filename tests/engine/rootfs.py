"""An image's files, unpacked in a folder: links are followed inside of it, as a process in the container would."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_MOST_LINKS = 40  # what Linux follows (path_resolution(7))


@dataclass(frozen=True)
class Rootfs:
    """A root file system below `folder`. All paths are absolute, as inside the container."""

    folder: Path

    def at(self, path: str) -> Path:
        """Where a path is on this machine, no link followed."""
        return self.folder / path.lstrip("/")

    def real(self, path: str) -> str | None:
        """The path with every link followed, or nothing where one leads nowhere."""
        parts, done, links = path.split("/")[::-1], list[str](), 0
        while parts:
            part = parts.pop()
            if part in ("", "."):
                continue
            if part == "..":
                del done[-1:]
                continue
            here = self.at("/".join([*done, part]))
            if here.is_symlink():
                links += 1
                if links > _MOST_LINKS:
                    return None
                target = str(here.readlink())
                if target.startswith("/"):
                    done = []
                parts += target.split("/")[::-1]
            elif here.exists():
                done.append(part)
            else:
                return None
        return "/" + "/".join(done)

    def exists(self, path: str) -> bool:
        """Whether a process in the container finds it."""
        return self.real(path) is not None

    def read(self, path: str) -> bytes:
        """The bytes of a file, links followed."""
        real = self.real(path)
        assert real is not None, f"{path} leads nowhere"
        return self.at(real).read_bytes()

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Everything there is, sorted; no link is followed."""
        return tuple(sorted(self._walk("")))

    @property
    def files(self) -> Iterator[str]:
        """The regular files."""
        return (path for path in self.entries if self.at(path).is_file() and not self.at(path).is_symlink())

    def _walk(self, folder: str) -> Iterator[str]:
        with os.scandir(self.at(folder)) as found:
            for entry in found:
                path = f"{folder}/{entry.name}"
                yield path
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(path)
