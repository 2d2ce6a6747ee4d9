"""The development file of compose: services that notice edits, with all that they need beside them. Pure.

Source is mounted. `develop.watch` would copy it, which Docker's daemon (26.1) refuses for a user by number: it looks
for the user among those of its own host.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from lading.errors import UsageError
from lading.render.backing import Beside, Needs, container, here, kind_of, needs, pgadmin, value, volume
from lading.render.compose import COMMAND, healthcheck, mounted_volumes, named_volumes, tag, waits_for
from lading.render.document import MERGE, Noted, OneLine, Shared, Taken, written
from lading.render.interpolation import escaped, optional, required
from lading.render.marker import marker
from lading.render.naming import Names, Ports
from lading.render.reload import DEBUG_PORT, at_desk, debugged, developed, development_start
from lading.render.roles import Cast, Member, Role, cast

FILE = "compose.dev.yaml"
DOCKERFILE = "Dockerfile.dev"
_COMPOSE = f"docker compose -f {FILE}"

Block = dict[str, object]


class _Desk(NamedTuple):
    """What every service of one file is written with."""

    needs: Needs
    ports: Ports
    debug: bool


def development(members: Sequence[Member], *, debug: bool = False, extras: Collection[str] = ()) -> str:
    """The text of `compose.dev.yaml` for these services.

    `debug` starts each main process under a debugger. `extras` are what the code does not need: `pgadmin`. Raises
    `UsageError` for a debugger that is not locked, for an extra that has nothing to show, and for text that YAML cannot
    hold.
    """
    names = Names()
    wanted = {fact.value.kind for member in members for fact in member.facts.backing}
    # An image of packages that production has for it is not built at a desk: a public one of its kind stands there.
    casts = cast([member for member in members if kind_of(member.facts) not in wanted], names)
    desk = _Desk(needs(casts, names), Ports(), debug)
    shared: Block = {}
    services: Block = {}
    for one in casts:
        block = _shared(one, desk)
        if len(one.roles) > 1:
            why = f"What all containers of {one.member.plan.service} have in common."
            shared[f"x-{one.main.name}"] = Noted(why, Shared(one.main.name, block))
            block = {MERGE: Taken(one.main.name)}
        for role in one.roles:
            services[role.name] = {**block, **dict(_own(one, role, desk))}
    volumes: Block = dict.fromkeys(name for one in casts for name in named_volumes(one))
    volumes |= dict(_beside(desk, extras, names, services))
    flags = [*(["--debug"] if debug else []), *(f"--with {name}" for name in extras)]
    head = (
        *marker(" ".join([COMMAND, "--dev", *flags])),
        "",
        f"Development. `{_COMPOSE} up --build` starts everything, also after a changed lock; edited source is noticed "
        "at once. Ports are only open on this machine.",
    )
    document: Block = {**shared, "services": services, **({"volumes": volumes} if volumes else {})}
    return written({key: escaped(part) for key, part in document.items()}, head)


def _beside(desk: _Desk, extras: Collection[str], names: Names, services: Block) -> Iterator[tuple[str, object]]:
    """The containers beside the services, and the volumes that keep their data."""
    for beside in desk.needs.beside:
        services[beside.name] = container(beside, desk.ports)
        yield volume(beside), None
    if "pgadmin" in extras:
        postgres = [beside for beside in desk.needs.beside if beside.kind == "postgres"]
        if not postgres:
            raise UsageError("there is no Postgres for pgAdmin to show", where="--with pgadmin", fix="leave it out")
        services[names.service("pgadmin")] = pgadmin(postgres, desk.ports)
        yield "pgadmin-data", None


def _shared(one: Cast, desk: _Desk) -> Block:
    environment = _environment(one, desk)
    also: Block = {"environment": environment} if environment else {}
    if developed(one.member) is None:
        return {**_as_it_ships(one), **also}
    folder = one.member.plan.folder
    context = "." if folder == "." else f"./{folder}"
    return {
        "build": Noted(
            f"{DOCKERFILE}: the base and the dependencies of production, what is for development, and a shell.",
            {"context": context, "dockerfile": DOCKERFILE},
        ),
        "volumes": Noted(
            "The source as it is on disk; the container cannot change it.",
            [{"type": "bind", "source": context, "target": one.member.plan.config.workdir, "read_only": True}],
        ),
        "init": True,
        "cap_drop": Noted("As in production, so that nothing comes to need more.", OneLine(("ALL",))),
        "security_opt": OneLine(("no-new-privileges:true",)),
        **also,
    }


def _as_it_ships(one: Cast) -> Block:
    """A service whose source is not watched: the image of production, which somebody has loaded."""
    plan = one.member.plan
    return {
        "image": Noted(f"As it ships: lading build {plan.service} --load", f"{plan.image}:{tag(one.member)}"),
        **mounted_volumes(one),
        "init": True,
        "cap_drop": Noted("As in production, so that nothing comes to need more.", OneLine(("ALL",))),
        "security_opt": OneLine(("no-new-privileges:true",)),
    }


def _environment(one: Cast, desk: _Desk) -> Block:
    """What production gets from its own environment: here it leads to the containers beside, or is a plain default."""
    said: Block = {}
    for fact in one.member.facts.variables:
        name = fact.value.name
        if fact.value.required:
            message = f"{one.main.name} does not start without it"
            said[name] = optional(name, "development") if fact.value.secret else required(name, message)
        else:
            said[name] = None
    for backing, beside in desk.needs.of[one.main.name]:
        for carrier in backing.carriers:
            said[carrier.variable] = value(carrier, beside)
    kept = {name for name, _ in one.member.plan.config.env}
    return {name: said[name] for name in sorted(said) if name not in kept}


def _own(one: Cast, role: Role, desk: _Desk) -> Iterator[tuple[str, object]]:
    start = development_start(one.member, role.process)
    if role.kind == "by-hand":
        yield "profiles", Noted(f"Only by hand: {_COMPOSE} run --rm {role.name}", ["by-hand"])
    facts, plan = developed(one.member), one.member.plan
    if role.kind == "main" and desk.debug and facts:
        words = debugged(facts, plan.service, start.command)
        yield "command", Noted("Under a debugger, which waits for nobody.", OneLine(words))
    elif role.kind == "worker":
        why = (
            "Starts again when source changes." if start.reloads else f"Notices no edit: {_COMPOSE} restart {role.name}"
        )
        yield "command", Noted(why, OneLine(start.command))
    elif role.kind != "main":
        yield "command", OneLine(at_desk(role.process.command) if facts else role.process.command)
    elif not start.reloads and facts:
        yield "command", Noted(f"Notices no edit: {_COMPOSE} restart {role.name}", OneLine(start.command))
    waiting = _waiting(one, role, desk.needs.of[one.main.name])
    if waiting and role.kind != "by-hand":
        yield "depends_on", waiting
    if role.kind == "main":
        yield from _reached(one, desk)


def _waiting(one: Cast, role: Role, needed: Sequence[tuple[object, Beside]]) -> Block:
    healthy: Block = {beside.name: {"condition": "service_healthy"} for _, beside in needed}
    earlier = one.before[: one.before.index(role)] if role.kind == "once" else one.before
    return {**healthy, **waits_for(earlier)}


def _reached(one: Cast, desk: _Desk) -> Iterator[tuple[str, object]]:
    """Ports of the main process, and its health."""
    config = one.member.plan.config
    ports = []
    if config.port is not None:
        ports.append(here(f"{one.variable}_PORT", desk.ports, config.port))
    if desk.debug and developed(one.member):
        ports.append(here(f"{one.variable}_DEBUG_PORT", desk.ports, DEBUG_PORT))
    if ports:
        yield "ports", ports
    if config.health:
        command = config.health.command
        health = msgspec.structs.replace(config.health, command=at_desk(command) if developed(one.member) else command)
        yield "healthcheck", Noted("As in production.", healthcheck(health))
