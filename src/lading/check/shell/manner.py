"""How a part of a script is run."""

from typing import Any

import msgspec

from lading.check.shell.memory import Memory
from lading.check.shell.model import Invocation, Redirect, Value


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a part of a script is run.

    `final`: its status is the script's. `guarded`: its failure is looked at, so that `set -e` does not count.
    `is_seen`: anybody hears of its failure. `outputs` are redirections around it. `depth` counts functions and scripts
    that it is inside of.
    """

    conditional: bool = False
    final: bool = True
    guarded: bool = False
    is_seen: bool = True
    substituted: bool = False
    piped_from: Invocation | None = None
    outputs: tuple[Redirect, ...] = ()
    wrappers: tuple[Value, ...] = ()
    user: Value | None = None
    depth: int = 0

    def but(self, **changes: Any) -> "Manner":
        """The same with something else."""
        return msgspec.structs.replace(self, **changes)

    def ignored(self) -> "Manner":
        """The same for something whose failure does not end the script."""
        return self.but(final=False, guarded=True)

    def unseen(self) -> "Manner":
        """The same for a shell of its own whose failure nobody hears of."""
        return self.but(final=False, is_seen=False)

    def is_checked(self, memory: Memory) -> bool:
        """Whether a failure would end the script."""
        return self.final or (self.is_seen and memory.stops_on_failure and memory.counts and not self.guarded)
