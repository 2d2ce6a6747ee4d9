"""Which wheel of each locked package an image gets: markers and tags judged for the target, never for this machine.

Rules: environment markers (PEP 508), wheel tags (PEP 425), manylinux (PEP 600), pylock.toml (PEP 751), which is the
form that uv gives its lock in (`uv export --format pylock.toml`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lading.digest import Digest, parse_digest
from lading.errors import LadingError, StepFailed, raise_all
from lading.toolchain.markers import linux_environment

MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}
"""What Python's tags and markers call the machine of a platform."""

NEWEST_GLIBC = 40
"""The newest minor version of glibc 2 whose wheels uv installs (`--python-platform`)."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
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


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """A chosen wheel: normalised name, version, file name, where it is (an address, or a path relative to the project),
    its hash, and the index that it comes from."""

    name: str
    version: str
    filename: str
    url: str
    digest: Digest
    size: int
    index: str


def choose_wheels(lock: Mapping[str, Any], target: Target, *, where: str) -> tuple[Wheel, ...]:
    """The wheels that a pylock.toml names for the target, sorted by name.

    `StepFailed` names every package that has no wheel for the target, or comes from where Lading cannot follow.
    """
    from packaging.markers import Marker
    from packaging.tags import Tag

    environment = linux_environment(MACHINES[target.platform], target.python)
    rank: dict[Tag, int] = {}
    for number, tag in enumerate(_tags(target)):
        rank.setdefault(tag, number)
    problems: list[LadingError] = []
    wheels: list[Wheel] = []
    for package in lock.get("packages", ()):
        marker = package.get("marker")
        if marker and not Marker(marker).evaluate(environment):
            continue
        try:
            wheels.append(_choose(package, rank, target, where))
        except LadingError as error:
            problems.append(error)
    raise_all(problems)
    return tuple(sorted(wheels, key=lambda wheel: wheel.name))


def install_list(wheels: Sequence[Wheel], folder: Path) -> str:
    """A pylock.toml of these wheels alone, each with its hash, for uv to install. `folder` is the project's."""
    lines = ['lock-version = "1.0"', 'created-by = "lading"']
    for wheel in wheels:
        place = f"url = {_quoted(wheel.url)}" if "://" in wheel.url else f"path = {_quoted(str(folder / wheel.url))}"
        file = f"{{ name = {_quoted(wheel.filename)}, {place}, "
        lines += ["", "[[packages]]", f"name = {_quoted(wheel.name)}", f"version = {_quoted(wheel.version)}"]
        if wheel.index:
            lines.append(f"index = {_quoted(wheel.index)}")
        lines.append(f"wheels = [{file}hashes = {{ sha256 = {_quoted(wheel.digest[7:])} }} }}]")
    return "\n".join(lines) + "\n"


def _choose(package: Mapping[str, Any], rank: Mapping[Any, int], target: Target, where: str) -> Wheel:
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

    name, version = str(package.get("name", "")), str(package.get("version", ""))
    place = f"{where} › {name} {version}".rstrip()
    if not _NAME.match(name):
        raise StepFailed(f"{name[:60]!r} is not a package name", where=where, fix="make the lock anew: uv lock")
    for kind in ("vcs", "directory", "archive"):
        if kind in package:
            raise StepFailed(
                f"{name} comes from a {kind} source, which Lading does not build yet",
                where=place,
                fix="publish it to an index and lock that release",
            )
    if not _VERSION.match(version):
        raise StepFailed(f"{version[:60]!r} is not a version", where=place, fix="make the lock anew: uv lock")
    best: tuple[int, str, Mapping[str, Any]] | None = None
    for file in package.get("wheels", ()):
        filename = _filename(file)
        try:
            tags = parse_wheel_filename(filename)[3]
        except InvalidWheelFilename:
            continue  # old uploads with names that no installer accepts
        number = min((rank[tag] for tag in tags if tag in rank), default=None)
        if number is not None and (best is None or (number, filename) < best[:2]):
            best = (number, filename, file)
    if best is None:
        raise StepFailed(
            f"{name} {version} has no wheel for Python {target.minor} on {target.platform}"
            + (" (its lock has a source distribution only)" if not package.get("wheels") else ""),
            where=place,
            fix=f"choose a version with wheels (uv add '{name}!={version}'), or leave {target.platform} out",
        )
    file = best[2]
    sha256 = str(file.get("hashes", {}).get("sha256", ""))
    return Wheel(
        name=canonicalize_name(name),
        version=version,
        filename=best[1],
        url=str(file.get("url") or file.get("path", "")),
        digest=parse_digest(f"sha256:{sha256}", where=place),
        size=int(file.get("size", 0)),
        index=str(package.get("index", "")),
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
