"""The state that a stage starts with on a base."""

from collections.abc import Iterable
from functools import cache
from typing import TypeVar

from lading.check.bases.catalog import Variant, variants
from lading.check.bases.knowledge import Part, files_of, listings, part
from lading.check.model.entry import Libc, Origin
from lading.check.model.files import anything, empty
from lading.check.model.join import join_states
from lading.check.model.state import (
    DEFAULT_SHELL,
    Account,
    Accounts,
    Config,
    Group,
    Launch,
    Package,
    Packages,
    State,
    System,
    Variables,
)

Value = TypeVar("Value")


def base_state(image: str | None, origin: Origin, machine: str) -> State:
    """What a stage starts with; nothing is known of an image that there is no data of, or whose name is not known."""
    if image == "scratch":
        return _scratch(origin, machine)
    found = [_state(variant, origin, machine) for variant in (() if image is None else variants(image))]
    if not found:
        return _unknown(origin, machine)
    state = found[0]
    for other in found[1:]:
        state = join_states(state, other)
    return state


def _scratch(origin: Origin, machine: str) -> State:
    return State(
        system=System(machine=machine), files=empty(origin), env=Variables(), arguments={}, user="", workdir="/",
        shell=DEFAULT_SHELL, accounts=Accounts(closed=True, origin=origin), packages=Packages(manager="", closed=True),
        config=Config(),
    )  # fmt: skip


def _unknown(origin: Origin, machine: str) -> State:
    return State(
        system=System(machine=machine), files=anything(origin), env=Variables(closed=False), arguments={}, user=None,
        workdir=None, shell=DEFAULT_SHELL, accounts=Accounts(closed=False, origin=origin),
        packages=Packages(manager=None, closed=False), config=Config(known=False),
    )  # fmt: skip


def _state(variant: Variant, origin: Origin, machine: str) -> State:
    parts = [part(name) for name in variant.parts]
    env: dict[str, str | None] = {}
    for one in parts:
        env |= {name: _filled(value, variant.version) for name, value in one.env.items()}
    libc: Libc | None = _last(one.libc for one in parts)
    return State(
        system=System(
            distribution=_last(one.distribution or None for one in parts) or "",
            release=_last(one.release or None for one in parts) or "",
            libc=libc,
            machine=machine,
        ),
        files=files_of(listings(variant.parts, variant.version, machine), libc, origin),
        env=Variables(env, not any(one.open_packages and one.open_accounts for one in parts)),
        arguments={},
        user=_last(one.user for one in parts),
        workdir=_last(one.workdir for one in parts),
        shell=DEFAULT_SHELL,
        accounts=_accounts(parts, origin),
        packages=_packages(parts, origin),
        config=_config(parts, origin),
    )


def _filled(value: str | None, version: str) -> str | None:
    """A variable's value with the version that the image's name says; nothing where it says none."""
    if value is None or "{version}" not in value:
        return value
    return value.replace("{version}", version) if version else None


def _config(parts: list[Part], origin: Origin) -> Config:
    entrypoint, cmd = _last(one.entrypoint for one in parts), _last(one.cmd for one in parts)
    return Config(
        entrypoint=Launch(words=entrypoint, origin=origin) if entrypoint else None,
        cmd=Launch(words=cmd, origin=origin) if cmd else None,
        ports=tuple(port for one in parts for port in one.ports),
        volumes=tuple(volume for one in parts for volume in one.volumes),
        stop_signal=_last(one.stop_signal or None for one in parts) or "",
    )


def _accounts(parts: list[Part], origin: Origin) -> Accounts:
    users = [_account(line, origin) for one in parts for line in one.users]
    groups = [_group(line, origin) for one in parts for line in one.groups]
    return Accounts(
        users={one.name: one for one in users},
        groups={one.name: one for one in groups},
        closed=not any(one.open_accounts for one in parts),
        origin=origin,
    )


def _account(line: str, origin: Origin) -> Account:
    name, uid, gid, home, shell = _passwd(line)
    return Account(name=name, uid=uid, gid=gid, home=home, shell=shell, origin=origin)


def _group(line: str, origin: Origin) -> Group:
    """A line of group(5)."""
    name, _, gid, _ = line.split(":")
    return Group(name=name, gid=_number(gid), origin=origin)


@cache
def _passwd(line: str) -> tuple[str, int | None, int | None, str, str]:
    """A line of passwd(5): name, numbers, home and shell."""
    name, _, uid, gid, _, home, shell = line.split(":")
    return name, _number(uid), _number(gid), home, shell


def _packages(parts: list[Part], origin: Origin) -> Packages:
    names = [name for one in parts if one.packages for name in one.packages.split()]
    return Packages(
        manager=_last(one.manager for one in parts),
        installed={name: Package(name=name, origin=origin) for name in names},
        closed=not any(one.open_packages for one in parts),
        lists="absent",
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _last(values: Iterable[Value | None]) -> Value | None:
    """What the uppermost part says."""
    found = [value for value in values if value is not None]
    return found[-1] if found else None
