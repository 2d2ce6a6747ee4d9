"""Compose files as far as they say how the image of a Dockerfile is run: https://docs.docker.com/reference/compose-file/.

What is not as the specification has it is left out: a compose file is judged by `docker compose`, not here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from lading.finding import Place, Span

if TYPE_CHECKING:
    from yaml.events import Event
    from yaml.nodes import Node

LARGEST = 1_000_000
"""Characters of a compose file that are read."""
DEEPEST = 50
"""Folders in folders of a YAML document; a service needs five."""


class Told(msgspec.Struct, frozen=True):
    """A text of a compose file, and where it stands."""

    text: str
    place: Place


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command: words, or (`script` is there) a line for the container's shell."""

    words: tuple[str, ...] = ()
    script: str | None = None
    place: Place


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service. Paths are as they are written; `context` is empty where nothing is built. `environment` has none for a
    value that is the machine's own, or has a variable in it; `depends_on` says for each service what is waited for."""

    name: str
    place: Place
    image: Told | None = None
    context: str = ""
    dockerfile: str = ""
    target: str = ""
    arguments: Mapping[str, str | None] = {}
    command: Command | None = None
    entrypoint: Command | None = None
    health: Command | None = None
    user: Told | None = None
    environment: Mapping[str, str | None] = {}
    mounts: tuple[tuple[str, str], ...] = ()
    replicas: int = 1
    replicas_place: Place | None = None
    depends_on: Mapping[str, Told] = {}
    read_only: bool = False


class ComposeFile(msgspec.Struct, frozen=True, kw_only=True):
    """The services of a file by name. `problem` says why there are none."""

    path: str
    services: Mapping[str, Service] = {}
    problem: str = ""


def read_compose(text: str, path: str) -> ComposeFile:
    """The services of a compose file that the reader names `path`. Never raises."""
    import yaml

    if len(text) > LARGEST:
        return ComposeFile(path=path, problem="the file is too long")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if _depth(yaml.parse(text, Loader=loader)) > DEEPEST:  # which `compose` would go into, and out of its stack
            return ComposeFile(path=path, problem="it is nested too deeply")
        top = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return ComposeFile(path=path, problem=" ".join(str(error).split()))
    reader = _Reader(path)
    services = reader.map(reader.map(top).get("services"))
    return ComposeFile(path=path, services={name: reader.service(name, node) for name, node in services.items()})


def _depth(events: "Iterator[Event]") -> int:
    """How many lists and mappings stand in each other at most, as far as it matters."""
    from yaml.events import CollectionEndEvent, CollectionStartEvent

    depth = 0
    for event in events:
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            break
    return depth


class _Reader:
    def __init__(self, path: str) -> None:
        self._path = path
        self._maps: dict[int, Mapping[str, Node]] = {}

    def service(self, name: str, node: "Node") -> Service:
        said = self.map(node)
        build = said.get("build")
        parts = self.map(build)
        deploy = self.map(said.get("deploy"))
        replicas = deploy.get("replicas", said.get("scale"))
        image = said.get("image")
        user = said.get("user")
        return Service(
            name=name,
            place=self.place(node),
            image=self.told(image),
            context=self.text(build) or self.text(parts.get("context")) or ("." if parts else ""),
            dockerfile=self.text(parts.get("dockerfile")),
            target=self.text(parts.get("target")),
            arguments=self.pairs(parts.get("args")),
            command=self.command(said.get("command")),
            entrypoint=self.command(said.get("entrypoint")),
            health=self._health(said.get("healthcheck")),
            user=self.told(user),
            environment=self.pairs(said.get("environment")),
            mounts=tuple(self._mounts(said.get("volumes"))),
            replicas=int(number) if (number := self.text(replicas)).isdecimal() and len(number) < 9 else 1,
            replicas_place=self.place(replicas) if replicas is not None else None,
            depends_on=self._depends(said.get("depends_on")),
            read_only=self.text(said.get("read_only")).lower() in ("true", "yes", "on"),
        )

    def place(self, node: "Node") -> Place:
        start, end = node.start_mark, node.end_mark
        if end.column == 0 and end.line > start.line:  # a block ends where the next line begins
            return Place(path=self._path, span=Span(start.line + 1, start.column + 1, end.line, 1))
        return Place(path=self._path, span=Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1))

    def map(self, node: "Node | None") -> Mapping[str, "Node"]:
        """A mapping's values by key; of `<<` what is merged in (https://yaml.org/type/merge.html)."""
        if id(node) not in self._maps:
            self._maps[id(node)] = {}  # what merges itself in has nothing more
            self._maps[id(node)] = self._map(node)
        return self._maps[id(node)]

    def _map(self, node: "Node | None") -> Mapping[str, "Node"]:
        from yaml.nodes import MappingNode, SequenceNode

        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key, value in node.value if isinstance(node, MappingNode) else ():
            name = self.text(key)
            if key.tag == "tag:yaml.org,2002:merge":
                for one in value.value if isinstance(value, SequenceNode) else [value]:
                    merged = {**self.map(one), **merged}
            elif name:
                own[name] = value
        return {**merged, **own}

    def text(self, node: "Node | None") -> str:
        """A scalar's text, without `$$`'s second dollar; empty for anything else."""
        from yaml.nodes import ScalarNode

        return str(node.value) if isinstance(node, ScalarNode) and not node.tag.endswith(":null") else ""

    def told(self, node: "Node | None") -> Told | None:
        """A text and its place; nothing where there is none."""
        return Told(self.text(node), self.place(node)) if node is not None and self.text(node) else None

    def list(self, node: "Node | None") -> Sequence["Node"]:
        """A list's items."""
        from yaml.nodes import SequenceNode

        return node.value if isinstance(node, SequenceNode) else ()

    def pairs(self, node: "Node | None") -> dict[str, str | None]:
        """`NAME=value` in a list, or a mapping."""
        found = {name: self.text(value) for name, value in self.map(node).items()}
        for item in self.list(node):
            name, equals, value = self.text(item).partition("=")
            found[name] = value if equals else "$"
        return {name: None if "$" in value else value for name, value in found.items() if name}

    def command(self, node: "Node | None") -> Command | None:
        """A list of words, or a text that Compose splits as a shell would, without one being there."""
        import shlex

        if node is None or "$" in (text := self.text(node)):
            return None
        words = [self.text(item) for item in self.list(node)]
        if text:
            try:
                words = shlex.split(text)
            except ValueError:
                return None
        return Command(words=tuple(words), place=self.place(node)) if words else None

    def _health(self, node: "Node | None") -> Command | None:
        """`test` of https://docs.docker.com/reference/compose-file/services/#healthcheck."""
        said = self.map(node)
        test = said.get("test")
        if test is None or self.text(said.get("disable")).lower() in ("true", "yes", "on"):
            return None
        words = [self.text(item).replace("$$", "$") for item in self.list(test)]
        text = self.text(test).replace("$$", "$")
        match words:
            case ["CMD", _, *_]:
                return Command(words=tuple(words[1:]), place=self.place(test))
            case ["CMD-SHELL", text]:
                pass
        return Command(script=text, place=self.place(test)) if text and text != "NONE" else None

    def _mounts(self, node: "Node | None") -> Iterator[tuple[str, str]]:
        """Source and target; no source of a volume without a name."""
        for item in self.list(node):
            parts = self.map(item)
            if parts:
                yield self.text(parts.get("source")), self.text(parts.get("target"))
                continue
            words = self.text(item).split(":")
            if len(words) == 1:
                yield "", words[0]
            elif len(words) in (2, 3):
                yield words[0], words[1]

    def _depends(self, node: "Node | None") -> dict[str, Told]:
        """What is waited for of each: `service_started` where nothing is said."""
        found = {self.text(item): Told("service_started", self.place(item)) for item in self.list(node)}
        for name, value in self.map(node).items():
            condition = self.map(value).get("condition")
            found[name] = Told(self.text(condition) or "service_started", self.place(condition or value))
        return {name: told for name, told in found.items() if name}
