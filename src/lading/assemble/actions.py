"""Actions: what a step depends on, as named inputs; its key; and, when the key is new, which input made it so."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256

from lading.assemble.result import Reason
from lading.digest import Digest
from lading.errors import StepFailed
from lading.store import Store

ENGINE_VERSION = "4"
"""Part of every key. Raised when the engine makes other bytes from the same inputs."""

Inputs = Mapping[str, str]
"""Named inputs, in words that a person can be shown: `uv.lock: httpx` → `0.28.1`."""


def key_of(action: str, inputs: Inputs) -> Digest:
    """The key of an action: a digest of its name and every input, sorted by name, each length-prefixed."""
    state = sha256(f"{ENGINE_VERSION}\0{action}".encode())
    for name in sorted(inputs):
        value = inputs[name]
        state.update(f"\0{len(name)}:{name}\0{len(value)}:{value}".encode())
    return Digest("sha256:" + state.hexdigest())


def explain(before: Inputs, after: Inputs) -> tuple[Reason, ...]:
    """The inputs that differ, sorted by name. A key's value past a blank is detail (a hash) that a person need not see:
    it is shown only where the part before it is the same."""
    reasons = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        short_old, short_new = old.partition(" ")[0], new.partition(" ")[0]
        if short_old == short_new:
            short_old, short_new = old, new
        reasons.append(Reason(input=name, before=short_old, after=short_new))
    return tuple(reasons)


class History:
    """The inputs of each step's last build, kept for `--explain`; they may vanish, and then a build is a first one."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = f"inputs-{name}"

    def last(self) -> dict[str, str] | None:
        """The inputs of the last build of this step, or nothing."""
        return self._store.get_state(self._name, dict[str, str])

    def keep(self, inputs: Inputs) -> None:
        """Remember the inputs of the build that has just ended."""
        with suppress(StepFailed):  # a store that cannot be written to may still have all that a build needs
            self._store.put_state(self._name, dict(inputs))
