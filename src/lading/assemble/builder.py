"""The root that what has to be compiled is built in: Debian's compilers, and a Python's headers, unpacked once."""

from collections.abc import Sequence
from pathlib import Path

from lading.assemble.base import unpack_packages
from lading.assemble.isolated import MOUNT_POINTS
from lading.assemble.packages import Packages
from lading.digest import Digest, digest_of
from lading.lock.model import DebianPin
from lading.store import Store

BUILDER_VERSION = "1"
"""Part of the key of every builder, and so of everything that one has built."""
IN, ENVIRONMENT, WORK, OUT = "/lading/in", "/lading/environment", "/lading/work", "/lading/out"
"""Where the build of a source distribution sees it, what builds it, a folder to work in, and one for the wheel."""

_MERGED = ("bin", "lib", "lib64", "sbin")
_ALTERNATIVES = {
    "awk": "mawk",
    "c++": "g++",
    "c89": "gcc",
    "c99": "gcc",
    "cc": "gcc",
    "f77": "gfortran",
    "f95": "gfortran",
    "python3": "python{python}",
}
"""Programs that maintainer scripts link (update-alternatives(1)) and builds ask for, where the packages have them."""


def builder_identity(pins: Sequence[DebianPin]) -> Digest:
    """What a builder depends on."""
    return digest_of("\0".join(["builder", BUILDER_VERSION, *(pin.digest for pin in pins)]).encode())


def builder_root(store: Store, pins: Sequence[DebianPin], packages: Packages, *, python: str = "") -> Path:
    """The folder of a builder, unpacked once. `python` is `major.minor`, or empty for one without."""

    def fill(root: Path) -> None:
        unpack_packages(pins, packages, root, _wanted)
        for name in _MERGED:
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            if not (root / name).is_symlink():
                (root / name).symlink_to(f"usr/{name}")
        for name, target in _ALTERNATIVES.items():
            _link(root / "usr/bin" / name, target.format(python=python))
        for name in (*MOUNT_POINTS, *(path.lstrip("/") for path in (IN, ENVIRONMENT, WORK, OUT))):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "etc/passwd").write_text("root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n")

    return store.root_folder(builder_identity(pins), fill)


def _link(path: Path, target: str) -> None:
    if not path.is_symlink() and not path.exists() and (path.parent / target).exists():
        path.symlink_to(target)


def _wanted(path: str) -> bool:
    """All but what only people read."""
    return not path.startswith(_TEXTS)


_TEXTS = ("usr/share/doc/", "usr/share/info/", "usr/share/lintian/", "usr/share/locale/", "usr/share/man/")
