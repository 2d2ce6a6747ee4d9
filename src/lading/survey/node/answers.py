"""What a service in Node reads and answers: variables, its port, the paths that say that it works. Pure."""

import re
from collections.abc import Iterator, Mapping

from lading.survey.model import Fact
from lading.survey.node.scan import ModuleFacts
from lading.survey.patterns import HEALTH_NAMES
from lading.survey.variables import PORT, Reading

_ROUTES = (
    re.compile(r"(?:src/)?app/(?P<path>(?:.+/)?)route\.[jt]sx?\Z"),  # Next.js, app router
    re.compile(r"(?:src/)?pages/(?P<path>api/.+)\.[jt]s\Z"),  # Next.js, pages router
    re.compile(r"src/routes/(?P<path>(?:.+/)?)\+server\.[jt]s\Z"),  # SvelteKit
    re.compile(r"server/routes/(?P<path>.+?)(?:\.get)?\.[jt]s\Z"),  # Nitro
    re.compile(r"server/(?P<path>api/.+?)(?:\.get)?\.[jt]s\Z"),  # Nitro
    re.compile(r"src/pages/(?P<path>.+)\.[jt]s\Z"),  # Astro
    re.compile(r"app/routes/(?P<path>[^/]+)\.[jt]sx?\Z"),  # React Router, Remix: dots are slashes
)
"""Files that answer a path by being where they are, as frameworks with file routes have it."""


def readings(modules: Mapping[str, ModuleFacts]) -> tuple[Reading, ...]:
    """Every place that reads a variable. JavaScript cannot tell one that is needed: none is called required."""
    return tuple(
        Reading(read.name, read.default, False, (), f"{path}:{read.line}")
        for path, facts in sorted(modules.items())
        for read in facts.reads
    )


def port_fact(modules: Mapping[str, ModuleFacts], reads: tuple[Reading, ...]) -> Fact[int] | None:
    """The port: the default of `PORT`, else the number that a server listens on."""
    for read in reads:
        if read.name == PORT and (port := _port(read.default)):
            return Fact(value=port, source=read.source, certainty="found")
    for path, facts in sorted(modules.items()):
        for listen in facts.listens:
            if listen.port:
                return Fact(value=listen.port, source=f"{path}:{listen.line}", certainty="found")
    return None


def port_in(words: tuple[str, ...]) -> int | None:
    """The port that a command line names.

    >>> port_in(("server.js", "--port=4000")), port_in(("next", "start", "-p", "3001"))
    (4000, 3001)
    """
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, equals, value = word.partition("=")
        if flag in ("-p", "--port") and (port := _port(value if equals else following)):
            return port
    return None


def health_facts(modules: Mapping[str, ModuleFacts], paths: frozenset[str]) -> tuple[Fact[str], ...]:
    """The paths that answer whether the service works, the best first. Behind a prefix that some router has, a route
    may have another path: then it is a guess."""
    prefixes = sum(route.kind == "use" and route.path != "/" for one in modules.values() for route in one.routes)
    ranked: dict[str, tuple[int, bool, int, str]] = {}
    for path, source, certain in (*_spoken(modules, not prefixes), *_by_place(paths)):
        last = path.rstrip("/").rpartition("/")[2].lower().lstrip("_")
        if last in HEALTH_NAMES:
            rank = (HEALTH_NAMES.index(last), not certain, path.count("/"), source)
            ranked[path] = min(rank, ranked.get(path, rank))
    return tuple(
        Fact(value=path, source=source, certainty="assumed" if guessed else "found")
        for (_, guessed, _, source), path in sorted((rank, path) for path, rank in ranked.items())
    )


def _spoken(modules: Mapping[str, ModuleFacts], certain: bool) -> Iterator[tuple[str, str, bool]]:
    for path, facts in sorted(modules.items()):
        controller = ""
        for route in facts.routes:
            source = f"{path}:{route.line}"
            match route.kind:
                case "controller":
                    controller = route.path
                case "handler":
                    joined = "/".join(part for part in (controller, route.path) if part)
                    yield f"/{joined}", source, certain
                case "get":
                    yield route.path, source, certain
                case "compared":
                    yield route.path, source, True


def _by_place(paths: frozenset[str]) -> Iterator[tuple[str, str, bool]]:
    for path in sorted(paths):
        for pattern in _ROUTES:
            found = pattern.match(path)
            if found:
                named = found["path"].strip("/").replace(".", "/").removesuffix("/index")
                parts = [part for part in named.split("/") if not (part.startswith("(") and part.endswith(")"))]
                yield "/" + "/".join(parts), path, True
                break


def _port(text: str) -> int | None:
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return port if 0 < port < 65536 else None
