"""Which object a server is given: found in the source, ranked, never imported. Pure."""

import posixpath
from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from lading.survey.model import App
from lading.survey.python.graph import LONGEST_CHAIN, Graph, Place, module_name
from lading.survey.python.module import Ref

Framework = Literal["FastAPI", "Starlette", "Litestar", "Flask", "Quart", "Django", "unknown"]

FRAMEWORKS: dict[str, Framework] = {
    "fastapi.FastAPI": "FastAPI",
    "fastapi.applications.FastAPI": "FastAPI",
    "starlette.applications.Starlette": "Starlette",
    "litestar.Litestar": "Litestar",
    "litestar.app.Litestar": "Litestar",
    "flask.Flask": "Flask",
    "flask.app.Flask": "Flask",
    "quart.Quart": "Quart",
    "quart.app.Quart": "Quart",
    "django.core.asgi.get_asgi_application": "Django",
    "django.core.wsgi.get_wsgi_application": "Django",
}
"""What makes applications, by the names that it is imported by."""

_FOLDERS = ("", "app", "src")
_FILES = ("main.py", "app.py", "api.py", "asgi.py", "wsgi.py", "server.py", "application.py", "__init__.py")
_ATTRIBUTES = ("app", "api", "application", "create_app", "get_app", "make_app")
_WRAPPERS = ("Middleware", "ASGIApp", "WSGIApp")


class FoundApp(NamedTuple):
    """An app, the objects whose routes it answers, and the line that makes it."""

    app: App
    places: tuple[Place, ...]
    line: int


class _Candidate(NamedTuple):
    """Sorted by how well its place fits, as fastapi-cli looks for it: `main.py, app.py, api.py, app/main.py, …`."""

    factory: bool
    folder: int
    file: int
    attribute: int
    depth: int
    place: Place
    framework: Framework
    line: int


def find_apps(graph: Graph, parts: set[Place], wheel: Collection[str]) -> tuple[FoundApp, ...]:
    """Every app that a server could be given, the likeliest first. Those that are `parts` of another are none.

    Factories count only where nothing makes an app when it is imported.
    """
    candidates = sorted(_candidates(graph))
    whole = [one for one in candidates if one.place not in parts] or candidates
    made = [one for one in whole if not one.factory] or whole
    return tuple(_found(graph, one, wheel) for one in made)


def app_at(graph: Graph, target: str, near: str) -> FoundApp | None:
    """The app that `module:attribute` names, where the file `near` says so; nothing when there is no such module.

    An attribute with a call behind it, or that is a function, is a factory.
    """
    dotted, _, attribute = target.partition(":")
    attribute = (attribute or "app").partition("(")[0]
    file = graph.module(dotted, near)
    if file is None:
        return None
    place = Place(file, attribute)
    function = graph.function(place)
    app = App(
        target=f"{dotted}:{attribute}",
        framework=(framework := framework_of(graph, place) or "unknown"),
        protocol=_protocol(framework, file),
        factory="(" in target or function is not None,
        root=_root_that_gives(dotted, file),
        file=file,
    )
    return FoundApp(app, _answering(graph, place), function.line if function else 1)


def framework_of(graph: Graph, place: Place, seen: frozenset[Place] = frozenset()) -> Framework | None:
    """The framework of the object that is made at a place, or that the function there returns."""
    if place in seen or len(seen) > LONGEST_CHAIN:
        return None
    function = graph.function(place)
    names = [*function.returns, function.annotation] if function else graph.makers(place)
    for name in names:
        bare = name.removesuffix("()")
        if bare in FRAMEWORKS:
            return FRAMEWORKS[bare]
        at = graph.follow(bare, place.file) if bare else None
        found = framework_of(graph, at, seen | {place}) if at else None
        if found:
            return found
    return None


def django_apps(graph: Graph, manage: str) -> tuple[FoundApp, ...]:
    """The ASGI and the WSGI application of the Django project that the file `manage` (`…/manage.py`) starts.

    Named by `ASGI_APPLICATION` and `WSGI_APPLICATION`, else found beside the settings.
    """
    settings = django_settings(graph, manage)
    root = posixpath.dirname(manage) or "."
    if settings is None:
        return ()
    urls = _text_setting(graph, settings, "ROOT_URLCONF")
    urlconf = graph.module(urls, manage) if urls else None
    found = []
    for kind in ("asgi", "wsgi"):
        named = _text_setting(graph, settings, f"{kind.upper()}_APPLICATION")
        dotted, _, attribute = (named or "").rpartition(".")
        file = graph.module(dotted, manage) if dotted else _beside(graph, settings, kind)
        if file:
            target = f"{module_name(file, root)}:{attribute or 'application'}"
            protocol: Literal["asgi", "wsgi"] = "asgi" if kind == "asgi" else "wsgi"
            app = App(target=target, framework="Django", protocol=protocol, root=root, file=file)
            found.append(FoundApp(app, (Place(urlconf, "urlpatterns"),) if urlconf else (), 1))
    return tuple(found)


def django_settings(graph: Graph, manage: str) -> str | None:
    """The file of the settings that `manage.py` names."""
    for text in graph.modules[manage].mentions:
        file = graph.module(text, manage) if "settings" in text else None
        if file:
            return file
    return None


def _text_setting(graph: Graph, settings: str, name: str) -> str | None:
    """A setting of Django's that is text, also when the settings have it from another module by `*`."""
    found = graph.value(Ref(f":{name}"), settings)
    return str(found.value) if found else None


def _beside(graph: Graph, settings: str, kind: str) -> str | None:
    folder = posixpath.dirname(settings)
    for place in (folder, posixpath.dirname(folder)):
        path = posixpath.join(place, f"{kind}.py")
        if path in graph.modules:
            return path
    return None


def _candidates(graph: Graph) -> Iterator[_Candidate]:
    for file, facts in graph.modules.items():
        for made in facts.made:
            framework = framework_of(graph, Place(file, made.name)) if "." not in made.name else None
            if framework:
                yield _candidate(file, made.name, framework, made.line, factory=False)
        for function in facts.functions:
            framework = framework_of(graph, Place(file, function.name)) if "." not in function.name else None
            if framework and not function.required:
                yield _candidate(file, function.name, framework, function.line, factory=True)


def _candidate(file: str, name: str, framework: Framework, line: int, *, factory: bool) -> _Candidate:
    folder, base = posixpath.split(file)
    return _Candidate(
        factory=factory,
        folder=_rank(folder, _FOLDERS),
        file=_rank(base, _FILES),
        attribute=_rank(name, _ATTRIBUTES),
        depth=file.count("/"),
        place=Place(file, name),
        framework=framework,
        line=line,
    )


def _rank(word: str, order: tuple[str, ...]) -> int:
    return order.index(word) if word in order else len(order)


def _found(graph: Graph, one: _Candidate, wheel: Collection[str]) -> FoundApp:
    file, name = one.place
    root = graph.target_root(file, wheel)
    name = _wrapper(graph, one.place) or name
    app = App(
        target=f"{module_name(file, root)}:{name}",
        framework=one.framework,
        protocol=_protocol(one.framework, file),
        factory=one.factory,
        root=root,
        file=file,
    )
    return FoundApp(app, _answering(graph, one.place), one.line)


def _wrapper(graph: Graph, place: Place) -> str | None:
    """The object that the same module wraps around an app (`socketio.ASGIApp(server, app)`): what a server is given."""
    facts = graph.modules[place.file]
    wraps = {one.function for one in facts.passed if one.what == f":{place.name}" and one.function.endswith(_WRAPPERS)}
    return next((one.name for one in facts.made if one.callee in wraps and "." not in one.name), None)


def _answering(graph: Graph, place: Place) -> tuple[Place, ...]:
    """The objects whose routes an app answers: itself, or what its factory returns."""
    found: list[Place] = []
    waiting = [place]
    while waiting and len(found) < LONGEST_CHAIN:
        at = waiting.pop()
        function = graph.function(at)
        found.append(at)
        backs = (graph.follow(name.removesuffix("()"), at.file) for name in (function.returns if function else ()))
        waiting += [back for back in backs if back and back not in found]
    return tuple(found)


def _protocol(framework: Framework, file: str) -> Literal["asgi", "wsgi"]:
    either = framework in ("Django", "unknown")
    return "wsgi" if framework == "Flask" or (either and posixpath.basename(file) == "wsgi.py") else "asgi"


def _root_that_gives(dotted: str, file: str) -> str:
    """The folder from which a file has a dotted name.

    >>> _root_that_gives("app.main", "backend/app/main.py")
    'backend'
    """
    stem = module_name(file, ".")
    return stem[: -len(dotted)].rstrip(".").replace(".", "/") or "."
