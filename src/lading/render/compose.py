"""The production file of compose: every service's image with its limits, its health and its migrations. Pure.

https://docs.docker.com/reference/compose-file/services/
"""

from collections.abc import Iterator, Mapping, Sequence

from lading.plan.model import HealthCheck
from lading.render.document import MERGE, Noted, OneLine, Shared, Taken, written
from lading.render.instructions import duration
from lading.render.interpolation import escaped, joined, optional, required
from lading.render.marker import marker
from lading.render.naming import Names, Ports
from lading.render.roles import Cast, Member, Role, cast
from lading.strategy.model import AmountStrategy
from lading.survey.model import PythonService

COMMAND = "lading render compose"
GRACE = 30
"""Seconds between the stop signal and the end, as Kubernetes gives them; compose's own 10 cut long requests off."""
SCRATCH = "/tmp:mode=1777,size=64m"  # noqa: S108  # a path in the container
BY_HAND = "by-hand"
"""The profile of what only starts when somebody asks for it."""

Block = dict[str, object]


def compose(members: Sequence[Member]) -> str:
    """The text of `compose.yaml` for these services. Raises `UsageError` for text that YAML cannot hold."""
    casts = cast(members, Names())
    shared: Block = {}
    services: Block = {}
    ports = Ports()
    for one in casts:
        block = _shared(one)
        if len(one.roles) > 1:
            why = f"What all containers of {one.member.plan.service} have in common."
            shared[f"x-{one.main.name}"] = Noted(why, Shared(one.main.name, block))
            block = {MERGE: Taken(one.main.name)}
        for role in one.roles:
            services[role.name] = {**block, **_own(one, role, ports)}
    head = (
        *marker(COMMAND),
        "",
        "Production. `docker compose up --detach` starts it. Databases and the like are not in here: production has "
        "its own, and the variables say where.",
    )
    volumes: Block = dict.fromkeys(name for one in casts for name in named_volumes(one))
    document: Block = {**shared, "services": services, **({"volumes": volumes} if volumes else {})}
    return written({key: escaped(value) for key, value in document.items()}, head)


def healthcheck(health: HealthCheck) -> Block:
    """A health check as compose takes it, exec form: the same as the image's own."""
    return {
        "test": OneLine(("CMD", *health.command)),
        "interval": duration(health.interval),
        "timeout": duration(health.timeout),
        "start_period": duration(health.start_period),
        "retries": health.retries,
    }


def memory(size: int) -> str:
    """Bytes as compose takes them, whose `M` is 1024 times 1024 (Docker's units.RAMInBytes).

    >>> memory(512 << 20), memory(200_000_000)
    ('512M', '200000000b')
    """
    return f"{size >> 20}M" if size and size % (1 << 20) == 0 else f"{size}b"


def waits_for(roles: Sequence[Role]) -> Block:
    """`depends_on`: these have ended well."""
    return {role.name: {"condition": "service_completed_successfully"} for role in roles}


def tag(member: Member) -> str:
    """The tag that an image is built with: the project's version, where it has one."""
    return member.facts.version.value if member.facts.version else "latest"


def named_volumes(one: Cast) -> Mapping[str, str]:
    """The volumes of a service, each by its name with its folder in the container."""
    folders = one.member.plan.config.volumes
    own = [f"{one.main.name}{folder.replace('/', '-') if len(folders) > 1 else '-data'}" for folder in folders]
    return dict(zip(own, folders, strict=True))


def mounted_volumes(one: Cast) -> Block:
    """The key of a container that has them, or nothing."""
    mounted = [f"{name}:{folder}" for name, folder in named_volumes(one).items()]
    return {"volumes": Noted("What outlives the container.", mounted)} if mounted else {}


def _shared(one: Cast) -> Block:
    plan = one.member.plan
    name = f"{plan.image}:{tag(one.member)}"
    block: Block = {
        "image": Noted(
            f"{one.variable}_IMAGE names another tag, or a digest (name@sha256:…).",
            optional(f"{one.variable}_IMAGE", name),
        ),
        "user": Noted("A number, as in the image: nobody has to look a name up.", plan.config.user),
        "init": Noted("The service is not process 1, which the kernel lets ignore signals.", True),
        "read_only": Noted(
            "Nothing in the image can be changed; what is temporary goes into memory, and counts as such.", True
        ),
        "tmpfs": [SCRATCH],
        **mounted_volumes(one),
        "cap_drop": Noted("It needs none of root's rights, and no program in it can win any back.", OneLine(("ALL",))),
        "security_opt": OneLine(("no-new-privileges:true",)),
        "stop_grace_period": Noted(
            f"{plan.config.stop_signal}, then time to answer what is open.", duration(float(GRACE))
        ),
    }
    environment = dict(_environment(one))
    return {**block, **({"environment": environment} if environment else {}), "deploy": {"resources": _resources(one)}}


def _environment(one: Cast) -> Iterator[tuple[str, object]]:
    """Variables that the code reads, but for those that the image sets: those that it cannot do without, then the rest.

    Compose could put secrets into files, but not into a container whose root file system is read-only.
    """
    kept = {name for name, _ in one.member.plan.config.env}
    leading = {
        carrier.variable: carrier.part
        for fact in one.member.facts.backing
        if fact.certainty != "assumed"
        for carrier in fact.value.carriers
    }
    needed: dict[str, object] = {}
    passed: dict[str, object] = {}
    for fact in one.member.facts.variables:
        name = fact.value.name
        if name in kept:
            continue
        if fact.value.required or leading.get(name) in ("url", "host", "password"):
            needed[name] = required(name, f"{one.main.name} does not start without it")
        else:
            passed[name] = None
    for backing in one.member.facts.backing:
        for carrier in backing.value.carriers:
            if carrier.variable not in kept | needed.keys() | passed.keys():
                passed[carrier.variable] = None
    yield from _noted(needed, "It does not start without these. They come from the environment of `docker compose`, or "
                              "from the file that its --env-file names, and never from here.")  # fmt: skip
    yield from _noted(passed, "Handed on where they are set; else the service's own defaults hold.")


def _noted(variables: Block, why: str) -> Iterator[tuple[str, object]]:
    for position, (name, value) in enumerate(sorted(variables.items())):
        yield name, value if position else Noted(why, value)


def _own(one: Cast, role: Role, ports: Ports) -> Block:
    block: Block = {}
    if role.kind == "by-hand":
        block["profiles"] = Noted(f"Only by hand: docker compose run --rm {role.name}", [BY_HAND])
    if role.kind != "main":
        block["command"] = OneLine(role.process.command)
    block.update(_starting(one, role))
    block.update(_health(one.member, role))
    if role.kind == "main" and one.member.plan.config.port is not None:
        port = one.member.plan.config.port
        taken = ports.take(port, one.member.strategy.replicas)
        block["ports"] = Noted(
            f"Where the host listens; {one.variable}_PORT can name an address too (127.0.0.1:{port}).",
            [joined(optional(f"{one.variable}_PORT", taken), f":{port}")],
        )
    if role.kind == "main":
        block["deploy"] = {"replicas": one.member.strategy.replicas, "resources": _resources(one)}
    return block


def _starting(one: Cast, role: Role) -> Block:
    if role.kind == "once":
        earlier = one.before[: one.before.index(role)]
        why = "Runs to its end before the others start, once, however many replicas they have."
        return {"restart": Noted(why, "no"), **({"depends_on": waits_for(earlier)} if earlier else {})}
    if role.kind == "by-hand":
        return {"restart": "no"}
    restart: Block = {"restart": Noted("Again after a crash or a restart of the host, unless somebody has stopped it.",
                                       "unless-stopped")}  # fmt: skip
    return {**restart, **({"depends_on": waits_for(one.before)} if one.before else {})}


def _health(member: Member, role: Role) -> Block:
    health = member.plan.config.health
    if health is None:
        return {}
    if role.kind != "main":
        asked = f"asks port {health.port}, where this does not listen" if health.port else "is for another process"
        return {"healthcheck": Noted(f"The image's own {asked}.", {"disable": True})}
    who = "the service's Python" if isinstance(member.facts, PythonService) else "a program of its own"
    what = "gRPC's health service" if health.protocol == "grpc" else health.path
    why = f"The image's own check: {what}, asked by {who}, without curl." if what else "The image's own check."
    return {"healthcheck": Noted(why, healthcheck(health))}


def _resources(one: Cast) -> Block:
    resources = one.member.strategy.resources
    return {"limits": _amount(resources.limits), "reservations": _amount(resources.reservations)}


def _amount(amount: AmountStrategy) -> Block:
    return {"cpus": f"{amount.cpus:g}", "memory": memory(amount.memory)}
