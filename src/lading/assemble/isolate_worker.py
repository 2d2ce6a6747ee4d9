"""The inside of `lading.assemble.isolated`: a program of its own, run by any Python 3.11 or newer of a machine.

It gives itself namespaces of its own, makes a folder its root, and becomes the command. It reads what to do as JSON
from its standard input, and knows nothing of Lading. Exit code 125 and a line on standard error that begins with
`isolate:` mean that it could not get so far.

See user_namespaces(7), mount_namespaces(7), pivot_root(2).
"""

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_PDEATHSIG, _CAPBSET_DROP, _NO_NEW_PRIVS, _SIGKILL = 1, 24, 38, 9
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
"""The number of pivot_root(2), for which the C library has no function (syscalls(2))."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_NOBODY = 65534
NOT_ISOLATED = 125

_libc = ctypes.CDLL(None, use_errno=True)


class Unable(Exception):
    """The machine does not allow what is needed."""


def main() -> int:
    """Isolate, run, and pass the exit code on."""
    task = json.load(sys.stdin)
    alone = _unshare(task["user"], network=task["network"])
    child = os.fork()
    if child == 0:
        _become(task, alone=alone)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256


def _unshare(user: int, *, network: bool) -> bool:
    """Namespaces of its own, with no network in them unless it may have one, and that `user` of a user namespace that
    nobody else is in: whether it has that. Root, where it may not have such a one, does without."""
    uid, gid = os.geteuid(), os.getegid()
    kinds = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | (0 if network else _NEWNET)
    if _libc.unshare(kinds | _NEWUSER) == 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {uid} 1"), ("gid_map", f"{user} {gid} 1")):
            Path("/proc/self", name).write_text(text)
        return True
    failed = _error()
    if uid != 0 or _libc.unshare(kinds) != 0:
        raise Unable(f"no namespaces: {failed}")
    return False


def _become(task: dict[str, Any], *, alone: bool) -> NoReturn:
    try:
        _libc.prctl(_PDEATHSIG, _SIGKILL, 0, 0, 0)
        root = Path(task["root"])
        _mount("", Path("/"), flags=_REC | _PRIVATE)
        _mount(root, root, flags=_BIND | _REC)
        _furnish(root)
        for source, target in task["readable"]:
            _read_only(_lay(Path(source), root / target.lstrip("/")))
        for source, target in task["writable"]:
            if not alone:
                _hand_over(Path(source))
            _lay(Path(source), root / target.lstrip("/"))
        _read_only(root)
        _enter(root)
        _give_up(alone=alone)
        os.chdir(task["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execvpe(task["command"][0], task["command"], task["environment"])  # noqa: S606  # that is what it is for
    except (OSError, Unable) as error:
        _tell(error)
    os._exit(NOT_ISOLATED)


def _lay(source: Path, place: Path) -> Path:
    """Let a folder or file of this machine be seen at a place of the root, which is made where it is not there."""
    if source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    _mount(source, place, flags=_BIND | _REC)
    return place


def _hand_over(folder: Path) -> None:
    """Give a folder and all in it to the user that the command runs as."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)


def _give_up(*, alone: bool) -> None:
    """Every capability, also those of a namespace of its own: with them it could make the root writable again."""
    for number in range(64):
        _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0)
    _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not alone:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)


def _furnish(root: Path) -> None:
    """What every program expects: /proc, /tmp, and the devices that do no harm."""
    _mount("proc", root / "proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    _mount("tmpfs", root / "tmp", "tmpfs", _NOSUID | _NODEV)
    devices = root / "dev"
    _mount("tmpfs", devices, "tmpfs", _NOSUID | _NOEXEC)
    devices.chmod(0o755)
    (devices / "shm").mkdir()
    (devices / "shm").chmod(0o1777)
    for name in _DEVICES:
        (devices / name).touch()
        _mount(Path("/dev", name), devices / name, flags=_BIND)
    (devices / "fd").symlink_to("/proc/self/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (devices / name).symlink_to(f"/proc/self/fd/{number}")


def _read_only(place: Path) -> None:
    """Nothing below what is mounted there can be changed. Flags that the disk is mounted with must be said again."""
    told = os.statvfs(place).f_flag
    _mount("", place, flags=_REMOUNT | _BIND | _RDONLY | (told & (_NOSUID | _NODEV | _NOEXEC)))


def _enter(root: Path) -> None:
    """Make it the root, and let go of the old one."""
    os.chdir(root)
    machine = os.uname().machine
    if machine not in _PIVOT_ROOT:
        raise Unable(f"not known on {machine}")
    if _libc.syscall(_PIVOT_ROOT[machine], b".", b".") != 0:
        raise Unable(f"pivot_root: {_error()}")
    if _libc.umount2(b".", _DETACH) != 0:
        raise Unable(f"umount: {_error()}")
    os.chdir("/")


def _mount(source: str | Path, target: Path, kind: str = "", flags: int = 0) -> None:
    words = (os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), None)
    if _libc.mount(*words) != 0:
        raise Unable(f"mounting {source or 'again'} on {target}: {_error()}")


def _error() -> str:
    return os.strerror(ctypes.get_errno())


def _tell(error: Exception) -> None:
    sys.stderr.write(f"isolate: {error}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        code = main()
    except (OSError, Unable) as error:
        _tell(error)
        code = NOT_ISOLATED
    sys.exit(code)
