"""Which port a service listens on. Pure."""

import re
from collections.abc import Iterator, Sequence

from lading.survey.graph import Found, Graph
from lading.survey.model import Fact

_SETTINGS = frozenset(
    {"port", "app_port", "api_port", "http_port", "listen_port", "server_port", "service_port", "uvicorn_port"}
)
_FLAGS = frozenset({"--port", "-p", "--bind", "-b"})
_DIGITS = re.compile(r"(?:.*:)?(\d{1,5})\Z")


def port_fact(graph: Graph, web: Sequence[str], web_source: str, preferred: str) -> Fact[int] | None:
    """The port, the strongest sign first: the `web` line of a Procfile (its words), a server started in code, `PORT`'s
    default, a field of a settings class. `preferred` is the app's own file: its word counts before other modules'."""
    said = port_in(web)
    if said:
        return Fact(value=said, source=web_source)
    found = [*_run(graph), *_variable(graph), *_settings(graph)]
    found.sort(key=lambda one: (one[0], not one[1].source.startswith(f"{preferred}:")))
    return found[0][1] if found else None


def reads_variable(graph: Graph) -> bool:
    """Whether any module reads `PORT` from the environment."""
    return any(facts.env for facts in graph.modules.values())


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


def _run(graph: Graph) -> Iterator[tuple[int, Fact[int]]]:
    for file, facts in sorted(graph.modules.items()):
        for run in facts.runs:
            found = graph.value(run.port, file)
            yield from _fact(0, found, f"{file}:{run.line}")


def _variable(graph: Graph) -> Iterator[tuple[int, Fact[int]]]:
    for file, facts in sorted(graph.modules.items()):
        for read in facts.env:
            if read.default is not None:
                yield from _fact(1, Found(read.default, True), f"{file}:{read.line}")


def _settings(graph: Graph) -> Iterator[tuple[int, Fact[int]]]:
    for place, one in graph.all_settings():
        for name, field in sorted(one.fields.items()):
            if name.lower() in _SETTINGS:
                found = graph.value(field.value, place.file)
                yield from _fact(2, found, f"{place.file}:{field.line}")


def _fact(strength: int, found: Found | None, source: str) -> Iterator[tuple[int, Fact[int]]]:
    port = _number(str(found.value)) if found else None
    if port:
        yield strength, Fact(value=port, source=source, certainty="found")


def _number(text: str) -> int | None:
    match = _DIGITS.match(text)
    port = int(match[1]) if match else 0
    return port if 0 < port < 65536 else None
