"""What an app answers: its routes, through routers, blueprints, mounts and URL lists. Pure.

A route counts only when the way from the app to it is there in the source; a prefix that cannot be followed hides what
is below it. Nothing is guessed.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lading.survey.model import Fact
from lading.survey.patterns import HEALTH_NAMES
from lading.survey.python.graph import Graph, Place
from lading.survey.python.module import Passed, Value

MOST_STEPS = 50_000
"""Objects that are visited on the way through an app, each once for every way to it: real apps need some hundreds."""

_PLAIN = re.compile(r"/[A-Za-z0-9._~/-]*\Z")


class Answer(NamedTuple):
    """A path that an app answers, where it says so, and whether the environment could change it."""

    path: str
    file: str
    line: int
    certain: bool


class _Edge(NamedTuple):
    to: Place
    prefix: Value | None
    replaces: bool
    file: str


class Routes:
    """The routes of a service's modules, as a graph of the objects that have them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._steps = 0
        self._own: dict[Place, list[tuple[Value, int]]] = {}
        self._edges: dict[Place, list[_Edge]] = {}
        self._prefixes: dict[Place, Value] = {}
        for file in sorted(graph.modules):
            self._add(file)
        given = self.included()
        for file, facts in sorted(graph.modules.items()):
            for passed in facts.passed:
                self._pass(file, passed, given)

    def answers(self, app: Place) -> tuple[Answer, ...]:
        """Every path that the object at `app` answers to GET, sorted."""
        self._steps = MOST_STEPS
        return tuple(sorted(set(self._walk(app, "", certain=True, above=(), own=True))))

    def included(self) -> set[Place]:
        """Every object that is a part of another."""
        return {edge.to for edges in self._edges.values() for edge in edges}

    def _add(self, file: str) -> None:
        facts = self._graph.modules[file]
        for one in facts.made:
            if one.prefix is not None:
                self._prefixes[Place(file, one.name)] = one.prefix
            self._made_by(Place(file, one.name), one.callee)
        for route in facts.routes:
            place = self._graph.follow(route.on, file)
            if place:
                self._own.setdefault(place, []).append((route.path, route.line))
        for include in facts.includes:
            into, what = self._graph.follow(include.into, file), self._graph.follow(include.what, file)
            if into and what:
                self._edges.setdefault(into, []).append(_Edge(what, include.prefix, include.replaces, file))

    def _made_by(self, place: Place, callee: str) -> None:
        """`app = create_app()` answers what the function's own `app` does."""
        at = self._graph.follow(callee, place.file)
        function = self._graph.function(at) if at else None
        for name in function.returns if at and function else ():
            back = self._graph.follow(name.removesuffix("()"), at.file) if at else None
            if back:
                self._edges.setdefault(place, []).append(_Edge(back, None, False, place.file))

    def _pass(self, file: str, passed: Passed, included: set[Place]) -> None:
        """`register(app)` gives the app what the function gives to its parameter; `create_app(router)` puts the router
        where the function puts its parameter."""
        at = self._graph.follow(passed.function, file)
        known = self._graph.function(at) if at else None
        given = self._graph.follow(passed.what, file)
        if at is None or known is None or given is None:
            return
        argument = passed.argument
        if isinstance(argument, int):
            if argument >= len(known.parameters):
                return
            argument = known.parameters[argument]
        parameter = Place(at.file, f"{at.name}.{argument}")
        outer, inner = (parameter, given) if parameter in included else (given, parameter)
        self._edges.setdefault(outer, []).append(_Edge(inner, None, False, file))

    def _walk(self, place: Place, base: str, *, certain: bool, above: tuple[Place, ...], own: bool) -> Iterator[Answer]:
        self._steps -= 1
        if place in above or self._steps < 0:
            return
        prefix = self._graph.value(self._prefixes.get(place), place.file) if own else None
        if own and place in self._prefixes:
            if prefix is None:
                return
            base, certain = base + str(prefix.value), certain and prefix.certain
        for path, line in self._own.get(place, ()):
            found = self._graph.value(path, place.file)
            if found:
                yield Answer(_joined(base, str(found.value)), place.file, line, certain and found.certain)
        for edge in self._edges.get(place, ()):
            given = self._graph.value(edge.prefix, edge.file)
            if edge.prefix is not None and given is None:
                continue
            below = base + _slashed(str(given.value), base) if given else base
            sure = certain and (given is None or given.certain)
            inherits = not (edge.replaces and given)
            yield from self._walk(edge.to, below, certain=sure, above=(*above, place), own=inherits)


def health_facts(answers: tuple[Answer, ...]) -> tuple[Fact[str], ...]:
    """The paths that answer whether the service works, the best first."""
    ranked: dict[str, tuple[int, bool, int, Answer]] = {}
    for answer in answers:
        last = answer.path.rstrip("/").rpartition("/")[2].lower().lstrip("_")
        if last in HEALTH_NAMES and _PLAIN.match(answer.path):
            rank = (HEALTH_NAMES.index(last), not answer.certain, answer.path.count("/"), answer)
            ranked[answer.path] = min(rank, ranked.get(answer.path, rank))
    return tuple(
        Fact(
            value=answer.path,
            source=f"{answer.file}:{answer.line}",
            certainty="found" if answer.certain else "assumed",
        )
        for *_, answer in sorted(ranked.values())
    )


def _slashed(prefix: str, base: str) -> str:
    """A prefix as it stands between two paths: Django writes `api/`, the others `/api`."""
    cleaned = prefix.removeprefix("^")
    return cleaned if cleaned.startswith("/") or base.endswith("/") or not cleaned else f"/{cleaned}"


def _joined(base: str, path: str) -> str:
    """One path from its parts, with one slash between them.

    >>> _joined("/api/", "health/"), _joined("", "^ping$"), _joined("/v1", "")
    ('/api/health/', '/ping', '/v1')
    """
    path = path.removeprefix("^").removesuffix("$")
    if path and not path.startswith("/") and not base.endswith("/"):
        path = f"/{path}"
    return re.sub(r"/{2,}", "/", base + path) or "/"
