"""What services need beside them, as containers for development, and the variables that lead there. Pure.

Images by tag: https://hub.docker.com/_/postgres, https://hub.docker.com/_/redis, https://hub.docker.com/r/dpage/pgadmin4.
Nothing here is for production, which has databases of its own.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from lading.render.document import Noted, OneLine
from lading.render.interpolation import Template, joined, optional
from lading.render.naming import Names, Ports
from lading.render.roles import Cast
from lading.survey.model import Backing, Carrier, PackagesService, Service

POSTGRES = "postgres:18.4-trixie"
POSTGRES_PORT = 5432
POSTGRES_FOLDER = "/var/lib/postgresql"
"""From version 18 on a folder of the major version is below it (https://hub.docker.com/_/postgres, PGDATA)."""
REDIS = "redis:8.10.2-trixie"
REDIS_PORT = 6379
PGADMIN = "dpage/pgadmin4:9.8"
PGADMIN_PORT = 5050
USER = "app"
PASSWORD = optional("POSTGRES_PASSWORD", "development")
"""Plainly a default for a desk: these ports are only open on this machine."""

Block = dict[str, object]


class Beside(NamedTuple):
    """One container of a backing service: its name, and the database that it is made with."""

    kind: Literal["postgres", "redis"]
    name: str
    database: str = ""


class Needs(NamedTuple):
    """The containers beside the services, and those of each service by its name, with the variables that lead there."""

    beside: tuple[Beside, ...]
    of: Mapping[str, tuple[tuple[Backing, Beside], ...]]


def needs(casts: Sequence[Cast], names: Names) -> Needs:
    """What stands beside the services: one Redis for all, one Postgres for each database that they name.

    A service whose code names no database has one of its own.
    """
    databases = {one.main.name: _database(one) for one in casts}
    wanted = list(dict.fromkeys((kind, database) for one in casts for kind, database in _kinds(one, databases)))
    several = sum(kind == "postgres" for kind, _ in wanted) > 1
    made: dict[tuple[str, str], Beside] = {}
    for kind, database in wanted:
        name = f"{database}-{kind}" if several and kind == "postgres" else kind
        made[kind, database] = Beside(kind, names.service(name), database)
    of = {
        one.main.name: tuple(
            (fact.value, made[key]) for fact, key in zip(one.member.facts.backing, _kinds(one, databases), strict=True)
        )
        for one in casts
    }
    return Needs(tuple(made.values()), of)


def kind_of(facts: Service) -> str:
    """Which kind of backing service an image of packages is; nothing for any other service."""
    packages = facts.packages if isinstance(facts, PackagesService) else ()
    known = (kind for package in packages for pattern, kind in _SERVERS.items() if re.fullmatch(pattern, package))
    return next(known, "")


_SERVERS = {r"postgresql-\d+": "postgres", r"(?:redis|valkey)-server": "redis"}
"""Packages that are servers of a kind."""


def container(beside: Beside, ports: Ports) -> Block:
    """The container of a backing service."""
    if beside.kind == "postgres":
        return _postgres(beside, ports)
    return {
        "image": Noted("The queue or cache that the code asks for.", REDIS),
        "command": OneLine(("redis-server", "--appendonly", "yes")),
        "healthcheck": _asked("redis-cli", "ping"),
        "ports": [here(_variable(beside), ports, REDIS_PORT)],
        "volumes": [f"{volume(beside)}:/data"],
    }


def pgadmin(postgres: Sequence[Beside], ports: Ports) -> Block:
    """A web page to look at the databases with."""
    return {
        "image": Noted("A page to look at the databases with, because somebody asked for it.", PGADMIN),
        "environment": {
            "PGADMIN_DEFAULT_EMAIL": optional("PGADMIN_EMAIL", "developer@example.com"),
            "PGADMIN_DEFAULT_PASSWORD": optional("PGADMIN_PASSWORD", "development"),
        },
        "depends_on": {one.name: {"condition": "service_healthy"} for one in postgres},
        "ports": [here("PGADMIN_PORT", ports, PGADMIN_PORT, 80)],
        "volumes": ["pgadmin-data:/var/lib/pgadmin"],
    }


def volume(beside: Beside) -> str:
    """The name of the volume that keeps a container's data."""
    return f"{beside.name}-data"


def value(carrier: Carrier, beside: Beside) -> Template:
    """What a variable must say to lead to a container."""
    if beside.kind == "redis":
        url, port = f"redis://{beside.name}:{REDIS_PORT}{carrier.path or '/0'}", REDIS_PORT
        said = {"url": joined(url)}
    else:
        port = POSTGRES_PORT
        place = f"@{beside.name}:{port}/{beside.database}"
        said = {
            "url": joined(f"{carrier.scheme}://{USER}:", PASSWORD, place),
            "user": joined(USER),
            "password": PASSWORD,
            "name": joined(beside.database),
        }
    return {"host": joined(beside.name), "port": joined(str(port)), **said}[carrier.part]


def here(variable: str, ports: Ports, wanted: int, inside: int = 0) -> Template:
    """A port that only this machine reaches: the one that is wanted or the next free one, or what a variable says."""
    return joined("127.0.0.1:", optional(variable, ports.take(wanted)), f":{inside or wanted}")


def _kinds(one: Cast, databases: Mapping[str, str]) -> list[tuple[Literal["postgres", "redis"], str]]:
    kinds = [fact.value.kind for fact in one.member.facts.backing]
    return [(kind, databases[one.main.name] if kind == "postgres" else "") for kind in kinds]


def _database(one: Cast) -> str:
    """The database that the code's own default names, else one that is called as the service."""
    paths = [
        carrier.path.strip("/")
        for fact in one.member.facts.backing
        for carrier in fact.value.carriers
        if fact.value.kind == "postgres" and carrier.path
    ]
    return re.sub(r"[^a-z0-9_]", "_", (paths[0] if paths else one.main.name).lower())


def _postgres(beside: Beside, ports: Ports) -> Block:
    return {
        "image": Noted("The database that the code asks for; production has its own.", POSTGRES),
        "environment": {
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": Noted("For a desk, where only this machine reaches it.", PASSWORD),
            "POSTGRES_DB": beside.database,
        },
        "healthcheck": Noted(
            "By TCP: while it makes the database for the first time, it answers on its socket and starts again.",
            _asked("pg_isready", "--host", "127.0.0.1", "--username", USER, "--dbname", beside.database),
        ),
        "ports": [here(_variable(beside), ports, POSTGRES_PORT)],
        "volumes": [f"{volume(beside)}:{POSTGRES_FOLDER}"],
    }


def _asked(*command: str) -> Block:
    return {"test": OneLine(("CMD", *command)), "interval": "2s", "timeout": "5s", "retries": 30}


def _variable(beside: Beside) -> str:
    """`POSTGRES_PORT`; of several `SHOP_POSTGRES_PORT`."""
    return f"{beside.name.upper().replace('-', '_')}_PORT"
