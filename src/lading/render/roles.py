"""What compose starts of one image: its processes, each by a name and with what it is for. Pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

from lading.plan.model import Plan, Process
from lading.render.naming import Names
from lading.strategy.model import ServiceStrategy
from lading.survey.model import RUN_ONCE, Service


class Member(NamedTuple):
    """One service of the repository: its plan, and the facts and the strategy that the plan was made of."""

    plan: Plan
    facts: Service
    strategy: ServiceStrategy


class Role(NamedTuple):
    """One process as a service of compose.

    `main` is what the image starts by itself; `once` must have ended before the others start; a `worker` runs beside
    it; what runs `by-hand` (an administrator's script) only starts when somebody asks for it.
    """

    name: str
    process: Process
    kind: Literal["main", "once", "worker", "by-hand"]


class Cast(NamedTuple):
    """A member and its roles, those that run once first and in their order. `variable` is the prefix of its own
    variables (`SHOP_IMAGE`)."""

    member: Member
    roles: tuple[Role, ...]
    variable: str

    @property
    def main(self) -> Role:
        """What the image starts by itself."""
        return next(role for role in self.roles if role.kind == "main")

    @property
    def before(self) -> tuple[Role, ...]:
        """What must have ended before the others start."""
        return tuple(role for role in self.roles if role.kind == "once")


def cast(members: Sequence[Member], names: Names) -> tuple[Cast, ...]:
    """Every member with its roles, under names that nothing else has: the service's own, and `SERVICE-PROCESS`."""
    own = [names.service(member.plan.service) for member in members]
    read = {fact.value.name for member in members for fact in member.facts.variables}
    prefixes = Names()
    return tuple(
        Cast(member, tuple(_roles(member, name, names)), _prefix(name, prefixes, read))
        for member, name in zip(members, own, strict=True)
    )


def _prefix(name: str, prefixes: Names, read: Collection[str]) -> str:
    """A prefix that makes no variable which the code reads itself."""
    prefix = prefixes.variable(name)
    while f"{prefix}_IMAGE" in read or f"{prefix}_PORT" in read:
        prefix = prefixes.variable(f"{prefix}_COMPOSE")
    return prefix


def _roles(member: Member, own: str, names: Names) -> Iterator[Role]:
    main, *others = member.plan.processes
    first = sorted((one for one in others if one.name in RUN_ONCE), key=lambda one: RUN_ONCE.index(one.name))
    for process in first:
        yield Role(names.service(_beside(own, process)), process, "once")
    yield Role(own, main, "main")
    by_hand = {fact.value.name for fact in member.facts.processes if fact.value.by_hand}
    decided = {name for name, _ in member.strategy.processes}
    for process in others:
        if process not in first:
            kind: Literal["worker", "by-hand"] = "by-hand" if process.name in by_hand - decided else "worker"
            yield Role(names.service(_beside(own, process)), process, kind)


def _beside(own: str, process: Process) -> str:
    """`shop-worker`; a script that is called `shop-admin` anyway keeps its name."""
    return process.name if process.name.startswith(f"{own}-") else f"{own}-{process.name}"
