"""A fault is tried as a person would meet it: in a fresh copy of its folder, by a process of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
_FIXTURE = ".fixture"
_NOBODY = "http://127.0.0.1:9"
"""Nobody listens there (RFC 863's port): a fault is found before anything is fetched, or the message says otherwise."""


class Fault(NamedTuple):
    """A broken project: its folder, and the text that tells what it gets."""

    name: str

    @property
    def folder(self) -> Path:
        """What is broken."""
        return HERE / self.name

    @property
    def text(self) -> Path:
        """What is said of it."""
        return HERE / f"{self.name}.txt"

    @property
    def command(self) -> str:
        """What is typed, with `lading` in front: the first line of the text, behind a `$`."""
        return self.text.read_text("utf-8").partition("\n")[0].removeprefix("$ ")


def faults() -> list[Fault]:
    """All of them, by name."""
    return [Fault(path.stem) for path in sorted(HERE.glob("*.txt"))]


def tried(fault: Fault, scratch: Path) -> str:
    """The text as it should be: the command, what it wrote to standard error, its exit code.

    `scratch` is an empty folder. Its paths are shown as `<repository>` and `<store>`, which differ from run to run.
    """
    repository = scratch / fault.name
    shutil.copytree(fault.folder, repository, symlinks=True)
    for path in list(_fixtures(repository)):
        path.rename(path.with_name(path.name.removesuffix(_FIXTURE)))
    words = fault.command.split()
    if words[0] != "lading":
        raise AssertionError(f"{fault.text} begins with no command of lading")
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=repository, env=_environment(scratch), capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stderr.replace(str(scratch / "store"), "<store>").replace(str(repository), "<repository>")
    return f"$ {fault.command}\n{said}exit code {done.returncode}\n"


def _fixtures(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob(f"*{_FIXTURE}") if path.is_file())


def _environment(scratch: Path) -> dict[str, str]:
    """As good as nothing: no settings of this machine, no network but loopback."""
    own = {"HOME": str(scratch), "LADING_STORE": str(scratch / "store"), "LADING_DEBIAN_MIRROR": _NOBODY}
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), _NOBODY)
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path), **own, **proxies}
