"""Distributions that uv has installed below a prefix."""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from stat import S_ISREG

from lading.assemble.python.distribution import Row, parse_record
from lading.digest import CHUNK
from lading.errors import UsageError, VerificationFailed


class Installed:
    """One distribution below a prefix; a `Distribution`. Bytecode that it brings does not ship."""

    def __init__(self, site: Path, info: str) -> None:
        self._site = site
        self._info = info
        self.record = f"{info}/RECORD"
        self.name, _, self.version = info.removesuffix(".dist-info").partition("-")
        text = (site / self.record).read_text(encoding="utf-8")
        self._rows = sorted(row for row in parse_record(text) if "__pycache__/" not in row.path)

    def text(self, name: str) -> str:
        """A file of its metadata."""
        return (self._site / self._info / name).read_text(encoding="utf-8")

    def rows(self) -> list[Row]:
        """See `Distribution.rows`."""
        return self._rows

    def members(self) -> Iterator["InstalledFile"]:
        """See `Distribution.members`."""
        for row in self._rows:
            yield InstalledFile(self._site, row.path)


class InstalledFile:
    """A `Member` that lies on the disk."""

    def __init__(self, site: Path, path: str) -> None:
        self.path = path
        self._file = site / path

    @cached_property
    def _stat(self) -> os.stat_result:
        return self._file.lstat()

    @property
    def size(self) -> int:
        """See `Member.size`."""
        return self._stat.st_size

    @property
    def executable(self) -> bool:
        """See `Member.executable`."""
        return bool(self._stat.st_mode & 0o100)

    def chunks(self) -> Iterator[bytes]:
        """See `Member.chunks`."""
        if not S_ISREG(self._stat.st_mode):
            raise VerificationFailed("a wheel holds something that is no plain file", where=self.path)
        with self._file.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def installed_below(prefix: Path) -> dict[str, Installed]:
    """Every distribution below a prefix, by normalised name."""
    from packaging.utils import canonicalize_name

    found: dict[str, Installed] = {}
    for site in prefix.glob("lib/python*/site-packages"):
        for info in sorted(site.glob("*.dist-info")):
            installed = Installed(site, info.name)
            found[str(canonicalize_name(installed.name))] = installed
    return found


def sharing(installed: Mapping[str, Installed]) -> set[str]:
    """The names of the distributions that bring a file which another one brings too."""
    owner: dict[str, str] = {}
    found: set[str] = set()
    for name, distribution in installed.items():
        for row in distribution.rows():
            if row.path in owner:
                found |= {name, owner[row.path]}
            owner[row.path] = name
    return found


def check_portable(installed: Installed, where: str) -> None:
    """`UsageError` for a package that was built on this machine and holds compiled code, which is this machine's."""
    tags = [line.partition(":")[2].strip() for line in installed.text("WHEEL").splitlines() if line.startswith("Tag:")]
    if not all(tag.endswith("-none-any") for tag in tags):
        raise UsageError(
            f"{installed.name} holds compiled code, which Lading does not build from a repository of git",
            where=where,
            fix="publish its wheels for the target platforms to an index and depend on them",
        )
