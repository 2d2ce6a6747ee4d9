"""``docker-registry`` (the reference implementation that Debian packages) on a loopback port."""

from __future__ import annotations

import http.client
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tools.engine.errors import EngineError
from tools.engine.home import Home
from tools.engine.processes import Process, start
from tools.engine.wrappers import tool_environment, tool_program

_LAST_LINES = 15
_PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class RegistryOptions:
    """What the registry asks of its clients.

    ``certificate`` and ``key`` are PEM files that switch TLS on; ``htpasswd`` is a file of bcrypt hashes that switches
    basic authentication on.
    """

    certificate: Path | None = None
    key: Path | None = None
    htpasswd: Path | None = None


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def start_registry(home: Home, folder: Path, options: RegistryOptions | None = None) -> tuple[Process, int]:
    """Start a registry that keeps everything in ``folder`` and return it with its port once it answers.

    Raises ``EngineError`` with the end of its log when it does not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "config.yml"
    # Every JSON text is YAML.
    config.write_text(json.dumps(_configuration(folder, port, options or RegistryOptions()), indent=2))
    log = folder / "registry.log"
    argv = [tool_program(home, "docker-registry"), "serve", str(config)]
    try:
        process = start("registry", argv, final=argv, environ=tool_environment(home), log=log)
    except ChildProcessError as error:
        raise EngineError(f"{error}\n{last_lines(log)}") from error
    deadline = time.monotonic() + _PATIENCE
    while not registry_answers(port, tls=bool(options and options.certificate)):
        if not process.alive or time.monotonic() > deadline:
            raise EngineError(f"the registry does not answer on 127.0.0.1:{port}\n{last_lines(log)}")
        time.sleep(0.05)
    return process, port


def registry_answers(port: int, *, tls: bool = False) -> bool:
    """Whether a registry answers on the port, with or without asking for a password."""
    if tls:
        with socket.socket() as probe:
            probe.settimeout(2)
            return probe.connect_ex(("127.0.0.1", port)) == 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in {200, 401}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def last_lines(log: Path) -> str:
    """Return the end of a log for a person to read."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return "(no log)"
    return "\n".join([f"last lines of {log}:", *lines[-_LAST_LINES:]])


def _configuration(folder: Path, port: int, options: RegistryOptions) -> dict[str, object]:
    http_section: dict[str, object] = {"addr": f"127.0.0.1:{port}", "net": "tcp"}
    if options.certificate:
        http_section["tls"] = {"certificate": str(options.certificate), "key": str(options.key)}
    configuration: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}, "delete": {"enabled": True}},
        "http": http_section,
    }
    if options.htpasswd:
        configuration["auth"] = {"htpasswd": {"realm": "test", "path": str(options.htpasswd)}}
    return configuration
