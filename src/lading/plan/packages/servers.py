"""What a packaged server needs beside its files: known for a few, so that naming the package is enough. Pure data.

Debian's maintainer scripts and init files would have said it; neither is used in a container. Whatever lading.toml says
wins, key by key.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from lading.plan.packages import postgres
from lading.survey.model import Variable


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a packaged server. `title` names it, `package` is the one it was known by; `programs` are folders
    of programs for PATH, `without` packages that it runs without, `notes` what a person should see of that;
    `variables` are what it reads of a container's environment."""

    title: str
    package: str
    base: Literal["distroless", "slim"]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    health: tuple[str, ...]
    port: int
    volumes: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    files: tuple[tuple[str, int, str], ...] = ()
    stop_signal: str = "SIGTERM"
    start_period: float | None = None
    notes: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()


def known_server(packages: Iterable[str], port: int | None) -> Server | None:
    """The server that one of these packages is, listening on `port` or its own; nothing for none, and for several."""
    found = [
        make(package, port)
        for package in packages
        for pattern, make in _KNOWN.items()
        if re.fullmatch(pattern, package)
    ]
    return found[0] if len(found) == 1 else None


_COMPILERS: Mapping[str, str] = {"17": "libllvm19", "15": "libllvm14"}
"""What compiles queries to machine code, by PostgreSQL's version: 120 MB, of use for long analytical queries."""

_CLUSTERS = ("locales", "postgresql-client-common", "postgresql-common", "sensible-utils", "ssl-cert")
"""What manages several database clusters of one machine, and certificates and locales for them: scripts in Perl."""


def _postgres(package: str, port: int | None) -> Server:
    version, listens = package.rpartition("-")[2], port or 5432
    compiler = _COMPILERS.get(version)
    programs = f"/usr/lib/postgresql/{version}/bin"
    # Sockets go to /tmp, the one place besides the volume that may be written to; clients find them by PGHOST.
    options = ("listen_addresses=*", f"port={listens}", "unix_socket_directories=/tmp", "jit=off")
    return Server(
        title=f"PostgreSQL {version}",
        package=package,
        base="slim",
        entrypoint=(postgres.START,),
        command=("postgres", *(word for option in options for word in ("-c", option))),
        health=(f"{programs}/pg_isready", "--quiet"),
        port=listens,
        volumes=("/var/lib/postgresql",),
        env=(
            ("PGDATA", f"/var/lib/postgresql/{version}"),
            ("PGHOST", "/tmp"),  # noqa: S108  # a path in the container
            ("PGPORT", str(listens)),
        ),
        programs=(programs,),
        without=tuple(sorted((*_CLUSTERS, *([compiler] if compiler else [])))),
        files=((postgres.START, 0o755, postgres.SCRIPT),),
        stop_signal="SIGINT",  # "fast" shutdown: open transactions are ended (PostgreSQL's manual, 18.5)
        start_period=60.0,
        variables=(
            Variable(name="POSTGRES_DB"),
            Variable(name="POSTGRES_PASSWORD", required=True, secret=True),
            Variable(name="POSTGRES_USER"),
        ),
        notes=(f"PostgreSQL is without its compiler of queries ({compiler}): jit is off",) if compiler else (),
    )


def _redis(package: str, port: int | None) -> Server:
    name, listens = package.partition("-")[0], port or 6379
    return Server(
        title=name.capitalize(),
        package=package,
        base="distroless",
        entrypoint=(f"/usr/bin/{name}-server",),
        command=("--port", str(listens), "--dir", "/data", "--appendonly", "yes", "--protected-mode", "no"),
        health=(f"/usr/bin/{name}-cli", "-e", "-p", str(listens), "ping"),
        port=listens,
        volumes=("/data",),
        notes=(f"{name} asks for no password: whoever reaches its port may use it",),
    )


_KNOWN: Mapping[str, Callable[[str, int | None], Server]] = {
    r"postgresql-\d+": _postgres,
    r"(?:redis|valkey)-server": _redis,
}
"""How the image of a server is started, by a pattern of its package's name."""
