"""``dockerd`` with the containerd image store, inside its own mounts."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path

from tools.engine.errors import EngineError
from tools.engine.home import Home
from tools.engine.overlay import overlay_works
from tools.engine.processes import Process, start
from tools.engine.registry import last_lines
from tools.engine.wrappers import tool_environment, tool_program

_PATIENCE = 60.0


def start_daemon(home: Home) -> Process:
    """Start the daemon and return it once it answers.

    Raises ``EngineError``, with the end of its log, when it does not.
    """
    scratch = home.state / "scratch"
    for folder in (scratch, home.state / "run", home.state / "docker"):
        folder.mkdir(parents=True, exist_ok=True)
    config = home.state / "daemon.json"
    config.write_text(json.dumps(_configuration(home), indent=2))
    final = [tool_program(home, "dockerd"), "--config-file", str(config)]
    launcher = [sys.executable, "-I", str(Path(__file__).with_name("isolate.py")), str(scratch)]
    argv = ["unshare", "--mount", "--propagation", "slave", "--", *launcher, *final]
    log = home.state / "dockerd.log"
    try:
        process = start("dockerd", argv, final=final, environ=tool_environment(home), log=log)
    except ChildProcessError as error:
        raise EngineError(f"{error}\n{last_lines(log)}") from error
    deadline = time.monotonic() + _PATIENCE
    while not daemon_answers(home):
        if not process.alive or time.monotonic() > deadline:
            raise EngineError(f"dockerd does not answer on {home.socket}\n{last_lines(log)}")
        time.sleep(0.05)
    return process


def daemon_answers(home: Home) -> bool:
    """Whether a Docker daemon answers on the socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(home.socket))
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in connection.recv(64)
        except OSError:
            return False


def remove_cgroups(home: Home) -> None:
    """Remove the empty control groups that the containers leave behind in the kernel."""
    for folder in sorted(Path("/sys/fs/cgroup").glob(f"**/{home.cgroup}"), reverse=True):
        for path in [*sorted((p for p in folder.glob("**/") if p != folder), reverse=True), folder]:
            try:
                path.rmdir()
            except OSError:
                break


def _configuration(home: Home) -> dict[str, object]:
    return {
        "hosts": [f"unix://{home.socket}"],
        "data-root": str(home.state / "docker"),
        "exec-root": str(home.state / "run"),
        "pidfile": str(home.state / "run/docker.pid"),
        "features": {"containerd-snapshotter": True},
        # `native` keeps plain copies, for a cache folder that cannot hold an overlay.
        "storage-driver": "overlayfs" if overlay_works(home.state) else "native",
        # A network of its own would need bridges and packet filters on the host: containers use --network=host.
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
        "ip-forward": False,
        "cgroup-parent": f"/{home.cgroup}",
        "log-level": "warn",
        "shutdown-timeout": 5,
    }
