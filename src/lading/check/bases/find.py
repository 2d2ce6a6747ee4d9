"""How the name of an image means a base that is known, and the state that a stage starts with on it."""

from lading.check.model.entry import Origin
from lading.check.model.files import anything, empty
from lading.check.model.state import DEFAULT_SHELL, Accounts, Config, Packages, State, System, Variables


def base_state(image: str | None, origin: Origin, machine: str) -> State:
    """What a stage starts with; nothing is known of an image that there is no data of."""
    if image == "scratch":
        return _scratch(origin, machine)
    return State(
        system=System(machine=machine), files=anything(origin), env=Variables(closed=False), arguments={}, user=None,
        workdir=None, shell=DEFAULT_SHELL, accounts=Accounts(closed=False, origin=origin),
        packages=Packages(manager=None, closed=False), config=Config(known=False),
    )  # fmt: skip


def _scratch(origin: Origin, machine: str) -> State:
    return State(
        system=System(machine=machine), files=empty(origin), env=Variables(), arguments={}, user="", workdir="/",
        shell=DEFAULT_SHELL, accounts=Accounts(closed=True, origin=origin), packages=Packages(manager="", closed=True),
        config=Config(),
    )  # fmt: skip
