"""However large the files, Lading's own memory stays small: everything is streamed."""

import subprocess
import time
from pathlib import Path

import pytest
from tests.support.debmirror import Deb
from tests.support.registry import registry
from tests.support.world import World

LIMIT = 150 << 20
"""Bytes of memory: what the issue promises for any image."""
MB = 1 << 20


def peak_of(process: "subprocess.Popen[str]") -> int:
    """The largest resident set of a command, in bytes, followed until it ends."""
    peak = 0
    while process.poll() is None:
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        except OSError:
            break
        peak = max([peak, *(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))])
        time.sleep(0.01)
    out, err = process.communicate()
    assert process.returncode == 0, (out, err)
    return peak


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read a process's memory from")
def test_large_files_do_not_take_memory(world: World) -> None:
    with world.write("app/model.bin", b"").open("r+b") as file:
        file.truncate(600 * MB)
    world.wheel("weights", files={"weights/data.bin": bytes(300 * MB)})
    world.depend("fastapi", "uvicorn", "weights")
    world.mirror.add(
        Deb(
            name="netbase", version="9", architecture="all", files={"usr/data.bin": bytes(300 * MB)}, compression=".zst"
        )
    )
    world.mirror.publish()
    assert world.lading("lock").code == 0
    assert peak_of(world.start("build")) < LIMIT
    assert peak_of(world.start("build", "--output", "../image.tar", "--output", "../layout")) < LIMIT
    assert peak_of(world.start("validate", "svc")) < LIMIT
    with registry() as there:
        assert peak_of(world.start("build", "--push", "--tag", f"{there.host}/svc:1")) < LIMIT
