"""Ports: which one an image listens on, and where it is reached."""

import re
import socket
from typing import NamedTuple

from lading.errors import UsageError
from lading.oci.documents import RunConfig

LOOPBACK = "127.0.0.1"

_PUBLISHED = re.compile(
    r"(?:(?P<host>\[[0-9a-fA-F:.]+\]|[0-9]+(?:\.[0-9]+){3}|localhost):(?=[0-9]*:))?"
    r"(?:(?P<port>[0-9]{0,5}):)?(?P<inside>[0-9]{1,5})(?:/tcp)?\Z"
)


class Place(NamedTuple):
    """An address and port of the host; port 0 is one that is still to be chosen."""

    host: str
    port: int

    @property
    def written(self) -> str:
        """As Docker writes it: `127.0.0.1:8080`."""
        return f"{self.host}:{self.port}"

    @property
    def address(self) -> str:
        """Where a browser on this machine goes."""
        host = {"0.0.0.0": LOOPBACK, "[::]": "[::1]"}.get(self.host, self.host)  # noqa: S104  # compared, not bound
        return f"http://{host}:{self.port}"


def parse_published(text: str) -> tuple[Place, int]:
    """`8080`, `9000:8080` or `127.0.0.1:9000:8080` as the place on the host and the port inside.

    Without an address it is the loopback interface: what a laptop runs is nobody else's. `UsageError` for other text.
    """
    match = _PUBLISHED.match(text)
    if not match or not 0 < int(match["inside"]) < 65536 or int(match["port"] or 0) > 65535:
        raise UsageError(
            f"{text!r} is no port to publish", where="--publish", fix="write 8080, 9000:8080 or 127.0.0.1:9000:8080"
        )
    host = match["host"] or LOOPBACK
    return Place(LOOPBACK if host == "localhost" else host, int(match["port"] or 0)), int(match["inside"])


def exposed_port(config: RunConfig) -> int | None:
    """The lowest TCP port that the image says it listens on."""
    found = [re.fullmatch(r"([0-9]{1,5})(?:/tcp)?", key) for key in config.exposed_ports or ()]
    return min((int(match[1]) for match in found if match), default=None)


def choose_port(wanted: int) -> int:
    """`wanted` if it is free on the loopback interface, else any that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted
