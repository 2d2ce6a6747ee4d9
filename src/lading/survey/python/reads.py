"""Where a module reads the environment: calls, `os.environ[…]`, and fields of settings classes. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence

from lading.survey.python.module import EnvRead, Field, Value
from lading.survey.python.names import keyword
from lading.survey.variables import PORT

KINDS = frozenset({"SecretStr", "SecretBytes", "PostgresDsn", "RedisDsn"})
"""Types of pydantic's that tell what a field holds."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]{1,127}\Z")
_OPTIONAL = re.compile(r"(?:.*\.)?(?:environ\.get|getenv)\Z")
_STRICT = re.compile(r"(?:.*\.)?(?:config|env(?:\.[a-z_]+)?)\Z")
"""decouple's and Starlette's `config(…)`, environs' and django-environ's `env(…)`, `env.str(…)`: they fail without a
variable that has no default."""
_OWN_NAME = {"dj_database_url.config": "DATABASE_URL", "env.db": "DATABASE_URL", "env.db_url": "DATABASE_URL"}
"""Calls that read a variable of a fixed name when they are given none."""
_UNSURE = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def env_reads(tree: ast.Module) -> Iterator[EnvRead]:
    """Every variable that a module reads by its name. `PORT` counts as the first word of any call."""
    always = {id(node) for node in _always(tree.body)}
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from _called(node, id(node) in always)
            case ast.Subscript(
                value=ast.Attribute(attr="environ") | ast.Name(id="environ"),
                slice=ast.Constant(value=str() as name),
                ctx=ast.Load(),
            ) if _NAME.match(name):
                yield EnvRead(name, node.lineno, required=id(node) in always)
            case _:
                pass


def field_of(node: ast.Assign | ast.AnnAssign, value: Value | None) -> Field:
    """A field of a class from the statement that makes it; `value` is its default, as far as that is known."""
    annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
    given = node.value
    call = given if isinstance(given, ast.Call) and _dotted(given.func).endswith("Field") else None
    default = call.args[0] if call and call.args else keyword(call, "default", "default_factory") if call else given
    missing = default is None or (isinstance(default, ast.Constant) and default.value is ...)
    kinds = {name for inner in (ast.walk(annotation) if annotation else ()) if (name := _last(inner)) in KINDS}
    return Field(value, node.lineno, missing, tuple(sorted(kinds)), _alias(call) if call else "")


def prefix_of(node: ast.ClassDef) -> str:
    """What pydantic puts before the names of a class's fields: `env_prefix` of its `model_config` or inner `Config`."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=func) if _dotted(func).endswith("SettingsConfigDict"):
                given = keyword(inner, "env_prefix")
            case ast.Assign(targets=[ast.Name(id="env_prefix")], value=value):
                given = value
            case _:
                continue
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            return given.value
    return ""


def _called(node: ast.Call, always: bool) -> Iterator[EnvRead]:
    called = _dotted(node.func)
    first = node.args[0] if node.args else keyword(node, "env")
    name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else _OWN_NAME.get(called)
    if name is None or not _NAME.match(name):
        return
    strict = _STRICT.match(called) is not None and called not in _OWN_NAME
    if not (strict or called in _OWN_NAME or _OPTIONAL.match(called) or name == PORT):
        return
    given = node.args[1] if len(node.args) > 1 else keyword(node, "default")
    default = given.value if isinstance(given, ast.Constant) else None
    known = default if isinstance(default, str | int) and not isinstance(default, bool) else None
    yield EnvRead(name, node.lineno, known, required=strict and given is None and always)


def _always(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """What runs whenever the module is imported, whatever else is true."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _always(node.body)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr):
            inside = list(ast.walk(node))
            yield from () if any(isinstance(inner, _UNSURE) for inner in inside) else inside


def _alias(call: ast.Call) -> str:
    """The name that pydantic reads a field by, where `Field` gives one; the first of several."""
    given = keyword(call, "validation_alias", "alias", "env")
    if isinstance(given, ast.Call) and given.args:
        given = given.args[0]
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def _last(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _dotted(node: ast.expr) -> str:
    """A name as it is written, or nothing for what is no name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            base = _dotted(value)
            return f"{base}.{attr}" if base else attr
    return ""
