"""The way to a container's port: over an address of this machine, or into its own network."""

import ctypes
import os
import socket
import threading
from urllib.parse import urlsplit

from lading.errors import StepFailed
from lading.prove.verify.ask import PATIENCE, Connect

_CLONE_NEWNET = 0x40000000
"""https://man7.org/linux/man-pages/man2/setns.2.html"""


def outside(address: str) -> Connect:
    """Connections to an address of this machine, such as `http://127.0.0.1:8080` or `127.0.0.1:8080`."""
    place = urlsplit(address if "//" in address else f"//{address}")
    host, port = place.hostname or "127.0.0.1", place.port or 80
    return lambda: socket.create_connection((host, port), PATIENCE)


def inside(pid: int, port: int) -> Connect:
    """Connections to a port of the loopback interface that the process `pid` has for itself. Needs root."""
    return lambda: _entered(pid, port)


def _entered(pid: int, port: int) -> socket.socket:
    """A socket belongs to the network that it was made in, so one thread enters it, and ends."""
    made: list[socket.socket] = []
    failed: list[OSError | StepFailed] = []

    def enter() -> None:
        try:
            _enter(pid)
            made.append(socket.create_connection(("127.0.0.1", port), PATIENCE))
        except (OSError, StepFailed) as error:
            failed.append(error)

    thread = threading.Thread(target=enter, name="lading-network")
    thread.start()
    thread.join()
    for error in failed:
        raise error
    return made[0]


def _enter(pid: int) -> None:
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace, _CLONE_NEWNET):
            raise StepFailed(
                f"cannot enter the container's network: {os.strerror(ctypes.get_errno())}",
                fix="--network host lets it listen on this machine's",
            )
    finally:
        os.close(namespace)
