"""What Debian offers: the packages of a release, its updates and its security suite, from signed indexes.

`load_index` goes the whole way: InRelease, its signature, the hash of `Packages`, the compact form in the store.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from lading.debian.compact import Compact, write_compact
from lading.debian.download import NotThere, download, read_small
from lading.debian.mirrors import Archive, Mirrors
from lading.debian.package import Origin, Package, read_package
from lading.debian.release import Release, verify_release
from lading.debian.versions import version_key
from lading.digest import Digest, digest_of, hex_of
from lading.errors import LadingError, RemoteFailed, StepFailed, UsageError, VerificationFailed, raise_all
from lading.http import Http
from lading.store import Store

__all__ = ["Origin", "Package", "PackageIndex", "load_index"]

LARGEST_RELEASE = 4 << 20
"""Bytes of an InRelease file; Debian 12's has 151,000."""

LARGEST_PACKAGES = 1 << 30
"""Bytes of a Packages file, compressed or not; Debian 13's has 57 million."""

_FORM = "debian compact index 1"
"""Part of the key of each compact file: a change of the form makes them anew."""

_LIBRARIES = "debian libraries 1"
"""The same, of what is kept of a Contents file."""

_SUITES: tuple[tuple[Archive, str, Origin], ...] = (
    ("debian", "", "release"),
    ("debian", "-updates", "updates"),
    ("debian-security", "-security", "security"),
)


class Shelf(NamedTuple):
    """The packages of one suite: their compact file, and where they come from."""

    compact: Compact
    archive: Archive
    origin: Origin
    where: str


class PackageIndex:
    """The packages of one Debian release for one architecture. Stanzas are read when they are asked for.

    `suite` is the release's code name. Methods raise `VerificationFailed` for a stanza that is not sound.
    """

    def __init__(self, suite: str, architecture: str, shelves: Sequence[Shelf]) -> None:
        self.suite = suite
        self.architecture = architecture
        self._shelves = tuple(shelves)
        self._known: dict[str, tuple[Package, ...]] = {}

    def versions(self, name: str) -> tuple[Package, ...]:
        """Every version that the three suites offer, the newest first; of the same version, the release's own first."""
        if name not in self._known:
            found = [
                read_package(
                    stanza,
                    architecture=self.architecture,
                    archive=shelf.archive,
                    origin=shelf.origin,
                    where=shelf.where,
                )
                for shelf in self._shelves
                for stanza in shelf.compact.stanzas(name)
            ]
            # The sort is stable, so suites keep their order among equals.
            self._known[name] = tuple(sorted(found, key=lambda package: version_key(package.version), reverse=True))
        return self._known[name]

    def newest(self, name: str) -> Package | None:
        """The newest version of a package, or nothing when there is no package of that name."""
        versions = self.versions(name)
        return versions[0] if versions else None

    def providers(self, name: str) -> tuple[Package, ...]:
        """The packages whose newest version provides the virtual package `name`, sorted by name."""
        names = sorted({provider for shelf in self._shelves for provider in shelf.compact.providers(name)})
        found = [package for package in map(self.newest, names) if package]
        return tuple(package for package in found if any(provided.name == name for provided in package.provides))

    def names(self) -> Iterator[str]:
        """Every package's name; some come more than once."""
        for shelf in self._shelves:
            yield from shelf.compact.names()


def load_index(
    suite: str,
    architecture: str,
    *,
    mirrors: Mirrors,
    http: Http,
    store: Store,
    now: float,
    keys: Sequence[bytes],
) -> PackageIndex:
    """Debian's packages for `architecture` (`amd64`, `arm64`) in the release of code name `suite`, its updates and its
    security suite; component main.

    `now` (seconds since 1970) judges the release files, `keys` (OpenPGP certificates) their signatures. Raises
    `UsageError` (no such release or architecture), `RemoteFailed`, `VerificationFailed`; several are reported together.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", suite) or not re.fullmatch(r"[a-z0-9-]{1,20}", architecture):
        raise UsageError(
            f"not a Debian release and architecture: {suite!r}, {architecture!r}", fix="use a code name such as trixie"
        )
    from concurrent.futures import ThreadPoolExecutor

    loader = _Loader(suite, architecture, mirrors, http, store, now, keys)
    problems: list[LadingError] = []
    shelves: list[Shelf] = []
    with ThreadPoolExecutor(len(_SUITES)) as pool:
        for future in [pool.submit(loader.shelf, *which) for which in _SUITES]:
            try:
                shelves.append(future.result())
            except LadingError as error:
                problems.append(error)
    raise_all(_told_once(problems))
    return PackageIndex(suite, architecture, shelves)


def load_libraries(
    suite: str,
    architecture: str,
    *,
    mirrors: Mirrors,
    http: Http,
    store: Store,
    now: float,
    keys: Sequence[bytes],
) -> dict[str, tuple[str, ...]]:
    """The packages of a release that have each shared library, by file name; see `read_libraries`. Raises as
    `load_index` does. What was read of a release is kept."""
    return _Loader(suite, architecture, mirrors, http, store, now, keys).libraries()


def _told_once(problems: Sequence[LadingError]) -> list[LadingError]:
    """One problem a cause: a host that does not answer, or a store that cannot be written to, fails every suite."""
    found: dict[tuple[str, str, str], LadingError] = {}
    for problem in problems:
        same_cause = isinstance(problem, RemoteFailed | StepFailed)
        place = urlsplit(problem.where).netloc if same_cause else problem.where
        found.setdefault((problem.kind, problem.what, place), problem)
    return list(found.values())


class _Made(msgspec.Struct, frozen=True):
    """The result of making a compact file: the blob, and its size in bytes."""

    digest: Digest
    size: int


class _Listed(NamedTuple):
    """An index as its release file lists it: where it may be fetched, its digest, and its size in bytes, unpacked too.

    The first path has its hash in it where the mirror serves such, so that a mirror which is just being updated still
    has what its release file meant (https://wiki.debian.org/DebianRepository/Format, "Acquire-By-Hash").
    """

    urls: tuple[str, ...]
    digest: Digest
    size: int
    unpacked: int

    @property
    def where(self) -> str:
        return self.urls[-1]


class _Loader(NamedTuple):
    suite: str
    architecture: str
    mirrors: Mirrors
    http: Http
    store: Store
    now: float
    keys: Sequence[bytes]

    def shelf(self, archive: Archive, suffix: str, origin: Origin) -> Shelf:
        listed = self._listed(archive, f"{self.suite}{suffix}", f"main/binary-{self.architecture}/Packages", ".xz")
        made = self._compact(listed)
        return Shelf(Compact(self.store.blob(made.digest), where=listed.where), archive, origin, listed.where)

    def libraries(self) -> dict[str, tuple[str, ...]]:
        """What `load_libraries` gives."""
        from lading.archive import inflate
        from lading.debian.contents import read_libraries

        listed = self._listed("debian", self.suite, f"main/Contents-{self.architecture}", ".gz")

        def read() -> dict[str, tuple[str, ...]]:
            self._fetch(listed)
            with self.store.open(listed.digest) as file:
                text = inflate(file, "gzip", where=listed.where, limit=LARGEST_PACKAGES)
                return read_libraries(text, self.architecture, where=listed.where)

        key = digest_of(f"{_LIBRARIES} {listed.digest}".encode())
        return self.store.memo(key, dict[str, tuple[str, ...]], read)

    def _listed(self, archive: Archive, suite: str, path: str, packed: str) -> _Listed:
        release = self._release(archive, suite)
        url = self.mirrors.url(archive, f"dists/{suite}/{path}{packed}")
        if f"{path}{packed}" not in release.files:
            raise UsageError(f"{suite} of {archive} has no packages for {self.architecture}", where=url)
        digest, size = release.files[f"{path}{packed}"]
        _, unpacked = release.files.get(path, (digest, LARGEST_PACKAGES))
        if max(size, unpacked) > LARGEST_PACKAGES:
            raise VerificationFailed(f"an index of more than {LARGEST_PACKAGES} bytes", where=url)
        by_hash = f"{url.rpartition('/')[0]}/by-hash/SHA256/{hex_of(digest)}"
        return _Listed((by_hash, url) if release.by_hash else (url,), digest, size, unpacked)

    def _release(self, archive: Archive, suite: str) -> Release:
        url = self.mirrors.url(archive, f"dists/{suite}/InRelease")
        try:
            data = read_small(url, http=self.http, limit=LARGEST_RELEASE)
        except NotThere as error:
            raise UsageError(
                f"the mirror has no suite {suite}",
                where=url,
                fix="check the release's code name, and the mirror (LADING_DEBIAN_MIRROR): lading doctor",
            ) from error
        return verify_release(data, keys=self.keys, suite=suite, now=self.now, where=url)

    def _compact(self, listed: _Listed) -> _Made:
        from lading.archive import inflate

        key = digest_of(f"{_FORM} {listed.digest}".encode())
        made = self.store.get_action(key, _Made)
        if made and self.store.has(made.digest, made.size):
            return made
        self._fetch(listed)
        with self.store.open(listed.digest) as file, self.store.writer() as writer:
            text = inflate(file, "xz", where=listed.where, limit=listed.unpacked)
            write_compact(text, writer, where=listed.where)
            made = _Made(writer.commit(), writer.size)
        self.store.put_action(key, made)
        return made

    def _fetch(self, listed: _Listed) -> None:
        for url in listed.urls:
            try:
                download(
                    url,
                    digest=listed.digest,
                    size=listed.size,
                    http=self.http,
                    store=self.store,
                    what=f"the index {url.partition('/dists/')[2]}",
                )
                return
            except NotThere:
                if url == listed.urls[-1]:
                    raise
