"""Running a program that nobody has looked at: in a root of its own, as nobody who counts, and without a network unless
it is given this machine's.

The program sees an unpacked root, read-only, and what is given to it. It needs no daemon and no root, only
a kernel that lets users have namespaces of their own.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.errors import Unavailable
from lading.proc import Completed, Runner

WORKER = Path(__file__).with_name("isolate_worker.py")
NOT_ISOLATED = 125
"""The worker's exit code for a machine that does not allow what it needs (`isolate_worker.NOT_ISOLATED`)."""
MOUNT_POINTS = ("dev", "proc", "tmp")
"""Folders that a root must have."""


def run_isolated(
    command: Sequence[str],
    *,
    root: Path,
    writable: Mapping[str, Path],
    environment: Mapping[str, str],
    folder: str,
    runner: Runner,
    readable: Mapping[str, Path] | None = None,
    network: bool = False,
    user: int = 0,
) -> Completed:
    """Run a command in `root` to its end, in `folder` and with that environment alone.

    `writable` are the folders of this machine that it may write to, by their absolute paths in the root; `readable`
    are folders and files that it may only look at. `network`: it has this machine's. `user` is the number that it has
    as a user. `Unavailable` where this machine has no namespaces for it.
    """
    task = {
        "root": str(root),
        "network": network,
        "user": user,
        "readable": [[str(source), target] for target, source in (readable or {}).items()],
        "writable": [[str(source), target] for target, source in writable.items()],
        "environment": dict(environment),
        "folder": folder,
        "command": list(command),
    }
    done = runner.run([sys.executable, "-I", "-S", WORKER], stdin=json.dumps(task).encode())
    told = done.err.strip().splitlines()
    if done.code == NOT_ISOLATED and told and told[-1].startswith("isolate: "):
        raise Unavailable(
            f"this machine does not let Lading isolate a build ({told[-1].removeprefix('isolate: ')})",
            fix="allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns; "
            "in a container its seccomp profile), or build with BuildKit: --engine buildkit",
        )
    return done
