"""Processes that this package started: remembered on disk, recognised for certain, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True)
class Process:
    """A started process. A pid alone can belong to somebody else by now; pid, start time and boot together cannot."""

    name: str
    pid: int
    started: int  # clock ticks after boot, field 22 of /proc/PID/stat (proc(5))
    boot: str
    argv: list[str]
    mounts: str  # identity of its mount namespace, such as "mnt:[4026532201]"

    @property
    def alive(self) -> bool:
        """Whether this very process, with this command line, still runs."""
        return self.boot == _boot() and _start_time(self.pid) == self.started and _command_line(self.pid) == self.argv


def start(name: str, argv: Sequence[str], *, final: Sequence[str], environ: Mapping[str, str], log: Path) -> Process:
    """Start a program in its own session with its output in ``log``; return it as it is once it runs ``final``.

    ``argv`` may be a launcher that replaces itself (``unshare``) and ends up as ``final`` under the same pid.
    Raises ``ChildProcessError`` when it ends before that.
    """
    program = shutil.which(argv[0])
    if program is None:
        raise ChildProcessError(f"{argv[0]} is not on this machine")
    with log.open("wb") as output:
        # Not subprocess: the program is to outlive this one, and a Popen object warns when it is left behind.
        pid = os.posix_spawn(
            program,
            list(argv),
            environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
            ],
            setsid=True,
        )
    while _command_line(pid) != list(final):
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            raise ChildProcessError(f"{name} ended with {os.waitstatus_to_exitcode(code)}")
        time.sleep(0.01)
    return Process(
        name=name,
        pid=pid,
        started=_start_time(pid) or 0,
        boot=_boot(),
        argv=list(final),
        mounts=_mount_namespace(pid) or "",
    )


def save(process: Process, folder: Path) -> None:
    """Remember a process in ``folder/NAME.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{process.name}.json").write_text(json.dumps(asdict(process)))


def load(folder: Path, name: str) -> Process | None:
    """Return the remembered process, or nothing when none is remembered."""
    try:
        return Process(**json.loads((folder / f"{name}.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def end(process: Process, patience: float) -> None:
    """Ask the process to end, wait ``patience`` seconds, then make it end. Touches nothing when it is not ours now."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        if not process.alive:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
        _wait_for_end(process, seconds)
    _reap(process.pid)


def _wait_for_end(process: Process, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not process.alive:
            return
        time.sleep(0.05)


def end_leftovers(process: Process, cgroup: str) -> None:
    """End what a killed daemon left: helpers that share its private mounts, and members of its own control group."""
    for _ in range(20):
        pids = {pid for pid in _all_pids() if _is_leftover(pid, process, cgroup)}
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _is_leftover(pid: int, process: Process, cgroup: str) -> bool:
    shares_mounts = bool(process.mounts) and _mount_namespace(pid) == process.mounts
    if shares_mounts and process.mounts != _mount_namespace(os.getpid()):
        return True
    lines = (_read(Path(f"/proc/{pid}/cgroup")) or "").splitlines()
    return any(line.rpartition(":")[2].startswith(f"/{cgroup}/") for line in lines)


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _start_time(pid: int) -> int | None:
    text = _read(Path(f"/proc/{pid}/stat"))
    if text is None:
        return None
    # The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def _command_line(pid: int) -> list[str] | None:
    text = _read(Path(f"/proc/{pid}/cmdline"))
    return text.rstrip("\0").split("\0") if text else None


def _mount_namespace(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")  # noqa: PTH115
    except OSError:
        return None


def _boot() -> str:
    return _BOOT_ID.read_text().strip()


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="surrogateescape")
    except OSError:
        return None
