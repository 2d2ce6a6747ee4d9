"""What a Node service starts, and its other processes. Pure."""

from typing import NamedTuple

from lading.plan.model import Process
from lading.plan.node.notebook import NodeNotebook
from lading.plan.node.words import node_words
from lading.plan.running import DEFAULT_PORT, file_of
from lading.survey.model import Fact, ProcessFact


class Start(NamedTuple):
    """What the container starts: its process, the words behind node, and where that is said."""

    process: str
    command: tuple[str, ...]
    source: str


def choose_start(book: NodeNotebook, port: int | None) -> Start:
    """The strategy's command, else the Procfile's web line, else what the project says or its framework has."""
    facts, number = book.facts, port or DEFAULT_PORT
    if book.strategy.command:
        given = book.said("command", book.strategy.command)
        return _told(book, given.value, given.source, number)
    web = _process(book, "web")
    if web and not web.value.note:
        return _told(book, web.value.words, web.source, number)
    if web:
        book.note(f"{web.source} is not used: {web.value.note}")
    if facts.start:
        _check_needs(book, facts.start_needs, facts.start.source)
        return _told(book, facts.start.value, facts.start.source, number, facts.start)
    usable = [fact for fact in facts.processes if not (fact.value.note or fact.value.runs_once)]
    if len(usable) == 1:
        one = usable[0]
        return _told(book, one.value.words, one.source, number)._replace(process=one.value.name)
    script = facts.framework.value if facts.framework else "package.json"
    book.problem(
        f"{book.name} has nothing to start: {script} names no file that node runs",
        where=facts.at("package.json"),
        fix=f'"scripts": {{"start": "node dist/server.js"}}, or services.{book.name}.command in lading.toml',
    )
    return Start("web", (), "package.json")


def choose_processes(book: NodeNotebook, start: Start, port: int | None) -> tuple[Process, ...]:
    """Every way to start the image, the container's own first, the others by name."""
    number = port or DEFAULT_PORT
    found: dict[str, Process] = {}
    for fact in book.facts.processes:
        one = fact.value
        if one.name == "web":
            continue
        missing = one.needs and one.needs not in book.facts.production
        if one.note or missing:
            why = one.note or f"{one.needs} is not among the production packages"
            book.note(f"process {one.name} ({fact.source}) is left out: {why}")
            continue
        words = node_words(one.words, number)
        if words and words != start.command:
            found[one.name] = Process(name=one.name, command=words, source=file_of(fact.source))
            book.add("start", one.name, " ".join(words), fact.source, fact.certainty)
    for name, given in book.strategy.processes:
        source = book.origin(f"processes.{name}")
        found[name] = Process(name=name, command=_words(book, given, source, number), source=source)
        book.add("start", name, " ".join(found[name].command), source)
    found.pop(start.process, None)
    first = Process(name=start.process, command=start.command, source=start.source)
    return first, *(found[name] for name in sorted(found))


def _told(
    book: NodeNotebook, words: tuple[str, ...], source: str, port: int, fact: Fact[tuple[str, ...]] | None = None
) -> Start:
    command = _words(book, words, source, port)
    certainty = fact.certainty if fact else "declared"
    book.add("start", "web", " ".join(command), source, certainty)
    if certainty == "assumed":
        book.note(f"{' '.join(command)} is assumed to be what starts (`start` in package.json › scripts says it)")
    return Start("web", command, file_of(source))


def _words(book: NodeNotebook, words: tuple[str, ...], source: str, port: int) -> tuple[str, ...]:
    made = node_words(words, port)
    if made is None:
        book.problem(
            f"the image's node cannot run {' '.join(words)!r}", where=source, fix="name a .js file, without a shell"
        )
    return made or ()


def _check_needs(book: NodeNotebook, needs: str, source: str) -> None:
    if needs and not book.facts.bundled and needs not in book.facts.production:
        book.problem(
            f"{book.name} starts with {needs}, which is not among its production packages",
            where=book.facts.at(source),
            fix=f"npm install --save-prod {needs}",
        )


def _process(book: NodeNotebook, name: str) -> Fact[ProcessFact] | None:
    return next((fact for fact in book.facts.processes if fact.value.name == name), None)
