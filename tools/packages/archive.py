"""A release of Debian's archive as it is now: every package's relations, and the programs and libraries it has."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lading.archive import inflate
from lading.cli.context import Context
from lading.cli.outside import mirrors_of
from lading.debian.contents import TRIPLETS
from lading.debian.control import read_provides, read_relations, read_stanzas
from lading.debian.download import download, read_small
from lading.debian.index import LARGEST_PACKAGES, LARGEST_RELEASE
from lading.debian.release import archive_keys, verify_release

MACHINE = "amd64"
_PROGRAMS = re.compile(rb"(?:usr/)?(?:s?bin|games)/[^/\s]+\Z")
_LIBRARY = re.compile(rb"(?:usr/)?lib/(?:%b/)?([^/\s]+\.so\.[0-9]+)\Z" % TRIPLETS[MACHINE].encode())

Groups = tuple[tuple[str, ...], ...]
"""Groups of alternatives, by name: any of each group will do."""


class Entry(NamedTuple):
    """One package: what it needs, what it recommends, what it provides, and whether every Debian has it."""

    needs: Groups
    recommends: Groups
    provides: tuple[str, ...]
    essential: bool


class Archive(NamedTuple):
    """One release: its packages, the paths of their programs (`usr/bin/curl`), the names of their libraries
    (`libpq.so.5`)."""

    packages: dict[str, Entry]
    programs: dict[str, list[str]]
    libraries: dict[str, list[str]]


def read_archive(suite: str, context: Context) -> Archive:
    """Fetch and read the main component of a release. Raises `RemoteFailed`, `VerificationFailed`, `UsageError`."""
    source = _Source(suite, context)
    archive = Archive({}, {}, {})
    packages = b"".join(source.lines(f"main/binary-{MACHINE}/Packages", "xz", keepends=True))
    for fields in read_stanzas(packages.decode(), where=suite):
        archive.packages[fields["Package"]] = _entry(fields, suite)
    for name in (MACHINE, "all"):
        for line in source.lines(f"main/Contents-{name}", "gz"):
            _sort_in(line, archive)
    return archive


class _Source(NamedTuple):
    suite: str
    context: Context

    def lines(self, path: str, suffix: str, *, keepends: bool = False) -> Iterator[bytes]:
        """The lines of an index, checked against the suite's signed release file."""
        mirrors, http, store = mirrors_of(self.context, None), self.context.http, self.context.store
        where = mirrors.url("debian", f"dists/{self.suite}/InRelease")
        data = read_small(where, http=http, limit=LARGEST_RELEASE)
        release = verify_release(data, keys=archive_keys(), suite=self.suite, now=self.context.now(), where=where)
        digest, size = release.files[f"{path}.{suffix}"]
        url = mirrors.url("debian", f"dists/{self.suite}/{path}.{suffix}")
        download(url, digest=digest, size=size, http=http, store=store, what=path)
        with store.open(digest) as file:
            text = inflate(file, "gzip" if suffix == "gz" else "xz", where=url, limit=LARGEST_PACKAGES)
            rest = b""
            while piece := text.read(1 << 20):
                *whole, rest = (rest + piece).splitlines(keepends=True)
                yield from whole if keepends else map(bytes.rstrip, whole)
            yield rest if keepends else rest.rstrip()


def _entry(fields: dict[str, str], suite: str) -> Entry:
    def groups(*names: str) -> Groups:
        text = ", ".join(fields[name] for name in names if name in fields)
        return tuple(tuple(one.name for one in group) for group in read_relations(text, where=suite))

    provides = read_provides(fields.get("Provides", ""), where=suite)
    return Entry(
        needs=groups("Pre-Depends", "Depends"),
        recommends=groups("Recommends"),
        provides=tuple(dict.fromkeys(one.name for one in provides)),
        essential=fields.get("Essential") == "yes",
    )


def _sort_in(line: bytes, archive: Archive) -> None:
    """Take up one line of a Contents file (see `lading.debian.contents`)."""
    path, _, owners = line.rpartition(b" ")
    path = path.rstrip()
    library = _LIBRARY.match(path)
    if not library and not _PROGRAMS.match(path):
        return
    for owner in owners.split(b","):
        name = owner.rpartition(b"/")[2].decode()
        if library:
            archive.libraries.setdefault(name, []).append(library[1].decode())
        else:
            archive.programs.setdefault(name, []).append(path.decode())
