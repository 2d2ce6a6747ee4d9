"""One module's source becomes `ModuleFacts`, by `ast` and never by import. Pure: the same bytes, the same facts."""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

from lading.survey.python.module import (
    Field,
    Function,
    Include,
    Known,
    Made,
    Mark,
    ModuleFacts,
    Passed,
    Ref,
    Route,
    Run,
    Settings,
    Value,
)
from lading.survey.python.names import Names, arguments, first_or, join, keyword
from lading.survey.python.reads import env_reads, field_of, prefix_of

_MENTION = re.compile(r"(?=.*[./:])[A-Za-z0-9_.][A-Za-z0-9_./:-]{1,119}\Z")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\Z")
_TAKES_PATHS = frozenset({"StaticFiles", "Path", "open", "join", "joinpath", "send_from_directory", "Jinja2Templates"})
_SETTINGS = ("Settings", "Config", "Configuration")
_GET = frozenset({"get", "route", "api_route"})
_LITESTAR_GET = frozenset({"litestar.get", "litestar.handlers.get", "litestar.route", "litestar.handlers.route"})
_SERVERS = frozenset({"uvicorn.run", "uvicorn.Config", "granian.Granian"})
_ROUTE_CLASSES = frozenset({"starlette.routing.Route", "fastapi.routing.APIRoute", "fastapi.routing.Route"})
_MOUNT_CLASSES = frozenset({"starlette.routing.Mount", "fastapi.routing.Mount"})
_DJANGO_PATHS = frozenset({"django.urls.path", "django.urls.re_path"})
_MARKED = {"STATIC_ROOT": "static-root", "CELERY_BEAT_SCHEDULE": "beat"}


_SURROGATE = re.compile(rb"\\[uU](?:0000)?[dD][89a-fA-F]")


def scan_module(source: bytes) -> ModuleFacts:
    """The facts of one module. Source that cannot be parsed gives facts that say so, and no error: a template or a file
    for another Python is no fault of the service."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        if _SURROGATE.search(source):
            _spell_out(tree)
        return _Scan(tree).facts()
    except SyntaxError as error:
        return ModuleFacts(broken=f"line {error.lineno}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return ModuleFacts(broken=str(error) or "it is nested too deeply")


def _spell_out(tree: ast.Module) -> None:
    """Put escapes for what Python's text may hold and no file can: lone surrogates."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = node.value.encode("utf-8", "backslashreplace").decode()


class _Scan:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._names = Names(tree)
        self._constants: dict[str, Value] = {}
        self._made: list[Made] = []
        self._routes: list[Route] = []
        self._includes: list[Include] = []
        self._passed: list[Passed] = []
        self._functions: dict[str, Function] = {}
        self._returns: dict[str, list[str]] = {}
        self._settings: list[Settings] = []
        self._runs: list[Run] = []
        self._marks: list[Mark] = []

    def facts(self) -> ModuleFacts:
        for node, scope in self._names.statements:
            self._read(node, scope)
        return ModuleFacts(
            imports=self._names.imports,
            modules=tuple(sorted(self._names.modules)),
            stars=tuple(self._names.stars),
            constants=self._constants,
            made=tuple(self._made),
            routes=tuple(self._routes),
            includes=tuple(self._includes),
            passed=tuple(self._passed),
            functions=tuple(self._telling_functions()),
            settings=tuple(self._settings),
            runs=tuple(self._runs),
            env=tuple(env_reads(self._tree)),
            marks=tuple(self._marks),
            mentions=tuple(sorted(_mentions(self._tree))),
        )

    def _telling_functions(self) -> Iterator[Function]:
        """Functions that return or are given something that could matter; most do neither."""
        made = {f":{one.name}" for one in self._made}
        used = {route.on for route in self._routes} | {include.into for include in self._includes}
        used |= {passed.what for passed in self._passed}
        for name, one in self._functions.items():
            returns = tuple(back for back in self._returns.get(name, ()) if back in made or back.endswith("()"))
            if returns or one.annotation or any(f":{name}.{given}" in used for given in one.parameters):
                yield Function(one.name, one.line, one.parameters, returns, one.annotation, one.required)

    def _read(self, node: ast.stmt, scope: str) -> None:
        match node:
            case ast.Assign(targets=[target, *_], value=value):
                self._assigned(target, value, scope, node.lineno)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assigned(target, value, scope, node.lineno)
            case ast.AugAssign(target=ast.Name(id=name), value=ast.List() as value):
                self._listed(f":{join(scope, name)}", value, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.Return(value=ast.expr() as value):
                self._returns.setdefault(scope, []).append(self._names.name(value, scope))
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                self._call(call, scope)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                self._marks.append(Mark("main", "", node.lineno))
            case _:
                pass

    def _assigned(self, target: ast.expr, value: ast.expr, scope: str, line: int) -> None:
        if isinstance(target, ast.Attribute):
            if target.attr == "beat_schedule" and isinstance(target.value, ast.Attribute):
                self._marks.append(Mark("beat", self._names.name(target.value.value, scope), line))
            return
        if not isinstance(target, ast.Name):
            return
        name = join(scope, target.id)
        if name in _MARKED:
            self._marks.append(Mark(_MARKED[name], "", line))
        lists = [value.left, value.right] if isinstance(value, ast.BinOp) else [value]
        for part in lists:
            if isinstance(part, ast.List | ast.Tuple):
                self._listed(f":{name}", part, scope)
        call = value.value if isinstance(value, ast.Await) else value
        if isinstance(call, ast.Call):
            self._made_by(name, call, scope)
        found = self._names.value(value, scope)
        if found is not None and not scope:
            self._constants[target.id] = found

    def _made_by(self, name: str, call: ast.Call, scope: str) -> None:
        callee = self._names.name(call.func, scope)
        if not callee.strip(":").count(".") and not callee.startswith(":"):
            return  # a builtin
        prefix = self._names.value(keyword(call, "prefix", "url_prefix", "path"), scope)
        self._made.append(Made(name, callee, call.lineno, prefix))
        self._call(call, scope)
        for word in ("routes", "route_handlers"):
            self._listed(f":{name}", keyword(call, word), scope)
        if keyword(call, "beat_schedule"):
            self._marks.append(Mark("beat", f":{name}", call.lineno))

    def _listed(self, into: str, node: ast.expr | None, scope: str) -> None:
        """A list of routes, mounts, handlers or URL patterns (or the name of one) becomes part of `into`."""
        if not isinstance(node, ast.List | ast.Tuple):
            name = self._names.name(node, scope)
            if name:
                self._includes.append(Include(into, name))
            return
        for item in node.elts:
            inner = item.value if isinstance(item, ast.Starred) else item
            if isinstance(inner, ast.Call):
                self._entry(into, inner, scope)
            elif isinstance(inner, ast.Name | ast.Attribute):
                self._listed(into, inner, scope)

    def _entry(self, into: str, call: ast.Call, scope: str) -> None:
        kind = self._names.name(call.func, scope)
        path = self._names.value(first_or(call, "path"), scope)
        if path is None:
            return
        if kind in _ROUTE_CLASSES and _answers_get(call):
            self._routes.append(Route(into, path, call.lineno))
        elif kind in _MOUNT_CLASSES:
            inner = f"{into}@{len(self._includes)}"
            self._includes.append(Include(into, inner, path))
            self._listed(inner, call.args[1] if len(call.args) > 1 else keyword(call, "routes", "app"), scope)
        elif kind in _DJANGO_PATHS and len(call.args) > 1:
            self._django(into, path, call.args[1], scope, call.lineno)

    def _django(self, into: str, path: Value, view: ast.expr, scope: str, line: int) -> None:
        if not (isinstance(view, ast.Call) and self._names.name(view.func, scope) == "django.urls.include"):
            self._routes.append(Route(into, path, line))
        elif view.args and isinstance(view.args[0], ast.Constant) and isinstance(view.args[0].value, str):
            self._includes.append(Include(into, f"{view.args[0].value}.urlpatterns", path))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: str) -> None:
        name = join(scope, node.name)
        for argument in arguments(node):
            kind = self._names.name(argument.annotation, scope)
            if kind:
                self._made.append(Made(join(name, argument.arg), kind, argument.lineno))
        positional = len(node.args.posonlyargs) + len(node.args.args)
        self._functions[name] = Function(
            name=name,
            line=node.lineno,
            parameters=tuple(argument.arg for argument in arguments(node)),
            returns=(),
            annotation=self._names.name(node.returns, scope),
            required=positional > len(node.args.defaults) or None in node.args.kw_defaults,
        )
        for decorator in node.decorator_list:
            self._decorated(decorator, name, scope)

    def _decorated(self, decorator: ast.expr, name: str, scope: str) -> None:
        call = decorator if isinstance(decorator, ast.Call) else None
        kind = self._names.name(call.func if call else decorator, scope)
        if kind == "dramatiq.actor":
            self._marks.append(Mark("dramatiq", f":{name}", decorator.lineno))
        on, _, verb = kind.rpartition(".")
        if kind in _LITESTAR_GET:
            on = f":{scope}" if scope in self._names.classes else f":{name}"
        elif verb not in _GET or not on:
            return
        if call and _answers_get(call):
            self._routes += [Route(on, path, call.lineno) for path in self._paths(call, scope)]

    def _paths(self, call: ast.Call, scope: str) -> Iterator[Value]:
        given = first_or(call, "path", "rule")
        if given is None:
            yield Known("")
        for node in given.elts if isinstance(given, ast.List) else [given]:
            value = self._names.value(node, scope)
            if value is not None:
                yield value

    def _class(self, node: ast.ClassDef, scope: str) -> None:
        bases = tuple(filter(None, (self._names.name(base, scope) for base in node.bases)))
        name = join(scope, node.name)
        fields: dict[str, Field] = {}
        for inner in node.body:
            if not isinstance(inner, ast.Assign | ast.AnnAssign):
                continue
            target = inner.targets[0] if isinstance(inner, ast.Assign) else inner.target
            if isinstance(target, ast.Name):
                fields[target.id] = field_of(inner, self._names.value(inner.value, name))
            if isinstance(target, ast.Name) and target.id == "functions" and isinstance(inner.value, ast.List):
                self._marks.append(Mark("arq", f":{name}", node.lineno))
        if any(one.endswith(_SETTINGS) for one in (*bases, name)):
            self._settings.append(Settings(name, bases, fields, prefix_of(node)))
        if any(base.endswith(".Controller") for base in bases):
            prefix = fields.get("path")
            self._made.append(Made(name, "litestar.Controller", node.lineno, prefix.value if prefix else None))

    def _call(self, call: ast.Call, scope: str) -> None:
        name = self._names.name(call.func, scope)
        on, _, verb = name.rpartition(".")
        match verb:
            case "include_router" if on:
                self._include(on, first_or(call, "router"), keyword(call, "prefix"), scope)
            case "register_blueprint" | "register" if on:
                given = keyword(call, "url_prefix")
                self._include(on, first_or(call, "blueprint"), given, scope, replaces=True)
            case "mount" if on:
                target = call.args[1] if len(call.args) > 1 else keyword(call, "app")
                self._include(on, target, first_or(call, "path"), scope)
            case "add_api_route" | "add_route" | "add_url_rule" if on and _answers_get(call):
                path = self._names.value(first_or(call, "path", "rule"), scope)
                self._routes += [Route(on, path, call.lineno)] if path is not None else []
            case "update" if keyword(call, "beat_schedule"):
                self._marks.append(Mark("beat", on.removesuffix(".conf"), call.lineno))
            case _ if name in _SERVERS or (verb == "run" and on):
                self._run(call, name, scope)
        self._pass(name, call, scope)

    def _include(
        self, on: str, what: ast.expr | None, given: ast.expr | None, scope: str, *, replaces: bool = False
    ) -> None:
        name = self._names.name(what, scope)
        if name:
            # A prefix that cannot be followed must not be taken for none.
            prefix = (self._names.value(given, scope) or Ref("")) if given is not None else None
            self._includes.append(Include(on, name, prefix, replaces))

    def _run(self, call: ast.Call, name: str, scope: str) -> None:
        first = first_or(call, "app", "target")
        text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        port = self._names.value(keyword(call, "port"), scope)
        self._runs.append(Run(call.lineno, name, text, self._names.name(first, scope), port))

    def _pass(self, name: str, call: ast.Call, scope: str) -> None:
        given: list[tuple[int | str, ast.expr]] = list(enumerate(call.args))
        given += [(word.arg, word.value) for word in call.keywords if word.arg]
        for argument, node in given:
            what = self._names.name(node, scope) if isinstance(node, ast.Name) else ""
            if name and what:
                self._passed.append(Passed(name, argument, what))


def _answers_get(call: ast.Call) -> bool:
    methods = keyword(call, "methods", "http_method")
    if not isinstance(methods, ast.List | ast.Tuple | ast.Set):
        return True
    return any(isinstance(one, ast.Constant) and str(one.value).upper() == "GET" for one in methods.elts)


def _mentions(tree: ast.Module) -> set[str]:
    """The string literals that could name a module or a file."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if _MENTION.match(text):
                found.add(text)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _TAKES_PATHS:
                found |= _words([*node.args, *(one.value for one in node.keywords)])
            case ast.BinOp(op=ast.Div(), right=right):  # `BASE / "static"`
                found |= _words([right])
            case ast.Assign(targets=[ast.Name(id="INSTALLED_APPS")], value=ast.List(elts=apps)):
                found |= _words(apps)
    return found


def _words(nodes: Iterable[ast.expr]) -> set[str]:
    """The texts among expressions that are one word: where a path or a module is expected, that is one."""
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if _WORD.match(text)}
