"""A door in front of a server that counts the bytes going through it, each way."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Door:
    """`host` is the door's own `host:port`; `up` and `down` count bytes to and from the server since `mark`."""

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self.up = self.down = 0

    def mark(self) -> None:
        """Start counting anew."""
        with self._lock:
            self.up = self.down = 0

    def serve(self) -> None:
        """Let connections through until the door is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._server)
                threading.Thread(target=self._connect, args=(near, far), daemon=True).start()

    def close(self) -> None:
        """Let nobody through any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _connect(self, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            back = threading.Thread(target=self._carry, args=(far, near, "down"), daemon=True)
            back.start()
            self._carry(near, far, "up")
            back.join()

    def _carry(self, source: socket.socket, target: socket.socket, way: str) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    setattr(self, way, getattr(self, way) + len(data))
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def counting(server: str) -> Iterator[Door]:
    """A door to the server at `host:port`, for as long as the block lasts."""
    door = Door(server)
    thread = threading.Thread(target=door.serve)
    thread.start()
    try:
        yield door
    finally:
        door.close()
        thread.join()
