"""What one module says, as values: everything in it that could tell what the service is, and nothing concluded yet.

Names inside are written so that they can be followed later: `fastapi.FastAPI` for what was imported, `.health.router`
for what was imported relatively (one dot more for each folder up), `:create_app.app` for what the module itself binds,
with the functions and classes around it. `()` behind a name is its call.
"""

import msgspec


class Known(msgspec.Struct, frozen=True, tag="known"):
    """A literal."""

    value: str | int


class Ref(msgspec.Struct, frozen=True, tag="ref"):
    """A name whose value is somewhere else."""

    name: str


class Env(msgspec.Struct, frozen=True, tag="env"):
    """An environment variable, with the default that the code gives it."""

    name: str
    default: str | int | None = None


class Joined(msgspec.Struct, frozen=True, tag="joined"):
    """Text made of parts."""

    parts: tuple["Known | Ref | Env | Joined", ...]


Value = Known | Ref | Env | Joined


class Made(msgspec.Struct, frozen=True):
    """`name = callee(…)`. `prefix` is the path that the object puts before its routes, where it is given."""

    name: str
    callee: str
    line: int
    prefix: Value | None = None


class Route(msgspec.Struct, frozen=True):
    """A path that `on` answers to GET."""

    on: str
    path: Value
    line: int


class Include(msgspec.Struct, frozen=True):
    """`into` answers what `what` answers, below `prefix`.

    `replaces`: the prefix stands in place of `what`'s own (Flask's blueprints), not before it.
    """

    into: str
    what: str
    prefix: Value | None = None
    replaces: bool = False


class Passed(msgspec.Struct, frozen=True):
    """`what` is given to a function as argument number or keyword `argument`."""

    function: str
    argument: int | str
    what: str


class Function(msgspec.Struct, frozen=True):
    """A function: its parameters, and the names of what it returns or says that it returns."""

    name: str
    line: int
    parameters: tuple[str, ...]
    returns: tuple[str, ...]
    annotation: str = ""
    required: bool = False


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field: its default, as far as this module tells it, and the line.

    `required`: it has no default at all. `kinds` are the telling types in its annotation (`SecretStr`, `PostgresDsn`),
    `alias` is the name that it is read by where that is another.
    """

    value: Value | None
    line: int
    required: bool = False
    kinds: tuple[str, ...] = ()
    alias: str = ""


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class of settings: its bases, its fields, and what goes before their names in the environment."""

    name: str
    bases: tuple[str, ...]
    fields: dict[str, Field]
    prefix: str = ""


class Run(msgspec.Struct, frozen=True):
    """A server started in code: what it is given (a name, or `module:attribute` as text) and its port."""

    line: int
    server: str
    target: str = ""
    what: str = ""
    port: Value | None = None


class EnvRead(msgspec.Struct, frozen=True, omit_defaults=True):
    """An environment variable that is read. `required`: the module cannot be imported without it."""

    name: str
    line: int
    default: str | int | None = None
    required: bool = False


class Mark(msgspec.Struct, frozen=True):
    """Something that matters by being there: `main`, `beat`, `arq`, `dramatiq`, `static-root`."""

    kind: str
    on: str
    line: int


class ModuleFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One module. `broken` says why it could not be read, or nothing; then all else is empty.

    `imports` maps what the module binds by importing to where it is from; `modules` are all modules that it could mean
    by that; `mentions` are its string literals that could name a module or a file.
    """

    broken: str = ""
    imports: dict[str, str] = {}
    modules: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()
    constants: dict[str, Value] = {}
    made: tuple[Made, ...] = ()
    routes: tuple[Route, ...] = ()
    includes: tuple[Include, ...] = ()
    passed: tuple[Passed, ...] = ()
    functions: tuple[Function, ...] = ()
    settings: tuple[Settings, ...] = ()
    runs: tuple[Run, ...] = ()
    env: tuple[EnvRead, ...] = ()
    marks: tuple[Mark, ...] = ()
    mentions: tuple[str, ...] = ()
