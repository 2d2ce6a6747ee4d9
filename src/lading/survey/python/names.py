"""What each scope of a module binds, and the names and values that its expressions mean."""

import ast
from collections.abc import Iterator, Sequence

from lading.survey.python.module import Env, Joined, Known, Ref, Value

_ENVIRON = frozenset({"os.environ.get", "os.getenv"})
_WRAPPERS = frozenset({"AnyHttpUrl", "AnyUrl", "HttpUrl", "PostgresDsn", "RedisDsn", "SecretStr"})
"""Pydantic's types of text: their value is what they are given."""


class Names:
    """The names of a module, in the notation of `lading.survey.python.module`.

    `imports`, `modules` and `stars` are as in `ModuleFacts`; `statements` are all statements, each with its scope.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.statements = list(_walk(tree.body, ""))
        self.classes = {join(scope, node.name) for node, scope in self.statements if isinstance(node, ast.ClassDef)}
        self.imports: dict[str, str] = {}
        self.modules: set[str] = set()
        self.stars: list[str] = []
        self._bound: dict[str, set[str]] = {}
        for node, scope in self.statements:
            self._bind(node, scope)

    def name(self, node: ast.expr | None, scope: str) -> str:
        """The name of an expression, or nothing for expressions that are no name."""
        match node:
            case ast.Name(id=name):
                return self._lookup(name, scope)
            case ast.Attribute(value=value, attr=attr):
                base = self.name(value, scope)
                return f"{base}.{attr}" if base else ""
            case ast.Call(func=func):
                base = self.name(func, scope)
                return f"{base}()" if base else ""
            case ast.Await(value=value):
                return self.name(value, scope)
        return ""

    def value(self, node: ast.expr | None, scope: str) -> Value | None:
        """The value of an expression, as far as this module tells, or nothing."""
        match node:
            case ast.Constant(value=str() | int() as value) if not isinstance(value, bool):
                found: Value | None = Known(value)
            case ast.JoinedStr(values=parts):
                found = self._joined(parts, scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                found = self._joined([left, right], scope)
            case ast.FormattedValue(value=inner) | ast.Call(func=ast.Name(id="int" | "str"), args=[inner, *_]):
                found = self.value(inner, scope)
            case ast.BoolOp(op=ast.Or(), values=values):
                found = _or(self.value(values[0], scope), self.value(values[-1], scope))
            case ast.Call():
                found = self._called(node, scope)
            case _:
                name = self.name(node, scope)
                found = Ref(name) if name else None
        return found

    def _bind(self, node: ast.stmt, scope: str) -> None:
        bound = self._bound.setdefault(scope, set())
        match node:
            case ast.Import():
                self._bind_import(node, scope, bound)
            case ast.ImportFrom():
                self._bind_from(node, scope, bound)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                bound.add(node.name)
                own = self._bound.setdefault(join(scope, node.name), set())
                own.update(argument.arg for argument in arguments(node))
            case ast.ClassDef():
                bound.add(node.name)
            case ast.Assign():
                bound.update(target.id for target in node.targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                bound.add(name)
            case ast.With() | ast.AsyncWith():
                names = (item.optional_vars for item in node.items)
                bound.update(name.id for name in names if isinstance(name, ast.Name))
            case _:
                pass

    def _bind_import(self, node: ast.Import, scope: str, bound: set[str]) -> None:
        for alias in node.names:
            self.modules.add(alias.name)
            first = alias.name.partition(".")[0]
            self.imports[join(scope, alias.asname or first)] = alias.name if alias.asname else first
            bound.add(alias.asname or first)

    def _bind_from(self, node: ast.ImportFrom, scope: str, bound: set[str]) -> None:
        module = "." * node.level + (node.module or "")
        self.modules.add(module)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
                continue
            target = f"{module}{alias.name}" if module.endswith(".") else f"{module}.{alias.name}"
            self.modules.add(target)
            self.imports[join(scope, alias.asname or alias.name)] = target
            bound.add(alias.asname or alias.name)

    def _lookup(self, name: str, scope: str) -> str:
        at = scope
        while True:
            # What a class binds is not seen from inside its methods (Python reference, 4.2.2).
            if name in self._bound.get(at, ()) and (at == scope or at not in self.classes):
                qualified = join(at, name)
                return self.imports.get(qualified, f":{qualified}")
            if not at:
                return f":{name}" if self.stars else name
            at = at.rpartition(".")[0]

    def _joined(self, nodes: Sequence[ast.expr], scope: str) -> Value | None:
        parts = [self.value(node, scope) for node in nodes]
        known = tuple(part for part in parts if part is not None)
        return Joined(known) if len(known) == len(parts) else None

    def _called(self, node: ast.Call, scope: str) -> Value | None:
        name = self.name(node.func, scope)
        if name in _ENVIRON and node.args and isinstance(node.args[0], ast.Constant):
            default = self.value(node.args[1] if len(node.args) > 1 else keyword(node, "default"), scope)
            return Env(str(node.args[0].value), default.value if isinstance(default, Known) else None)
        if name.rpartition(".")[2] == "Field":  # pydantic's: the default comes first
            return self.value(node.args[0] if node.args else keyword(node, "default"), scope)
        if name.rpartition(".")[2] in _WRAPPERS and len(node.args) == 1:
            return self.value(node.args[0], scope)
        return Ref(f"{name}()") if name else None


def join(scope: str, name: str) -> str:
    """A name with the functions and classes around it.

    >>> join("create_app", "app"), join("", "app")
    ('create_app.app', 'app')
    """
    return f"{scope}.{name}" if scope else name


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """The named parameters of a function, in order."""
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    """The first of the keyword arguments `names` that a call has."""
    given = {one.arg: one.value for one in call.keywords}
    return next((given[name] for name in names if name in given), None)


def first_or(call: ast.Call, *names: str) -> ast.expr | None:
    """The first positional argument, else the first keyword argument of those `names`."""
    return call.args[0] if call.args else keyword(call, *names)


def _or(first: Value | None, last: Value | None) -> Value | None:
    return Env(first.name, last.value) if isinstance(first, Env) and isinstance(last, Known) else None


def _walk(body: Sequence[ast.stmt], scope: str) -> Iterator[tuple[ast.stmt, str]]:
    """Every statement with the functions and classes around it, outermost first."""
    for node in body:
        yield node, scope
        inner = scope
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = join(scope, node.name)
        for field in ("body", "orelse", "finalbody"):
            yield from _walk(getattr(node, field, ()), inner)
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _walk(part.body, inner)
