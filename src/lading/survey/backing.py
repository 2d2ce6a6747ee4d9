"""Which services a service needs beside it: by addresses in its code, and by the drivers that it has locked. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

from lading.survey.model import Backing, Carrier, Certainty, Fact
from lading.survey.variables import Reading

Kind = Literal["postgres", "redis"]
Part = Literal["url", "host", "port", "user", "password", "name"]

DRIVERS: Mapping[Kind, tuple[str, ...]] = {
    "postgres": (
        "psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000",
        "github.com/jackc/pgx", "github.com/lib/pq", "github.com/go-pg/pg", "github.com/uptrace/bun/driver/pgdriver",
        "gorm.io/driver/postgres", "pg", "pg-promise", "postgres", "slonik",
    ),
    "redis": (
        "redis", "aioredis", "coredis",
        "github.com/redis/go-redis", "github.com/go-redis/redis", "github.com/redis/rueidis",
        "github.com/gomodule/redigo", "github.com/hibiken/asynq", "ioredis", "bullmq", "connect-redis",
    ),
}  # fmt: skip
"""Packages that are there for one kind of service, as a lock names them, or the start of a path that Go imports."""

_USUAL: Mapping[Kind, str] = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
"""The variable where the code names none: what hosts of applications set."""

_SCHEMES: Mapping[Kind, str] = {"postgres": r"postgres(?:ql)?(?:\+[a-z0-9_]+)?", "redis": "rediss?"}
_DSN: Mapping[str, Kind] = {"PostgresDsn": "postgres", "RedisDsn": "redis"}
_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+_-]*)://(?:[^/?#]*)(?P<path>/[A-Za-z0-9_-]+)?")

_DATABASE = r"(?:^|_)(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG|SQL|SQLALCHEMY(?:_DATABASE)?)_?"
_URLS: Mapping[Kind, re.Pattern[str]] = {
    "postgres": re.compile(rf"{_DATABASE}(?:URL|URI|DSN)\Z"),
    "redis": re.compile(r"(?:^|_)(?:REDIS_?(?:URL|URI|DSN)|(?:BROKER|CACHE)_(?:URL|URI)|RESULT_BACKEND)\Z"),
}
_PARTS: Mapping[Kind, re.Pattern[str]] = {
    "postgres": re.compile(
        rf"{_DATABASE}(?P<part>HOST|HOSTNAME|SERVER|PORT|USER|USERNAME|PASSWORD|PASS|NAME|DB|DATABASE)\Z"
    ),
    "redis": re.compile(r"(?:^|_)REDIS_?(?P<part>HOST|HOSTNAME|SERVER|PORT)\Z"),
}
_CALLED: Mapping[str, Part] = {
    "HOST": "host", "HOSTNAME": "host", "SERVER": "host", "PORT": "port", "USER": "user", "USERNAME": "user",
    "PASSWORD": "password", "PASS": "password", "NAME": "name", "DB": "name", "DATABASE": "name",
}  # fmt: skip


def backing_facts(reads: Iterable[Reading], packages: Collection[str], lock: str) -> tuple[Fact[Backing], ...]:
    """The services that the code needs, by kind. `packages` are the names of the locked ones that run, `lock` is their
    file.

    An address in the code is enough; a name such as `DATABASE_URL` counts only beside a driver; a driver alone is a
    guess that the usual variable leads to its service.
    """
    known = tuple(reads)
    found = (_fact(kind, known, packages, lock) for kind in DRIVERS)
    return tuple(fact for fact in found if fact)


def _fact(kind: Kind, reads: tuple[Reading, ...], packages: Collection[str], lock: str) -> Fact[Backing] | None:
    driver = next((name for name in DRIVERS[kind] if name in packages), "")
    carriers: dict[str, Carrier] = {}
    source = ""
    for read in reads:
        carrier = _carrier(kind, read, packages, driver)
        if carrier and (carrier.variable not in carriers or carrier.path):
            carriers[carrier.variable] = carrier
            source = source or read.source
    leading = any(carrier.part in ("url", "host") for carrier in carriers.values())
    if not leading and not driver:
        return None
    certainty: Certainty = "found"
    if not leading:
        usual = Carrier(variable=_USUAL[kind], part="url", scheme=_scheme(kind, packages))
        carriers, source, certainty = {usual.variable: usual}, f"{lock} › {driver}", "assumed"
    backing = Backing(kind=kind, carriers=tuple(carriers[name] for name in sorted(carriers)))
    return Fact(value=backing, source=source, certainty=certainty)


def _carrier(kind: Kind, read: Reading, packages: Collection[str], driver: str) -> Carrier | None:
    address = _ADDRESS.match(read.default)
    if address and re.fullmatch(_SCHEMES[kind], address["scheme"]):
        return Carrier(variable=read.name, part="url", scheme=address["scheme"], path=address["path"] or "")
    if any(_DSN.get(one) == kind for one in read.kinds):
        return Carrier(variable=read.name, part="url", scheme=_scheme(kind, packages))
    if not driver or (address and not address["scheme"].startswith("sqlite")):
        return None
    if _URLS[kind].search(read.name):
        return Carrier(variable=read.name, part="url", scheme=_scheme(kind, packages))
    part = _PARTS[kind].search(read.name)
    return Carrier(variable=read.name, part=_CALLED[part["part"]]) if part else None


def _scheme(kind: Kind, packages: Collection[str]) -> str:
    """What an address starts with where the code shows none: SQLAlchemy wants the driver's name in it
    (https://docs.sqlalchemy.org/en/20/core/engines.html#postgresql)."""
    if kind == "redis":
        return "redis"
    return next(_sqlalchemy(packages), "postgresql")


def _sqlalchemy(packages: Collection[str]) -> Iterator[str]:
    if "sqlalchemy" in packages and not {"psycopg2", "psycopg2-binary"}.intersection(packages):
        yield from (f"postgresql+{name}" for name in ("asyncpg", "psycopg", "pg8000") if name in packages)
