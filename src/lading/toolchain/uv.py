"""A usable uv: the one that came with Lading, else one on PATH, else the pinned wheel."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lading.digest import digest_of
from lading.errors import LadingError, RemoteFailed, StepFailed, VerificationFailed
from lading.proc import LAST_LINES, Runner
from lading.store import Store
from lading.toolchain.model import Tool, ToolPin

MINIMUM = (0, 9, 0)
"""The oldest uv that Lading uses: what `pyproject.toml` asks for, and so what the tests cover. It exports, compiles and
installs pylock.toml (PEP 751), on which resolving and installing rest."""
LARGEST_TOOL = 1 << 29
"""Bytes. uv has some 60 MB; a wheel that unpacks to more than 512 MiB is not uv."""
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

    def fill(folder: Path) -> None:
        with store.scratch() as scratch, store.writing():
            unpack_tool(_download(pin, runner, scratch), pin, folder)

    root = store.root_folder(digest_of(f"tool {pin.name} {pin.digest}".encode()), fill)
    return Tool(root / pin.name, pin.version)


def _download(pin: ToolPin, runner: Runner, folder: Path) -> Path:
    """The pinned wheel, fetched by pip: it knows the index and its credentials, and checks the hash."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{pin.name}=={pin.version} --hash={pin.digest}\n")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    done = runner.run([*command, "--dest", folder, "--requirement", wanted])
    if done.code:
        raise _no_download(pin, done.err or done.out)
    path = folder / pin.filename
    if not path.is_file():
        raise StepFailed(f"pip fetched another wheel than {pin.filename}", fix="lading lock --upgrade")
    return path


def _no_download(pin: ToolPin, words: str) -> LadingError:
    told = "\n".join(f"  | {line}" for line in words.strip().splitlines()[-LAST_LINES:])
    install = f"{Path(sys.executable).name} -m pip install 'uv>={'.'.join(map(str, MINIMUM))}'"
    if "No module named pip" in words:
        return StepFailed(
            f"{pin.name} is not there, and this Python has no pip to fetch it with", where=sys.executable, fix=install
        )
    if "DO NOT MATCH THE HASHES" in words:
        return VerificationFailed(
            f"the wheel of {pin.name} {pin.version} is not the one that is pinned\n{told}",
            where=f"expected {pin.digest}",
            fix="do not use it; if the index was changed on purpose, `lading lock --upgrade`",
        )
    return RemoteFailed(f"pip could not fetch {pin.name} {pin.version}\n{told}", where=pin.filename, fix=install)


def unpack_tool(wheel: Path, pin: ToolPin, folder: Path) -> None:
    """Take the one program out of a wheel, whose hash is checked before anything of it is opened.

    Raises `VerificationFailed` when it is not the pinned one or holds no such program.
    """
    import zipfile

    from lading.digest import CHUNK, digest_of_chunks

    with wheel.open("rb") as file:
        digest = digest_of_chunks(iter(lambda: file.read(CHUNK), b""))
    if digest != pin.digest:
        raise VerificationFailed(f"{pin.filename} is not the wheel that is pinned: its digest is {digest}",
                                 where=f"expected {pin.digest}", fix="lading lock --upgrade")  # fmt: skip
    member = f"{pin.filename.split('-')[0]}-{pin.version}.data/scripts/{pin.name}"
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
            if archive.getinfo(member).file_size > LARGEST_TOOL:
                raise VerificationFailed(f"{member} claims to be larger than any tool", where=pin.filename)
            with (folder / pin.name).open("wb") as target:
                left = LARGEST_TOOL
                while left > 0 and (piece := source.read(min(CHUNK, left))):
                    target.write(piece)
                    left -= len(piece)
    except (KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise VerificationFailed(f"the wheel holds no program {pin.name}: {error}", where=pin.filename) from error
    (folder / pin.name).chmod(0o755)
