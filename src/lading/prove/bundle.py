"""A bundle for an OCI runtime: an image's files and the `config.json` that says how its process is to run.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md. The process is the image's own user, has no
capability and can gain none, sees a read-only root with an empty `/tmp`, and shares the host's network.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lading.errors import UsageError
from lading.oci.documents import RunConfig

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What Docker sets where an image says nothing (moby, `daemon/pkg/oci/defaults.go`)."""

MOUNT_FOLDERS = ("/proc", "/dev", "/tmp", "/sys")  # noqa: S108  # paths in the image
HOST_FILES = ("/etc/resolv.conf", "/etc/hosts")
"""Files of the host that a process on the host's network needs."""
LARGEST_ACCOUNTS = 1 << 20
"""Bytes of an image's passwd or group file that are looked at."""

# What the kernel shows of itself below /proc (the list of Docker and Podman).
_MASKED = (
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
    "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
)  # fmt: skip
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


class Account(NamedTuple):
    """Whom the process runs as, by numbers."""

    uid: int
    gid: int


class Limits(NamedTuple):
    """What a container may take at most: memory in bytes, and processes with their threads; 0 is no limit."""

    memory: int = 0
    pids: int = 0


NO_LIMITS = Limits()


def process_words(config: RunConfig, command: Sequence[str] | None) -> list[str]:
    """The command line of the process: the entrypoint, then `command` or the image's own.

    `UsageError` when the image has neither.
    """
    own = config.cmd or () if command is None else command
    words = [*(config.entrypoint or ()), *own]
    if not words:
        raise UsageError("the image has no command", fix="name one after `--`")
    return words


def environment(config: RunConfig, extra: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The image's variables, then `extra`."""
    variables = {"PATH": DEFAULT_PATH}
    for line in config.env or ():
        name, _, value = line.partition("=")
        variables[name] = value
    return {**variables, **dict(extra)}


def account(user: str, root: Path) -> Account:
    """The numbers of an image's `User`: `65532:65532`, `app`, `app:staff`, or nothing, which is root.

    Names are looked up in the image's own passwd and group files. `UsageError` for one that is not there.
    """
    name, _, group = user.partition(":")
    uid, gid = 0, 0
    if is_number(name):
        uid = int(name)
        gid = next((int(row[3]) for row in _rows(root, "passwd") if row[2] == name and is_number(row[3])), 0)
    elif name:
        uid, gid = _look_up(root, "passwd", name)
    if group:
        gid = int(group) if is_number(group) else _look_up(root, "group", group).uid
    if max(uid, gid) >= 2**32 - 1:
        raise UsageError(f"no system has such a user: {user!r}")
    return Account(uid, gid)


def is_number(text: str) -> bool:
    """Whether it is the number of a user or group."""
    return text.isascii() and text.isdecimal() and len(text) <= 10


def bundle_config(
    config: RunConfig,
    *,
    words: Sequence[str],
    env: Mapping[str, str],
    user: Account,
    root: Path,
    read_only: bool,
    host: Account | None,
    isolated: bool = False,
    limits: Limits = NO_LIMITS,
    group: str = "",
) -> dict[str, Any]:
    """The runtime's `config.json`. With `host` (rootless) the image's user is that account of the host, and no other
    account exists. `isolated` gives it a network of its own, with nothing in it; `group` names the control group of
    `limits`."""
    namespaces = ["pid", "ipc", "uts", "mount", *(["network"] if isolated else [])]
    linux: dict[str, Any] = {"maskedPaths": list(_MASKED), "readonlyPaths": list(_READ_ONLY)}
    if host:
        namespaces.append("user")
        linux["uidMappings"] = [{"containerID": user.uid, "hostID": host.uid, "size": 1}]
        linux["gidMappings"] = [{"containerID": user.gid, "hostID": host.gid, "size": 1}]
    if any(limits):
        linux["cgroupsPath"] = f"/{group}"
        linux["resources"] = _resources(limits)
    linux["namespaces"] = [{"type": kind} for kind in namespaces]
    nothing: list[str] = []
    return {
        "ociVersion": "1.0.2",
        "hostname": "lading",
        "process": {
            "terminal": False,
            "user": {"uid": user.uid, "gid": user.gid},
            "args": list(words),
            "env": [f"{name}={value}" for name, value in env.items()],
            "cwd": config.working_dir or "/",
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted", "inheritable", "ambient"), nothing),
            "noNewPrivileges": True,
        },
        "root": {"path": str(root), "readonly": read_only},
        "mounts": [*_mounts(config, user), *_host_files()],
        "linux": linux,
    }


def _resources(limits: Limits) -> dict[str, Any]:
    """Memory and swap have one limit together: none of it goes to the disk."""
    memory = {"memory": {"limit": limits.memory, "swap": limits.memory}} if limits.memory else {}
    return {**memory, **({"pids": {"limit": limits.pids}} if limits.pids else {})}


def write_bundle(folder: Path, document: Mapping[str, Any]) -> None:
    """Write `config.json`; it may hold secrets of the environment, so nobody else may read it."""
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2))


def _mounts(config: RunConfig, user: Account) -> list[dict[str, Any]]:
    plain = ["nosuid", "nodev"]
    mounts: list[dict[str, Any]] = [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": [*plain, "noexec"]},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
        {
            "destination": "/dev/shm",  # noqa: S108  # a path in the container
            "type": "tmpfs",
            "source": "shm",
            "options": [*plain, "noexec", "mode=1777", "size=65536k"],
        },
    ]
    # runc gives an empty folder the mode of the image's own, whatever is asked for, so a volume has to be the user's.
    owner = [f"uid={user.uid}", f"gid={user.gid}"]
    writable = [("/tmp", []), *((path, owner) for path in config.volumes or ())]  # noqa: S108  # paths in the container
    return mounts + [
        {"destination": path, "type": "tmpfs", "source": "tmpfs", "options": [*plain, "mode=1777", *own]}
        for path, own in writable
    ]


def _host_files() -> list[dict[str, Any]]:
    options = ["bind", "ro", "nosuid", "nodev", "noexec"]
    return [
        {"destination": path, "type": "bind", "source": str(Path(path).resolve()), "options": options}
        for path in HOST_FILES
        if Path(path).is_file()
    ]


def _look_up(root: Path, file: str, name: str) -> Account:
    for row in _rows(root, file):
        if row[0] == name and is_number(row[2]):
            return Account(int(row[2]), int(row[3]) if is_number(row[3]) else 0)
    raise UsageError(f"{name[:80]!r} of the image is not in its /etc/{file}", fix="give the image a numeric user")


def _rows(root: Path, file: str) -> list[list[str]]:
    """The rows of a passwd or group file with at least four fields. A link is not followed: it could lead outside."""
    path = root / "etc" / file
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        return []
    with path.open("rb") as stream:
        text = stream.read(LARGEST_ACCOUNTS).decode(errors="replace")
    return [row for row in (line.split(":") for line in text.splitlines()) if len(row) >= 4]
