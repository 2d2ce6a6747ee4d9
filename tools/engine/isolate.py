"""Become the Docker daemon inside private mounts, so that nothing that it writes or mounts reaches the host.

Started as ``unshare --mount --propagation slave -- python isolate.py SCRATCH PROGRAM ARGUMENT…``; it stands alone and
imports nothing of its package. What is mounted here vanishes with the last process that lives in it:

- ``/run`` and ``/opt`` become overlays. containerd has fixed places there (``/run/containerd/s`` for the sockets of
  its shims, ``/opt/containerd`` for plugins); with the overlay they are made in a folder of memory.
- ``/sys/fs/cgroup`` gets the control groups when nobody has mounted them yet, as on a bare virtual machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_SHADOWED = ("/run", "/opt")
CONTROL_GROUPS = Path("/sys/fs/cgroup")


def main(arguments: list[str]) -> None:
    """Set up the mounts and replace this process with the program."""
    scratch, program, *rest = arguments
    _mount("-t", "tmpfs", "-o", "mode=0700", "tmpfs", scratch)
    for folder in _SHADOWED:
        _shadow(Path(folder), Path(scratch))
    if not control_groups_mounted():
        _mount("-t", "cgroup2", "cgroup2", str(CONTROL_GROUPS))
    os.execv(program, [program, *rest])


def _shadow(folder: Path, scratch: Path) -> None:
    if not folder.is_dir():
        return
    upper, work = (scratch / f"{folder.name}-{part}" for part in ("upper", "work"))
    upper.mkdir(mode=0o755)
    work.mkdir()
    _mount("-t", "overlay", "-o", f"lowerdir={folder},upperdir={upper},workdir={work}", "overlay", str(folder))


def control_groups_mounted() -> bool:
    """Whether version 2 is mounted at the place itself or any of version 1 below it."""
    return any(
        fields[2].startswith("cgroup") for fields in map(str.split, Path("/proc/mounts").read_text().splitlines())
    )


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", "--no-mtab", *arguments], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
