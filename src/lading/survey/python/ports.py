"""Which port a service listens on. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from lading.survey.model import Certainty, Fact
from lading.survey.python.apps import FoundApp
from lading.survey.python.graph import Found, Graph
from lading.survey.python.module import Run
from lading.survey.variables import PORT

_FIELDS = frozenset({
    "port", "app_port", "api_port", "http_port", "listen_port", "server_port", "service_port", "uvicorn_port",
    "web_port",
})  # fmt: skip
"""Fields of settings that are the service's own port, in lower case."""

_OTHERS = re.compile(
    r"redis|valkey|postgres|database|db|sql|mongo|smtp|mail|kafka|rabbit|amqp|celery|broker|cache|elastic|search|nats"
    r"|ldap|metric|prometheus|grpc|ftp|ssh|proxy|queue|worker|otel|statsd|sentry"
)
"""What is in the name of a class whose port is that of something else."""

_FLAGS = frozenset({"--port", "-p", "--bind", "-b"})
_DIGITS = re.compile(r"(?:.*:)?(\d{1,5})\Z")


def port_fact(graph: Graph, web: Sequence[str], web_source: str, app: FoundApp | None) -> Fact[int] | None:
    """The port, the strongest sign first: the `web` line of a Procfile (its words), a server that is started in code
    with the app, the default of `PORT`, and, as a guess, a setting of that name."""
    said = port_in(web)
    if said:
        return Fact(value=said, source=web_source)
    found = chain(_run(graph, app) if app else (), _variable(graph), _settings(graph))
    return next(found, None)


def reads_variable(graph: Graph) -> bool:
    """Whether any module reads `PORT` from the environment."""
    return any(read.name == PORT for facts in graph.modules.values() for read in facts.env)


def port_in(words: Sequence[str]) -> int | None:
    """The port that a command line names: `--port 8000`, `--bind=0.0.0.0:8000`, `-b :8000`.

    >>> port_in(["gunicorn", "--bind=0.0.0.0:9000", "app"])
    9000
    """
    for word, following in zip(words, [*words[1:], ""], strict=False):
        flag, equals, value = word.partition("=")
        if flag in _FLAGS:
            port = _number((value if equals else following).rpartition(":")[2])
            if port:
                return port
    return None


def _run(graph: Graph, app: FoundApp) -> Iterator[Fact[int]]:
    for file, facts in sorted(graph.modules.items()):
        for run in facts.runs:
            if run.port is not None and _runs(graph, file, run, app):
                yield from _fact(graph.value(run.port, file), f"{file}:{run.line}", "found")


def _runs(graph: Graph, file: str, run: Run, app: FoundApp) -> bool:
    """Whether what is started is the app: given by its name as text, as the object, or by a method of its own."""
    if run.target:
        return app.app.target.endswith(run.target.partition("(")[0])
    given = run.what if run.what and not run.server.startswith(":") else run.server.rpartition(".")[0]
    return graph.follow(given.removesuffix("()"), file) in app.places


def _variable(graph: Graph) -> Iterator[Fact[int]]:
    for file, facts in sorted(graph.modules.items()):
        for read in facts.env:
            if read.name == PORT and read.default is not None:
                yield from _fact(Found(read.default, True), f"{file}:{read.line}", "found")


def _settings(graph: Graph) -> Iterator[Fact[int]]:
    for place, one in graph.all_settings():
        for name, field in sorted(one.fields.items()):
            if name.lower() in _FIELDS and not _OTHERS.search(one.name.lower()):
                yield from _fact(graph.value(field.value, place.file), f"{place.file}:{field.line}", "assumed")


def _fact(found: Found | None, source: str, certainty: Certainty) -> Iterator[Fact[int]]:
    port = _number(str(found.value)) if found else None
    if port:
        yield Fact(value=port, source=source, certainty=certainty)


def _number(text: str) -> int | None:
    match = _DIGITS.match(text)
    port = int(match[1]) if match else 0
    return port if 0 < port < 65536 else None
