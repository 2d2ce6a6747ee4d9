"""The ways to start a service in Node: its own start, Procfile lines, workers and migrations. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping

from lading.survey.model import Certainty, Fact, ProcessFact
from lading.survey.node.commands import PROGRAMS, Command, command_of
from lading.survey.node.package import PackageFacts

PORT = "{port}"
"""What stands in words for the port, which is decided later."""
STARTS = ("start:prod", "start:production", "start")
"""The scripts that start a service, the one that is meant for production first."""
FILES = ("server", "index", "app", "main", "src/server", "src/index", "src/app", "src/main")
"""Where a server is that nothing names, without the suffix."""

_LINE = re.compile(r"([A-Za-z0-9_-]{1,63})\s*:\s*(\S.*)\Z")
_VARIABLE = re.compile(r"\$(?:\{PORT(?::-[^}]*)?\}|PORT\b)")
_CALLED = re.compile(
    r"(?:start:|run:|db:|prisma:|knex:)?(?P<kind>workers?|queues?|consumers?|cron|scheduler|migrate|migrations?)"
    r"(?::(?:start|run|prod|production|deploy|up|latest))*\Z"
)
_KINDS = {"workers": "worker", "queue": "worker", "queues": "worker", "consumer": "worker", "consumers": "worker",
          "scheduler": "cron", "migration": "migrate", "migrations": "migrate"}  # fmt: skip
_ORDER = (":prod", ":production", ":deploy")

Start = Fact[tuple[str, ...]]


def procfile(text: str, package: PackageFacts) -> dict[str, Fact[ProcessFact]]:
    """Every line of a Procfile, by name, in its order. `$PORT` is the port; a line that node cannot run says so."""
    found: dict[str, Fact[ProcessFact]] = {}
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        if match:
            name = match[1].lower()
            command = command_of(_VARIABLE.sub(PORT, match[2]), package.scripts, package.main)
            found.setdefault(name, _process(name, command, f"Procfile › {name}"))
    return found


def start_of(package: PackageFacts, paths: Collection[str]) -> tuple[Start | None, str]:
    """The words that start a service, and the package that they need: from its scripts, from `main`, else from a file
    with a usual name. Only what is plainly meant to be started counts."""
    for name in STARTS:
        if name in package.scripts:
            command = command_of(package.scripts[name], package.scripts, package.main)
            if command.words:
                return Fact(value=command.words, source=f"package.json › scripts.{name}"), command.needs
    if package.main and package.main.removeprefix("./") in paths and _serves(package):
        words = (package.main.removeprefix("./"),)
        return Fact(value=words, source="package.json › main", certainty="found"), ""
    for stem in FILES if _serves(package) else ():
        for suffix in (".js", ".mjs", ".cjs"):
            if f"{stem}{suffix}" in paths:
                return Fact(value=(f"{stem}{suffix}",), source=f"{stem}{suffix}", certainty="assumed"), ""
    return None, ""


def scripted(package: PackageFacts) -> Iterator[Fact[ProcessFact]]:
    """Workers, migrations and the like that scripts of `package.json` start."""
    found: dict[str, Fact[ProcessFact]] = {}
    for name in sorted(package.scripts, key=lambda one: (not one.endswith(_ORDER), one)):
        match = _CALLED.match(name)
        if match:
            kind = _KINDS.get(match["kind"], match["kind"])
            command = command_of(package.scripts[name], package.scripts, package.main)
            if command.words and not command.note:
                found.setdefault(kind, _process(kind, command, f"package.json › scripts.{name}"))
    yield from (found[kind] for kind in sorted(found))


def migrations(package: PackageFacts, paths: Collection[str]) -> Iterator[Fact[ProcessFact]]:
    """Migrations that a tool of the project runs, where no script says how."""
    if any(path.startswith("prisma/migrations/") for path in paths) and "prisma" in package.every:
        needs, file = PROGRAMS["prisma"]
        command = Command((file, "migrate", "deploy"), needs)
        yield _process("migrate", command, "prisma/migrations", certainty="found")


def joined(
    given: Mapping[str, Fact[ProcessFact]], others: Iterator[Fact[ProcessFact]]
) -> tuple[Fact[ProcessFact], ...]:
    """The processes of a Procfile, and those of `others` whose names are not there yet; sorted by name."""
    kept = dict(given)
    for fact in others:
        kept.setdefault(fact.value.name, fact)
    return tuple(kept[name] for name in sorted(kept))


SERVERS = frozenset({
    "express", "fastify", "koa", "hono", "@hono/node-server", "@hapi/hapi", "restify", "polka", "h3", "@apollo/server",
    "apollo-server", "socket.io", "ws", "micro", "@feathersjs/feathers", "@adonisjs/core", "moleculer", "sails",
})  # fmt: skip
"""Packages that somebody who starts a server depends on."""


def _serves(package: PackageFacts) -> bool:
    return not SERVERS.isdisjoint(package.dependencies)


def _process(name: str, command: Command, source: str, certainty: Certainty = "declared") -> Fact[ProcessFact]:
    process = ProcessFact(name=name, words=command.words, needs=command.needs, note=command.note)
    return Fact(value=process, source=source, certainty=certainty)
