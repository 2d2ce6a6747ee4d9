"""`lading run` with the real runtimes: as the image's own user, with nothing more, and with nothing left behind."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import Built
from tests.support.tools import missing
from tools.engine.home import Home
from tools.engine.wrappers import tool_program

from lading.prove.container import machine, slug

RUNTIMES = ("docker", "podman", "crun", "runc")

LOOK = """
import json, os

def writable(path):
    try:
        open(path, "w").close()
    except OSError as error:
        return error.strerror
    return "writable"

status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(json.dumps({
    "user": [os.getuid(), os.getgid()],
    "capabilities": {status[key] for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16},
    "no new privileges": status["NoNewPrivs"],
    "root": writable("/x"),
    "application": writable("/app/x"),
    "tmp": writable("/tmp/x"),
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
    "folder": os.getcwd(),
    "A": os.environ.get("A"),
}))
"""


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest, tool: Callable[[str], Program]) -> str:
    """Each runtime, where it is there."""
    name: str = request.param
    tool(name)
    return name


@pytest.fixture(scope="module", autouse=True)
def _no_images_left(tool: Callable[[str], Program]) -> Iterator[None]:
    """The engines keep what they have run for the next time; these tests have no next time."""
    yield
    for engine in ("docker", "podman"):
        images = tool(engine)("image", "ls", "--format", "{{.Repository}}").split()
        ours = {image for image in images if "lading-run/tmp-" in image}
        if ours:
            tool(engine)("image", "rm", "--force", *sorted(ours))


def user_of(built: Built) -> list[int]:
    """The numbers of the image's user and group."""
    return [int(number) for number in built.config(machine().architecture)["config"]["User"].split(":")]


def leftovers(runtime: str, tool: Callable[[str], Program], lading: Program) -> list[str]:
    """What `lading run` has left: containers, and what it had in the store while they ran."""
    found = [path.name for path in Path(lading.environ["LADING_STORE"], "tmp").iterdir()]
    if runtime in ("docker", "podman"):
        found += tool(runtime)("ps", "--all", "--quiet", "--filter", "label=lading.run").split()
    return found


def test_the_service_is_healthy_and_answers(
    runtime: str, lading: Program, riskshield: Built, tool: Callable[[str], Program]
) -> None:
    told = lading(
        "run",
        f"{riskshield.layout}:1",
        "--runtime",
        runtime,
        "--wait-healthy",
        "--probe",
        "/health",
        "--timeout",
        "600",
    )
    healthy, status, answer = told.splitlines()
    assert healthy.startswith("healthy after ")
    assert healthy.endswith(" at http://127.0.0.1:8080")
    assert status == "GET /health: 200"
    assert json.loads(answer)["status"] == "healthy"
    assert leftovers(runtime, tool, lading) == []


def test_the_process_is_the_images_user_and_may_do_nothing_else(
    runtime: str, lading: Program, riskshield: Built, tool: Callable[[str], Program]
) -> None:
    command = ("run", f"{riskshield.layout}:1", "--runtime", runtime, "-e", "A=1 2", "--", "-c", LOOK)
    assert json.loads(lading(*command)) == {
        "user": user_of(riskshield),
        "capabilities": True,
        "no new privileges": "1",
        "root": "Read-only file system",
        "application": "Read-only file system",
        "tmp": "writable",
        "processes": 1,
        "folder": "/app",
        "A": "1 2",
    }
    assert leftovers(runtime, tool, lading) == []


def test_the_exit_code_and_both_outputs_are_the_processs(runtime: str, lading: Program, riskshield: Built) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    done = lading.attempt("run", f"{riskshield.layout}:1", "--runtime", runtime, "--", "-c", code)
    assert (done.returncode, done.stdout) == (7, b"out\n")
    assert b"err\n" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_process(
    runtime: str, number: signal.Signals, lading: Program, riskshield: Built, tool: Callable[[str], Program]
) -> None:
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(42))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    command = [str(lading.path), "run", f"{riskshield.layout}:1", "--runtime", runtime, "--", "-c", code]
    with subprocess.Popen(command, env=lading.environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait() == 42
    assert leftovers(runtime, tool, lading) == []


def test_a_writable_root_is_thrown_away(runtime: str, lading: Program, slim: Built) -> None:
    """The same image twice: what the first container wrote, the second does not see."""
    code = "import os; print(os.path.exists('/tmp/x')); open('/tmp/x', 'w')"
    for _ in range(2):
        command = ("run", f"{slim.layout}:1", "--runtime", runtime, "--no-read-only", "--", "-c", code)
        assert lading(*command) == "False\n"


def test_it_is_loaded_into_an_engine_once(lading: Program, riskshield: Built, docker: Program) -> None:
    command = ("run", f"{riskshield.layout}:1", "--runtime", "docker", "--", "-c", "")
    lading(*command)
    first = docker("image", "inspect", "--format", "{{.Id}}", f"lading-run/{slug(f'{riskshield.layout}:1')}")
    done = lading.attempt("-v", *command)
    assert "docker pull" not in done.stderr.decode()
    assert "docker load" not in done.stderr.decode()
    assert docker("image", "inspect", "--format", "{{.Id}}", f"lading-run/{slug(f'{riskshield.layout}:1')}") == first


def test_without_root_the_user_is_the_images_all_the_same(
    lading: Program, riskshield: Built, engine_home: Home, tool: Callable[[str], Program], tmp_path: Path
) -> None:
    """As an ordinary user of a user namespace, with the bare crun: its starter script needs root on some machines."""
    tool("crun")
    libraries = ":".join(map(str, engine_home.libraries))
    bare = tmp_path / "bin" / "crun"
    bare.parent.mkdir()
    bare.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {tool_program(engine_home, "crun")} "$@"\n')
    bare.chmod(0o755)
    store = tmp_path / "store"
    run = [str(lading.path), "run", f"{riskshield.layout}:1", "--runtime", "crun", "--", "-c", LOOK]
    hide = "umount /sys/fs/cgroup/unified 2>/dev/null; " if Path("/sys/fs/cgroup/unified").is_dir() else ""
    command = f"{hide}exec unshare --user --map-user=1000 --map-group=1000 -- {shlex.join(run)}"
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "slave", "--", "sh", "-c", command],
        env={**lading.environ, "PATH": f"{bare.parent}:{os.environ['PATH']}", "LADING_STORE": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        missing(f"no user namespaces here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["user"], seen["capabilities"], seen["root"], seen["tmp"]) == (
        user_of(riskshield),
        True,
        "Read-only file system",
        "writable",
    )
    assert list((store / "tmp").iterdir()) == []
