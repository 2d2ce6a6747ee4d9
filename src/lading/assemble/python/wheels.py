"""Which wheel of each locked package an image gets: markers and tags judged for the target, never for this machine.

Rules: environment markers (PEP 508), wheel tags (PEP 425), manylinux (PEP 600), pylock.toml (PEP 751), which is the
form that every lock is brought into (`lading.assemble.python.locked`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lading.digest import CHUNK, Digest, digest_of, digest_of_chunks, parse_digest
from lading.errors import LadingError, StepFailed, raise_all
from lading.survey.python.managers import COMMANDS, manager_of
from lading.survey.python.pins import without_credentials
from lading.toolchain.markers import linux_environment

MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
"""What Python's tags and markers call the machine of a platform."""

NEWEST_GLIBC = 40
"""The newest minor version of glibc 2 whose wheels uv installs (`--python-platform`)."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_VERSION = re.compile(r"[A-Za-z0-9.!+_-]+\Z")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What wheels are chosen for: a platform, Python's version (`3.13.5`), and the minor version of its glibc 2."""

    platform: str
    python: str
    glibc: int

    @property
    def minor(self) -> str:
        """`3.13`."""
        return ".".join(self.python.split(".")[:2])


class Wheel(msgspec.Struct, frozen=True, kw_only=True, tag="wheel"):
    """A chosen wheel: normalised name, version, file name, where it is (an address without credentials, or a path
    relative to the lock), its hash, and the index that it comes from."""

    name: str
    version: str
    filename: str
    url: str
    digest: Digest
    size: int
    index: str


class Sdist(msgspec.Struct, frozen=True, kw_only=True, tag="sdist"):
    """A source distribution, of a package that has no wheel for the target; fields as those of `Wheel`."""

    name: str
    version: str
    filename: str
    url: str
    digest: Digest
    size: int
    index: str


class Checkout(msgspec.Struct, frozen=True, kw_only=True, tag="checkout"):
    """A package in a repository of git, at one commit; `subfolder` is where in it, or nothing. `size` is not known."""

    name: str
    version: str
    url: str
    commit: str
    subfolder: str
    size: int = 0

    @property
    def digest(self) -> Digest:
        """What tells it from any other."""
        return digest_of("\0".join(("git", self.name, self.url, self.commit, self.subfolder)).encode())


Ready = Wheel | Checkout
"""What uv installs as it is."""
Choice = Ready | Sdist
"""Where the files of one package come from."""


def wheel_at(path: Path) -> Wheel:
    """A wheel that lies on this machine."""
    from packaging.utils import parse_wheel_filename

    name, version, _, _ = parse_wheel_filename(path.name)
    with path.open("rb") as file:
        digest = digest_of_chunks(iter(lambda: file.read(CHUNK), b""))
    return Wheel(
        name=name,
        version=str(version),
        filename=path.name,
        url=path.as_uri(),
        digest=digest,
        size=path.stat().st_size,
        index="",
    )


def choose(packages: Iterable[Mapping[str, Any]], target: Target, *, where: str) -> tuple[Choice, ...]:
    """What a pylock.toml's packages come down to for the target, sorted by name.

    `StepFailed` names every package that has nothing for the target, or comes from where Lading cannot follow.
    """
    from packaging.markers import Marker
    from packaging.tags import Tag

    environment = linux_environment(MACHINES[target.platform], target.python)
    rank: dict[Tag, int] = {}
    for number, tag in enumerate(_tags(target)):
        rank.setdefault(tag, number)
    problems: list[LadingError] = []
    found: list[Choice] = []
    for package in packages:
        marker = package.get("marker")
        if marker and not Marker(marker).evaluate(environment):
            continue
        try:
            found.append(_choose(package, rank, target, where))
        except LadingError as error:
            problems.append(error)
    raise_all(problems)
    return tuple(sorted(found, key=lambda one: one.name))


def install_list(wheels: Sequence[Ready], folder: Path) -> str:
    """A pylock.toml of these packages alone, each wheel with its hash, for uv to install. `folder` is the lock's."""
    lines = ['lock-version = "1.0"', 'created-by = "lading"']
    for wheel in wheels:
        lines += ["", "[[packages]]", f"name = {_quoted(wheel.name)}"]
        lines += [f"version = {_quoted(wheel.version)}"] if wheel.version else []
        if isinstance(wheel, Checkout):
            inside = f", subdirectory = {_quoted(wheel.subfolder)}" if wheel.subfolder else ""
            at = f"url = {_quoted(wheel.url)}, commit-id = {_quoted(wheel.commit)}{inside}"
            lines.append(f'vcs = {{ type = "git", {at} }}')
            continue
        place = f"url = {_quoted(wheel.url)}" if "://" in wheel.url else f"path = {_quoted(str(folder / wheel.url))}"
        file = f"{{ name = {_quoted(wheel.filename)}, {place}, "
        if wheel.index:
            lines.append(f"index = {_quoted(wheel.index)}")
        lines.append(f"wheels = [{file}hashes = {{ sha256 = {_quoted(wheel.digest[7:])} }} }}]")
    return "\n".join(lines) + "\n"


def _choose(package: Mapping[str, Any], rank: Mapping[Any, int], target: Target, where: str) -> Choice:
    name, version = str(package.get("name", "")), str(package.get("version", ""))
    place = f"{where} › {name} {version}".rstrip()
    again = COMMANDS[manager_of(where)].lock
    if not _NAME.match(name):
        raise StepFailed(f"{name[:60]!r} is not a package name", where=where, fix=f"make the lock anew: {again}")
    if "vcs" in package:
        return _checkout(package["vcs"], name, version, place)
    if "directory" in package:
        raise StepFailed(
            f"{name} comes from a folder that is no project of this repository",
            where=place,
            fix="publish it to an index and lock that release",
        )
    if "archive" in package:
        return _archive(package["archive"], name, version, place)
    if not _VERSION.match(version):
        raise StepFailed(f"{version[:60]!r} is not a version", where=place, fix=f"make the lock anew: {again}")
    file = _best(package.get("wheels", ()), rank)
    if file is not None:
        return Wheel(**_fields(package, file, place))
    if package.get("sdist"):
        return Sdist(**_fields(package, package["sdist"], place))
    raise StepFailed(
        f"{name} {version} has no wheel for Python {target.minor} on {target.platform}, and no source distribution",
        where=place,
        fix=f"choose a version that has (not {version}), or leave {target.platform} out",
    )


def _best(files: Iterable[Mapping[str, Any]], rank: Mapping[Any, int]) -> Mapping[str, Any] | None:
    """The wheel whose tags fit best, or nothing when none does."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    best: tuple[int, str, Mapping[str, Any]] | None = None
    for file in files:
        filename = _filename(file)
        try:
            tags = parse_wheel_filename(filename)[3]
        except InvalidWheelFilename:
            continue  # old uploads with names that no installer accepts
        number = min((rank[tag] for tag in tags if tag in rank), default=None)
        if number is not None and (best is None or (number, filename) < best[:2]):
            best = (number, filename, file)
    return best[2] if best else None


def _fields(package: Mapping[str, Any], file: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The fields of a `Wheel` or an `Sdist`."""
    from packaging.utils import canonicalize_name

    sha256 = str(file.get("hashes", {}).get("sha256", ""))
    return {
        "name": canonicalize_name(str(package.get("name", ""))),
        "version": str(package.get("version", "")),
        "filename": _filename(file),
        "url": without_credentials(str(file.get("url") or file.get("path", ""))),
        "digest": parse_digest(f"sha256:{sha256}", where=place),
        "size": int(file.get("size", 0)),
        "index": without_credentials(str(package.get("index", ""))),
    }


def _archive(file: Mapping[str, Any], name: str, version: str, place: str) -> Choice:
    """A file at an address, or in the project: a wheel or a source distribution."""
    if not file.get("hashes", {}).get("sha256"):
        raise StepFailed(
            f"{name} is a file without a hash", where=place, fix="lock it with its SHA-256, or publish it to an index"
        )
    filename = _filename(file)
    package = {"name": name, "version": version or _version_in(filename)}
    return (Wheel if filename.endswith(".whl") else Sdist)(**_fields(package, file, place))


def _version_in(filename: str) -> str:
    parts = filename.split("-")
    return parts[1] if len(parts) > 1 else ""


def _checkout(vcs: Mapping[str, Any], name: str, version: str, place: str) -> Checkout:
    from packaging.utils import canonicalize_name

    commit = str(vcs.get("commit-id", ""))
    if vcs.get("type") != "git" or not _COMMIT.match(commit):
        raise StepFailed(
            f"{name} comes from a repository, and not from one commit of git",
            where=place,
            fix="name the commit, whole, and lock again",
        )
    return Checkout(
        name=canonicalize_name(name),
        version=version,
        url=without_credentials(str(vcs.get("url", "")).removeprefix("git+")),
        commit=commit,
        subfolder=str(vcs.get("subdirectory", "")),
    )


def _filename(file: Mapping[str, Any]) -> str:
    place = str(file.get("url") or file.get("path", ""))
    return str(file.get("name") or place.rsplit("/", 1)[-1].partition("#")[0])


def _tags(target: Target) -> Iterator[Any]:
    """The tags of the target, best first: newest manylinux down to the oldest, as pip orders them."""
    from packaging.tags import compatible_tags, cpython_tags

    machine = MACHINES[target.platform]
    oldest = 5 if machine == "x86_64" else 17  # PEP 513 and 600: the first manylinux of each architecture
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    platforms: list[str] = []
    for minor in range(min(target.glibc, NEWEST_GLIBC), oldest - 1, -1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        if minor in legacy:
            platforms.append(f"{legacy[minor]}_{machine}")
    platforms.append(f"linux_{machine}")
    version = tuple(int(part) for part in target.minor.split("."))
    interpreter = f"cp{version[0]}{version[1]}"
    yield from cpython_tags(version, [interpreter], platforms)
    yield from compatible_tags(version, interpreter, platforms)


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are all valid in one (TOML 1.0, strings)."""
    import json

    return json.dumps(text)
