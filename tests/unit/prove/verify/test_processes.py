"""The kernel's words about processes, from a folder as /proc is, and from the real one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lading.prove.verify.model import Memory, Seen
from lading.prove.verify.processes import age, alive, family, look, memory, status, visible

STATUS = """Name:\t{name}
State:\tS (sleeping)
Pid:\t{pid}
PPid:\t{parent}
NSpid:\t{pid}\t{inside}
Uid:\t{uid}\t{uid}\t{uid}\t{uid}
Gid:\t{gid}\t{gid}\t{gid}\t{gid}
VmHWM:\t  {memory} kB
CapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t{caps}
CapBnd:\t0000000000000400
CapAmb:\t0000000000000000
NoNewPrivs:\t1
"""
WHOLE = "         0          0 4294967295\n"


def process(proc: Path, pid: int, **fields: object) -> None:
    known = {"name": "app", "parent": 1, "inside": 1, "uid": 100000, "gid": 100000, "memory": 1000, "caps": "0" * 16}
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / "status").write_text(STATUS.format(pid=pid, **{**known, **fields}))
    for name in ("uid_map", "gid_map"):
        (folder / name).write_text("     65532     100000          1\n")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    process(folder, 10)
    process(folder, 11, parent=10, inside=2, name="worker (1)", memory=500)
    process(folder, 12, parent=11, inside=3, caps="0000000000000001")
    process(folder, 20, parent=2, inside=9)
    (folder / "self").mkdir()
    for name in ("uid_map", "gid_map"):
        (folder / "self" / name).write_text(WHOLE)
    (folder / "meminfo").touch()
    return folder


def test_the_first_process_of_a_namespace_is_a_containers(proc: Path) -> None:
    assert visible(10, proc)
    assert not visible(11, proc)
    assert not visible(0, proc)
    assert not visible(99, proc)


def test_descendants_belong_to_it_and_others_do_not(proc: Path) -> None:
    assert sorted(family(10, proc)) == [10, 11, 12]


def test_users_are_told_as_the_container_has_them_and_capabilities_in_one(proc: Path) -> None:
    app, child, worker = look(10, proc)
    assert (app.uid, app.gid, worker.name) == (65532, 65532, "worker (1)")
    assert app == Seen(name="app", uid=65532, gid=65532, capabilities="0000000000000400", no_new_privileges=True)
    assert child.capabilities == "0000000000000401"


def test_without_a_namespace_of_users_the_numbers_are_the_same(proc: Path) -> None:
    for name in ("uid_map", "gid_map"):
        (proc / "10" / name).write_text(WHOLE)
    first = next(one for one in look(10, proc) if one.uid != 65532)
    assert (first.uid, first.gid) == (100000, 100000)


FIRST, SECOND = "memory/lading/x/memory.limit_in_bytes", "lading.slice/x/memory.max"


@pytest.mark.parametrize(
    ("line", "said", "limit"),
    [
        ("8:memory:/lading/x", (FIRST, "268435456\n"), 268435456),
        ("8:memory:/lading/x", (FIRST, "9223372036854771712\n"), 0),
        ("0::/lading.slice/x", (SECOND, "268435456\n"), 268435456),
        ("0::/lading.slice/x", (SECOND, "max\n"), 0),
        ("0::/elsewhere", (SECOND, "268435456\n"), 0),
    ],
)
def test_memory_is_the_sum_of_all_and_the_limit_that_of_the_control_group(
    proc: Path, line: str, said: tuple[str, str], limit: int
) -> None:
    (proc / "10" / "cgroup").write_text(f"9:pids:/lading/x\n{line}\n")
    groups = proc / "groups"
    file = groups / said[0]
    file.parent.mkdir(parents=True)
    file.write_text(said[1])
    assert memory(10, proc, groups) == Memory(limit=limit, peak=2500 * 1024)


def test_a_real_process_from_its_start_to_its_end() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert alive(child.pid)
        seconds = age(child.pid)
        assert seconds is not None
        assert seconds >= 0
        assert int(status(child.pid)["PPid"]) == os.getpid()
        child.communicate(b"\n")
    assert not alive(child.pid)
    assert age(child.pid) is None
    assert status(child.pid) == {}
