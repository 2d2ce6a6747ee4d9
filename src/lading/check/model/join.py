"""What is known of a stage where a command may have run or not."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from lading.check.model.files import Files
from lading.check.model.nodes import join
from lading.check.model.state import Accounts, Config, Packages, State, System, Variables

Value = TypeVar("Value")


def join_states(one: State, other: State) -> State:
    """What both states have in common. What differs is not known."""
    if one is other:
        return one
    return State(
        system=_system(one.system, other.system),
        files=one.files if one.files is other.files else Files(join(one.files.root, other.files.root)),
        env=_variables(one.env, other.env),
        arguments=_values(one.arguments, other.arguments),
        user=one.user if one.user == other.user else None,
        workdir=one.workdir if one.workdir == other.workdir else None,
        shell=other.shell,
        accounts=_accounts(one.accounts, other.accounts),
        packages=_packages(one.packages, other.packages),
        config=_config(one.config, other.config),
    )


def _system(one: System, other: System) -> System:
    if one == other:
        return one
    same = one.distribution == other.distribution
    return System(
        distribution=one.distribution if same else "",
        release=one.release if same and one.release == other.release else "",
        libc=one.libc if one.libc == other.libc else None,
        machine=one.machine,
    )


def _variables(one: Variables, other: Variables) -> Variables:
    """A variable that is set in one only has no known value."""
    if one is other:
        return one
    names = {**one.values, **other.values}
    values = {name: _same(one.get(name), other.get(name)) for name in names}
    return Variables(values, one.closed and other.closed)


def _values(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> Mapping[str, str | None]:
    if one is other:
        return one
    return {name: _same(one.get(name), other.get(name)) for name in {**one, **other}}


def _accounts(one: Accounts, other: Accounts) -> Accounts:
    """What is in one only may be there: such accounts are not closed any more."""
    if one is other:
        return one
    same = one.users.keys() == other.users.keys() and one.groups.keys() == other.groups.keys()
    return Accounts(
        users=_common(one.users, other.users),
        groups=_common(one.groups, other.groups),
        closed=one.closed and other.closed and same,
        origin=other.origin,
    )


def _packages(one: Packages, other: Packages) -> Packages:
    if one is other:
        return one
    return Packages(
        manager=one.manager if one.manager == other.manager else None,
        installed=_common(one.installed, other.installed),
        closed=one.closed and other.closed and one.installed.keys() == other.installed.keys(),
        lists=one.lists if one.lists == other.lists else "unknown",
    )


def _config(one: Config, other: Config) -> Config:
    return one if one == other else replace(other, known=False)


def _common(one: Mapping[str, Value], other: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name: value for name, value in other.items() if name in one}


def _same(one: str | None, other: str | None) -> str | None:
    return one if one == other else None
