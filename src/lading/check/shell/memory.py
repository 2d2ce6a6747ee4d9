"""What a shell knows while it goes through a script: variables, the working folder, options, functions."""

import posixpath
from collections.abc import Mapping
from typing import Literal

import msgspec

from lading.check.dockerfile.words import UNKNOWN, Lookup, Variable
from lading.check.shell.syntax import Node

Ended = Literal["", "exit", "failure", "return", "break", "continue"]
"""Why nothing more is run; `failure` is an exit with one."""

Doubt = Literal["", "loop", "function", "script"]
"""What may have been left before its end: the loop, the function, or the whole script."""

_DOUBTS: tuple[Doubt, ...] = ("", "loop", "function", "script")


class Memory(msgspec.Struct, kw_only=True):
    """What a shell knows. `variables` are those that the script has set; all others are asked for outside.

    `is_vague` says that any variable may have been set (by a file that was read). `stops_on_failure` is `set -e`,
    `counts` whether a failure of this very shell is seen by anybody. `positional` are its arguments, where known.
    """

    variables: Mapping[str, Variable]
    outside: Lookup
    workdir: str | None
    positional: tuple[str, ...] | None = ()
    functions: Mapping[str, Node] = {}
    stops_on_failure: bool = False
    stops_in_pipes: bool = False
    counts: bool = True
    is_vague: bool = False
    ended: Ended = ""
    doubt: Doubt = ""

    def get(self, name: str) -> Variable:
        """A variable's value."""
        if name in self.variables:
            return self.variables[name]
        if self.is_vague:
            return UNKNOWN
        return self.workdir_variable() if name == "PWD" else self.outside(name)

    def workdir_variable(self) -> Variable:
        """The value of `PWD`."""
        return UNKNOWN if self.workdir is None else self.workdir

    def put(self, name: str, value: Variable) -> None:
        """Set a variable, or unset it (None)."""
        self.variables = {**self.variables, name: value}

    def define(self, name: str, body: Node) -> None:
        """Define a function."""
        self.functions = {**self.functions, name: body}

    def forget(self) -> None:
        """Any variable may have been set."""
        self.variables = {**dict.fromkeys(self.variables, UNKNOWN), "PATH": UNKNOWN}
        self.is_vague = True

    def go_to(self, folder: str | None) -> None:
        """Change the working folder, from the present one; None is one that is not known."""
        if folder is None or (self.workdir is None and not folder.startswith("/")):
            self.workdir = None
        else:
            self.workdir = posixpath.normpath(posixpath.join(self.workdir or "/", folder))

    def copy(self) -> "Memory":
        """The same, to be changed on its own."""
        return msgspec.structs.replace(self)

    def become(self, others: list["Memory"]) -> None:
        """What holds after one of several ways was gone, nobody knows which. Those that have ended do not count."""
        going_on = [one for one in others if not one.ended]
        doubts = [one.doubt for one in others] + [_doubt_of(one.ended) for one in others]
        self.doubt = max([self.doubt, *doubts], key=_DOUBTS.index)
        if not going_on:
            self.ended = others[0].ended
            return
        first = going_on[0]
        self.variables, self.functions, self.workdir = first.variables, first.functions, first.workdir
        for other in going_on[1:]:
            self._merge(other)
        self.is_vague = any(one.is_vague for one in going_on)
        self.stops_on_failure = all(one.stops_on_failure for one in going_on)
        self.stops_in_pipes = all(one.stops_in_pipes for one in going_on)
        self.positional = first.positional if all(one.positional == first.positional for one in going_on) else None

    def _merge(self, other: "Memory") -> None:
        if self.variables is not other.variables:
            names = {**self.variables, **other.variables}
            self.variables = {
                name: value if (value := self.get(name)) == other.get(name) else UNKNOWN for name in names
            }
        self.functions = {**self.functions, **other.functions}
        self.workdir = self.workdir if self.workdir == other.workdir else None


def _doubt_of(ended: Ended) -> Doubt:
    match ended:
        case "exit":
            return "script"
        case "return":
            return "function"
        case "break" | "continue":
            return "loop"
    return ""
