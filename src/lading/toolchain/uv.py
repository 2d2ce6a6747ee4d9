"""A usable uv: the one that came with Lading, else one on PATH, else the pinned wheel."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lading.errors import StepFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import Tool, ToolPin
from lading.toolchain.wheel import Choose, tool_folder

MINIMUM = (0, 9, 0)
"""The oldest uv that Lading uses: what `pyproject.toml` asks for, and so what the tests cover. It exports, compiles and
installs pylock.toml (PEP 751), on which resolving and installing rest."""
_LAYOUT = "1"
"""What of the wheel is unpacked, and to where; raised when that changes."""
_STATE = "uv-versions"

Known = dict[str, tuple[int, int, str]]
"""Path of a uv → size, time of change in nanoseconds, and the version that it gave then."""


def machine_platform() -> str:
    """The platform of this machine in the words of a lock: `linux/amd64`."""
    import platform

    machine = platform.machine().lower()
    return f"{sys.platform}/{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def find_uv(
    *,
    runner: Runner,
    env: Mapping[str, str],
    store: Store,
    pin: ToolPin | None = None,
    own: Callable[[], Path | None] | None = None,
) -> Tool:
    """The first usable uv: from the package `uv` beside Lading, then PATH, then the wheel that `pin` names.

    A uv is asked for its version once and remembered by the file's size and time: finding it again starts no process.
    `own` finds the first of them (a seam for tests). Raises `StepFailed` when there is none.
    """
    found = store.get_state(_STATE, Known) or {}
    passed: list[str] = []
    for path in _candidates(own or own_uv, env):
        tool = _asked(path, found, runner, store)
        if tool and _number(tool.version) >= MINIMUM:
            return tool
        passed.append(f"{path} is {tool.version}" if tool else f"{path} does not start")
    if pin:
        return _pinned(pin, runner, store)
    least = ".".join(map(str, MINIMUM))
    raise StepFailed(
        f"there is no uv {least} or newer" + (f" ({'; '.join(passed)})" if passed else ""),
        where="the package uv beside Lading, and PATH",
        fix=f"{Path(sys.executable).name} -m pip install 'uv>={least}'",
    )


def own_uv() -> Path | None:
    """The uv that the package `uv` brings, in the environment that Lading is in."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return None


def _candidates(own: Callable[[], Path | None], env: Mapping[str, str]) -> Iterator[Path]:
    path = own()
    if path:
        yield path
    from shutil import which

    other = which("uv", path=env.get("PATH", ""))
    if other and Path(other) != path:
        yield Path(other)


def _asked(path: Path, found: Known, runner: Runner, store: Store) -> Tool | None:
    try:
        info = path.stat()
    except OSError:
        return None
    known = found.get(str(path))
    if known and known[:2] == (info.st_size, info.st_mtime_ns):
        return Tool(path, known[2])
    try:
        done = runner.run([path, "--version"])
    except StepFailed:
        return None
    words = done.out.split()
    if done.code or len(words) < 2 or words[0] != "uv":
        return None
    found[str(path)] = (info.st_size, info.st_mtime_ns, words[1])
    with suppress(StepFailed):  # a store that cannot be written to costs time here, nothing else
        store.put_state(_STATE, found)
    return Tool(path, words[1])


def _number(version: str) -> tuple[int, ...]:
    """`0.9.0-alpha.1` as (0, 9, 0)."""
    numbers = version.partition("-")[0].partition("+")[0].split(".")[:3]
    return tuple(int(part) for part in numbers if part.isdecimal())


def _pinned(pin: ToolPin, runner: Runner, store: Store) -> Tool:
    """The tool of a pinned wheel, unpacked into the store once."""
    install = f"{Path(sys.executable).name} -m pip install 'uv>={'.'.join(map(str, MINIMUM))}'"
    root = tool_folder(pin, _program(pin), store=store, runner=runner, version=_LAYOUT, fix=install)
    return Tool(root / pin.name, pin.version)


def _program(pin: ToolPin) -> Choose:
    """The one program out of a wheel (binary distribution format, "The .data directory")."""
    member = f"{pin.filename.split('-')[0]}-{pin.version}.data/scripts/{pin.name}"
    return lambda name: pin.name if name == member else ""
