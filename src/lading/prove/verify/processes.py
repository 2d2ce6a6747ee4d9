"""The processes of a container as this machine's kernel shows them (proc(5)): who they are and what they may do.

A number that a remote engine or a virtual machine tells is another process here, or none: `visible` knows.
"""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from lading.prove.verify.model import Memory, Seen

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")
_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
UNLIMITED = 1 << 60
"""What version 1 of control groups says where there is no limit is the largest number of whole pages, and more."""


def visible(pid: int, proc: Path = PROC) -> bool:
    """Whether `pid` is the first process of a namespace of processes, as that of a container is."""
    inside = status(pid, proc).get("NSpid", "").split()
    return pid > 0 and len(inside) > 1 and inside[-1] == "1"


def alive(pid: int, proc: Path = PROC) -> bool:
    """Whether the process has not ended; one that only waits to be looked at has."""
    return status(pid, proc).get("State", "Z")[:1] not in "ZX"


def age(pid: int, proc: Path = PROC) -> float | None:
    """Seconds since the process began; the kernel counts them in hundredths. Nothing where it is gone."""
    try:
        text = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold any character; field 22 is the 20th behind it.
    began = int(text.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began)


def look(pid: int, proc: Path = PROC) -> tuple[Seen, ...]:
    """All processes of the container whose first one is `pid`, sorted: each is a descendant of that."""
    return tuple(sorted(seen for one in family(pid, proc) if (seen := _seen(one, proc))))


def memory(pid: int, proc: Path = PROC, groups: Path = GROUPS) -> Memory:
    """The limit of the container's control group, and what its processes had at most."""
    kilobytes = [status(one, proc).get("VmHWM", "0").split()[0] for one in family(pid, proc)]
    return Memory(limit=_limit(pid, proc, groups), peak=sum(int(text) * 1024 for text in kilobytes))


def family(pid: int, proc: Path = PROC) -> tuple[int, ...]:
    """A process and its descendants."""
    parents = {int(path.name): status(int(path.name), proc).get("PPid") for path in _numbered(proc)}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == str(one)]
    return tuple(found)


def status(pid: int, proc: Path = PROC) -> dict[str, str]:
    """The fields of a process's status; none of one that is gone."""
    try:
        text = (proc / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def _numbered(proc: Path) -> Iterator[Path]:
    yield from (path for path in proc.iterdir() if path.name.isdecimal())


def _seen(pid: int, proc: Path) -> Seen | None:
    fields = status(pid, proc)
    if fields.get("State", "Z")[:1] in "ZX":
        return None
    held = 0
    for name in _SETS:
        held |= int(fields.get(name, "0"), 16)
    return Seen(
        name=fields.get("Name", ""),
        uid=_inside(int(fields["Uid"].split()[1]), pid, "uid_map", proc),
        gid=_inside(int(fields["Gid"].split()[1]), pid, "gid_map", proc),
        capabilities=f"{held:016x}",
        no_new_privileges=fields.get("NoNewPrivs") == "1",
    )


def _inside(number: int, pid: int, file: str, proc: Path) -> int:
    """A user's or group's number as the container has it (user_namespaces(7)): the kernel tells it as it is here."""
    rows, own = _map(pid, file, proc), _map("self", file, proc)
    if rows == own:
        return number
    for inside, outside, count in rows:
        if outside <= number < outside + count:
            return inside + number - outside
    return number


def _map(pid: int | str, file: str, proc: Path) -> list[tuple[int, int, int]]:
    try:
        lines = (proc / str(pid) / file).read_text().splitlines()
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows if len(row) == 3]


def _limit(pid: int, proc: Path, groups: Path) -> int:
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return 0
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        below = path.strip("/")
        if "memory" in controllers.split(","):
            return _number(groups / "memory" / below / "memory.limit_in_bytes")
        if not controllers and (found := _number(groups / below / "memory.max")):
            return found
    return 0


def _number(file: Path) -> int:
    try:
        text = file.read_text().strip()
    except OSError:
        return 0
    return int(text) if re.fullmatch(r"\d{1,18}", text) and int(text) < UNLIMITED else 0
