"""What one Go file says, as values that are remembered by the file's content."""

from typing import Literal

import msgspec


class Import(msgspec.Struct, frozen=True):
    """One imported path."""

    path: str
    line: int


class EnvRead(msgspec.Struct, frozen=True):
    """A variable of the environment that is read, the default beside it (or empty), and whether it must be there."""

    name: str
    default: str
    required: bool
    line: int


class Listening(msgspec.Struct, frozen=True):
    """A sign of the port: a `call` that listens, a field (`Addr: ":8080"`), the default of a variable or a flag, which
    have a `name`."""

    port: int
    kind: Literal["call", "field", "variable", "flag"]
    name: str
    line: int


class Route(msgspec.Struct, frozen=True):
    """A path that is handled. `whole`: nothing in the file puts anything in front of it."""

    path: str
    whole: bool
    line: int


class GoFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file. `package` is its name (`main`), or empty where the file cannot be read; `constraint` the words of its
    `//go:build`; `embeds` the patterns of its `//go:embed`; `serves` the line of a call that serves requests, and
    `grpc_health` of one that offers gRPC's health service (0: none)."""

    package: str = ""
    constraint: str = ""
    imports: tuple[Import, ...] = ()
    embeds: tuple[str, ...] = ()
    env: tuple[EnvRead, ...] = ()
    listens: tuple[Listening, ...] = ()
    routes: tuple[Route, ...] = ()
    serves: int = 0
    grpc_health: int = 0
