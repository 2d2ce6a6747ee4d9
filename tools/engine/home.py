"""Where everything of the engine lives: one cache folder, and names inside it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.engine.errors import EngineError

# A Unix socket's path holds 107 bytes (unix(7)); containerd adds the longest tail to our folder.
_SOCKET_LIMIT = 107
_LONGEST_SOCKET = "run/containerd/containerd-debug.sock"


@dataclass(frozen=True, kw_only=True)
class Home:
    """The cache folder: ``root`` is what Debian's packages hold, ``state`` is what a running engine makes."""

    folder: Path

    @property
    def root(self) -> Path:
        """The packages, unpacked: ``root/usr/bin/skopeo`` and so on."""
        return self.folder / "root"

    @property
    def bin(self) -> Path:
        """One starter script a tool; the folder that goes on ``PATH``."""
        return self.folder / "bin"

    @property
    def apt(self) -> Path:
        """The private apt roots, one a release."""
        return self.folder / "apt"

    @property
    def state(self) -> Path:
        """Everything that ``down`` removes: sockets, images, logs, process records."""
        return self.folder / "state"

    @property
    def lock(self) -> Path:
        """Held while ``up`` or ``down`` works, so that two of them never overlap."""
        return self.folder / "lock"

    @property
    def socket(self) -> Path:
        """The Docker daemon's socket."""
        return self.state / "run" / "docker.sock"

    @property
    def docker_config(self) -> Path:
        """The Docker client's configuration folder, in place of ``~/.docker``."""
        return self.state / "docker-config"

    @property
    def cgroup(self) -> str:
        """Control group of the containers: a name of this folder's own, so that ``down`` can tell and remove it."""
        return "lading-engine-" + hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]

    @property
    def libraries(self) -> list[Path]:
        """Library folders of the unpacked packages, for ``LD_LIBRARY_PATH``."""
        return sorted(self.root.glob("usr/lib/*-linux-gnu*"))


def find_home(environ: Mapping[str, str] = os.environ) -> Home:
    """Return the cache folder: ``$XDG_CACHE_HOME/lading-engine``, else ``~/.cache/lading-engine``.

    Raises ``EngineError`` when the path is too long for the sockets inside it.
    """
    cache = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    home = Home(folder=Path(cache).absolute() / "lading-engine")
    longest = home.state / _LONGEST_SOCKET
    if len(os.fsencode(longest)) > _SOCKET_LIMIT:
        raise EngineError(
            f"the cache folder's path is too long for a Unix socket: {longest}\nset XDG_CACHE_HOME to a shorter folder"
        )
    return home
