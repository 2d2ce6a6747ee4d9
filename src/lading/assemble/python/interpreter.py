"""Which Python compiles the bytecode: the target's own where this machine can run it, else one of the same minor.

The bytecode of CPython depends on its minor version alone, not on the architecture, so an amd64 interpreter serves an
arm64 image.
"""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lading.assemble.base import python_files, root_key, unpack_packages
from lading.assemble.packages import Packages
from lading.assemble.python.bytecode import Interpreter, tag_of
from lading.lock.model import DebianPin, Pins
from lading.plan.model import DebianBase
from lading.proc import Runner
from lading.store import Store

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""What kernels call a machine, and what Debian calls it."""

_LOADERS = {
    "amd64": ("usr/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "arm64": ("usr/lib/aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
"""Where Debian keeps the libraries of an architecture, and its dynamic loader among them."""


def host_architecture() -> str:
    """Debian's word for this machine's architecture, or the kernel's own where Debian has none here."""
    machine = os.uname().machine
    return ARCHITECTURES.get(machine, machine)


def interpreter_packages(pins: Pins, bases: Iterable[DebianBase], python: str) -> tuple[DebianPin, ...]:
    """The pinned packages that make a Python of that version run on this machine: none when no base has them, or when
    this machine cannot run Debian's programs."""
    if sys.platform != "linux" or host_architecture() not in _LOADERS:
        return ()
    needed = {f"python{python}-minimal", f"libpython{python}-minimal", "libc6", "libexpat1", "zlib1g"}
    for base in bases:
        packages = pins.packages(base.suite, host_architecture(), base.roots, base.without) or ()
        found = tuple(pin for pin in packages if pin.name in needed)
        if len(found) == len(needed):
            return found
    return ()


def identity_of(packages: Sequence[DebianPin], python: str) -> str:
    """The words for an interpreter made of pinned packages."""
    minimal = next(pin for pin in packages if pin.name == f"python{python}-minimal")
    return f"Debian {minimal.name} {minimal.version}"


def from_packages(store: Store, pins: Sequence[DebianPin], python: str, packages: Packages) -> Interpreter:
    """Debian's Python, unpacked into the store and started by its own loader: no root, no chroot, no namespace."""

    def fill(target: Path) -> None:
        packages.share(pins)
        unpack_packages(pins, packages, target, python_files)

    folder = store.root_folder(root_key(pins), fill)
    libraries, loader = _LOADERS[host_architecture()]
    return Interpreter(
        identity=identity_of(pins, python),
        tag=tag_of(python),
        command=(
            str(folder / libraries / loader),
            "--library-path",
            str(folder / libraries),
            str(folder / f"usr/bin/python{python}"),
        ),
        environment={"PYTHONHOME": str(folder / "usr"), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
    )


def from_host(python: str, runner: Runner, search: Callable[[str], str | None]) -> Interpreter | None:
    """A Python of the same minor version that this machine has, or nothing. `search` is `shutil.which`.

    The first one that runs and is CPython of that version serves.
    """
    code = "import sys; print(sys.implementation.name, '.'.join(map(str, sys.version_info[:3])))"
    candidates = [sys.executable] if f"{sys.version_info.major}.{sys.version_info.minor}" == python else []
    candidates += [found for name in (f"python{python}", "python3") if (found := search(name))]
    for path in candidates:
        done = runner.run([path, "-I", "-c", code])
        name, _, version = done.out.strip().partition(" ")
        if done.code == 0 and name == "cpython" and version.startswith(f"{python}."):
            return Interpreter(
                identity=f"CPython {version} of this machine",
                tag=tag_of(python),
                command=(path,),
                environment={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
            )
    return None
