"""The development file of compose: services that notice edits, with all that they need beside them. Pure.

Source is mounted. `develop.watch` would copy it, which Docker's daemon (26.1) refuses for a user by number: it looks
for the user among those of its own host.
"""

import posixpath
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from lading.errors import UsageError
from lading.render.backing import Beside, Needs, container, here, kind_of, needs, pgadmin, value, volume
from lading.render.compose import COMMAND, healthcheck, mounted_volumes, named_volumes, tag, waits_for
from lading.render.desks import desk_of
from lading.render.document import MERGE, Noted, OneLine, Shared, Taken, written
from lading.render.interpolation import escaped, optional, required
from lading.render.marker import marker
from lading.render.naming import Names, Ports
from lading.render.reload import DEBUG_PORT, debugged, developed
from lading.render.roles import Cast, Member, Role, cast
from lading.render.workplace import Start

FILE = "compose.dev.yaml"
DOCKERFILE = "Dockerfile.dev"
_COMPOSE = f"docker compose -f {FILE}"

Block = dict[str, object]


class _Room(NamedTuple):
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
    room = _Room(needs(casts, names), Ports(), debug)
    shared: Block = {}
    services: Block = {}
    for one in casts:
        block = _shared(one, room)
        if len(one.roles) > 1:
            why = f"What all containers of {one.member.plan.service} have in common."
            shared[f"x-{one.main.name}"] = Noted(why, Shared(one.main.name, block))
            block = {MERGE: Taken(one.main.name)}
        for role in one.roles:
            services[role.name] = {**block, **dict(_own(one, role, room))}
    volumes: Block = dict.fromkeys(name for one in casts for name in named_volumes(one))
    volumes |= {_caches(one): None for one in casts if (desk := desk_of(one.member)) and desk.caches}
    volumes |= dict(_beside(room, extras, names, services))
    flags = [*(["--debug"] if debug else []), *(f"--with {name}" for name in extras)]
    head = (
        *marker(" ".join([COMMAND, "--dev", *flags])),
        "",
        f"Development. `{_COMPOSE} up --build` starts everything, also after a changed lock; edited source is noticed "
        "at once. Ports are only open on this machine.",
    )
    document: Block = {**shared, "services": services, **({"volumes": volumes} if volumes else {})}
    return written({key: escaped(part) for key, part in document.items()}, head)


def _beside(room: _Room, extras: Collection[str], names: Names, services: Block) -> Iterator[tuple[str, object]]:
    """The containers beside the services, and the volumes that keep their data."""
    for beside in room.needs.beside:
        services[beside.name] = container(beside, room.ports)
        yield volume(beside), None
    if "pgadmin" in extras:
        postgres = [beside for beside in room.needs.beside if beside.kind == "postgres"]
        if not postgres:
            raise UsageError("there is no Postgres for pgAdmin to show", where="--with pgadmin", fix="leave it out")
        services[names.service("pgadmin")] = pgadmin(postgres, room.ports)
        yield "pgadmin-data", None


def _shared(one: Cast, room: _Room) -> Block:
    environment = _environment(one, room)
    also: Block = {"environment": environment} if environment else {}
    desk, plan = desk_of(one.member), one.member.plan
    if desk is None:
        return {**_as_it_ships(one), **also}
    context = "." if plan.context == "." else f"./{plan.context}"
    file = posixpath.normpath(posixpath.join(posixpath.relpath(plan.folder, plan.context), DOCKERFILE))
    mounts: list[object] = [{"type": "bind", "source": context, "target": desk.mounted, "read_only": True}]
    kept = {**({_caches(one): desk.caches} if desk.caches else {}), **named_volumes(one)}
    mounts += [{"type": "volume", "source": name, "target": folder} for name, folder in kept.items()]
    return {
        "build": Noted(f"{DOCKERFILE}: {desk.why}.", {"context": context, "dockerfile": file}),
        "volumes": Noted("The source as it is on disk; the container cannot change it.", mounts),
        "init": True,
        "cap_drop": Noted("As in production, so that nothing comes to need more.", OneLine(("ALL",))),
        "security_opt": OneLine(("no-new-privileges:true",)),
        **also,
    }


def _caches(one: Cast) -> str:
    """The volume of what a service makes while it runs: no folder of a service gives a volume such a name."""
    return f"{one.main.name}.caches"


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


def _environment(one: Cast, room: _Room) -> Block:
    """What production gets from its own environment: here it leads to the containers beside, or is a plain default."""
    said: Block = {}
    for fact in one.member.facts.variables:
        name = fact.value.name
        if fact.value.required:
            message = f"{one.main.name} does not start without it"
            said[name] = optional(name, "development") if fact.value.secret else required(name, message)
        else:
            said[name] = None
    for backing, beside in room.needs.of[one.main.name]:
        for carrier in backing.carriers:
            said[carrier.variable] = value(carrier, beside)
    kept = {name for name, _ in one.member.plan.config.env}
    return {name: said[name] for name in sorted(said) if name not in kept}


def _own(one: Cast, role: Role, room: _Room) -> Iterator[tuple[str, object]]:
    desk, facts = desk_of(one.member), developed(one.member)
    once = role.kind in ("once", "by-hand")
    start = desk.start(role.process, once=once) if desk else Start(role.process.command, False)
    if role.kind == "by-hand":
        yield "profiles", Noted(f"Only by hand: {_COMPOSE} run --rm {role.name}", ["by-hand"])
    if role.kind == "main" and room.debug and facts:
        words = debugged(facts, one.member.plan.service, start.command)
        yield "command", Noted("Under a debugger, which waits for nobody.", OneLine(words))
    elif once:
        yield "command", OneLine(start.command)
    elif role.kind == "worker" or (desk and not start.reloads):
        yield "command", Noted(_noticed(start, role), OneLine(start.command))
    waiting = _waiting(one, role, room.needs.of[one.main.name])
    if waiting and role.kind != "by-hand":
        yield "depends_on", waiting
    if role.kind == "main":
        yield from _reached(one, room)


def _noticed(start: Start, role: Role) -> str:
    return "Starts again when source changes." if start.reloads else f"Notices no edit: {_COMPOSE} restart {role.name}"


def _waiting(one: Cast, role: Role, needed: Sequence[tuple[object, Beside]]) -> Block:
    healthy: Block = {beside.name: {"condition": "service_healthy"} for _, beside in needed}
    earlier = one.before[: one.before.index(role)] if role.kind == "once" else one.before
    return {**healthy, **waits_for(earlier)}


def _reached(one: Cast, room: _Room) -> Iterator[tuple[str, object]]:
    """Ports of the main process, and its health."""
    config = one.member.plan.config
    ports = []
    if config.port is not None:
        ports.append(here(f"{one.variable}_PORT", room.ports, config.port))
    if room.debug and developed(one.member):
        ports.append(here(f"{one.variable}_DEBUG_PORT", room.ports, DEBUG_PORT))
    if ports:
        yield "ports", ports
    if config.health:
        desk = desk_of(one.member)
        command = desk.health() if desk else config.health.command
        same = command[1:] == config.health.command[1:]
        why = "As in production." if same else "The page, as its development server shows it."
        yield "healthcheck", Noted(why, healthcheck(msgspec.structs.replace(config.health, command=command)))
