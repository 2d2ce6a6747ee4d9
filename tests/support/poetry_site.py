"""Poetry's own site, as far as `curl … https://install.python-poetry.org | python3 -` needs it, for tests that reach
no site but the package registries.

    with poetry_site(folder) as proxy:       # a proxy on the loopback interface that leads there, and elsewhere on
        build("--build-arg", f"HTTPS_PROXY={proxy}")
"""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.support.httpd import Answer, serve
from tests.support.tls import make_authority

HOST = "install.python-poetry.org"
INSTALLER = b"""
# As https://python-poetry.org/docs/#installing-with-the-official-installer tells what the installer does.
import os, subprocess, venv
from pathlib import Path
home = Path(os.environ.get("POETRY_HOME", "~/.local/share/pypoetry")).expanduser()
version = os.environ.get("POETRY_VERSION", "")
venv.create(home / "venv", with_pip=True)
wanted = "poetry==" + version if version else "poetry"
subprocess.run([home / "venv/bin/pip", "install", "--quiet", wanted], check=True)
(home / "bin").mkdir()
(home / "bin/poetry").symlink_to(home / "venv/bin/poetry")
"""


@contextmanager
def poetry_site(folder: Path) -> Iterator[str]:
    """Serve it until the block ends; the address of the proxy. `folder` takes the site's certificate."""
    with serve(lambda _request: Answer(body=INSTALLER), context=make_authority(folder).context()) as site:

        class Tunnel(_Tunnel):
            port = site.port

        with ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()


class _Tunnel(StreamRequestHandler):
    """`CONNECT host:port` (RFC 9110, section 9.3.6), and then bytes both ways."""

    port: int

    def handle(self) -> None:
        host, _, port = self.rfile.readline().split()[1].decode().rpartition(":")
        while self.rfile.readline().strip():
            pass
        where = ("127.0.0.1", self.port) if host == HOST else (host, int(port))
        with suppress(OSError), socket.create_connection(where) as other:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            _both_ways(self.connection, other)


def _both_ways(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(1 << 16)
            if not data:
                return
            (other if ready is one else one).sendall(data)
