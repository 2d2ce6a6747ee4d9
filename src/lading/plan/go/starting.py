"""What a container with Go programs starts. Pure.

An image with one binary has it as its entrypoint, so that what follows the image's name are its arguments. One with
several has none: what follows is the program and its arguments, found on PATH.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lading.plan.go.notebook import GoNotebook
from lading.plan.model import GoProgram, Process
from lading.plan.running import DEFAULT_PORT, file_of
from lading.survey.model import Fact, GoBinary
from lading.survey.node.processes import PORT

FOLDER = "/app"
"""Where the binaries are."""


class Start(NamedTuple):
    """The entrypoint, what follows it, and every way to start the image, the container's own first."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    processes: tuple[Process, ...]


def programs(book: GoNotebook) -> tuple[GoProgram, ...]:
    """The programs of the image."""
    for fact in book.facts.binaries:
        book.add("application", f"binary {fact.value.name}", fact.value.package, fact.source, fact.certainty)
    return tuple(GoProgram(name=fact.value.name, package=fact.value.package) for fact in book.facts.binaries)


def choose_start(book: GoNotebook, port: int | None) -> Start:
    """What the container starts: the strategy's command, else the Procfile's web line, else the first binary; the
    others are processes."""
    binaries = book.facts.binaries
    main = binaries[0].value
    entrypoint = (path_of(main),) if len(binaries) == 1 else ()
    command: tuple[str, ...] = (path_of(main),)
    source = file_of(binaries[0].source)
    declared = dict(_declared(book, port))
    web = declared.pop("web", None)
    if book.strategy.command:
        source = book.origin("command")
        command = _whole(book, book.strategy.command, source)
    elif web:
        source, command = web.source, web.command
    book.add("start", main.process, " ".join(command), source)
    others = {**{one.name: one for one in _programs(book)}, **declared}
    others |= {one.name: one for one in _named(book)}
    others.pop(main.process, None)
    first = Process(name=main.process, command=_behind(book, entrypoint, command, source), source=source)
    rest = [
        Process(name=name, command=_behind(book, entrypoint, one.command, one.source), source=one.source)
        for name, one in sorted(others.items())
    ]
    return Start(entrypoint, first.command, (first, *rest))


def path_of(binary: GoBinary) -> str:
    """Where a binary is in the image."""
    return f"{FOLDER}/{binary.name}"


def _declared(book: GoNotebook, port: int | None) -> Iterator[tuple[str, Process]]:
    """The lines of a Procfile, with whole commands."""
    for fact in book.facts.processes:
        one = fact.value
        if not fact.source.startswith("Procfile"):
            continue
        if one.note:
            book.note(f"process {one.name} ({fact.source}) is left out: {one.note}")
            continue
        words = tuple(word.replace(PORT, str(port or DEFAULT_PORT)) for word in one.words)
        command = (f"{FOLDER}/{words[0]}", *words[1:])
        if one.name != "web":
            book.add("start", one.name, " ".join(command), fact.source, fact.certainty)
        yield one.name, Process(name=one.name, command=command, source=file_of(fact.source))


def _programs(book: GoNotebook) -> Iterator[Process]:
    """The programs beside the container's own."""
    for fact in book.facts.binaries[1:]:
        one: GoBinary = fact.value
        book.add("start", one.process, path_of(one), fact.source, fact.certainty)
        yield Process(name=one.process, command=(path_of(one),), source=file_of(fact.source))


def _named(book: GoNotebook) -> Iterator[Process]:
    """The processes that the strategy names, with whole commands."""
    for name, words in book.strategy.processes:
        source = book.origin(f"processes.{name}")
        command = _whole(book, words, source)
        book.add("start", name, " ".join(command), source)
        yield Process(name=name, command=command, source=source)


def _whole(book: GoNotebook, words: tuple[str, ...], source: str) -> tuple[str, ...]:
    """A command with its program's path: a binary by its name, or whatever a base may have by its own path."""
    program, *rest = words
    known: dict[str, Fact[GoBinary]] = {fact.value.name: fact for fact in book.facts.binaries}
    name = program.removeprefix("./").removeprefix(f"{FOLDER}/")
    if name in known:
        return path_of(known[name].value), *rest
    if program.startswith("/"):
        return tuple(words)
    book.problem(
        f"{book.name} has no program {program!r}",
        where=source,
        fix=f"it has {', '.join(known)}; a program of the base is named by its path",
    )
    return ()


def _behind(book: GoNotebook, entrypoint: tuple[str, ...], words: tuple[str, ...], source: str) -> tuple[str, ...]:
    """What follows the entrypoint."""
    if words[: len(entrypoint)] == entrypoint:
        return words[len(entrypoint) :]
    if words:
        book.problem(
            f"{words[0]} cannot be started behind the entrypoint {' '.join(entrypoint)}",
            where=source,
            fix=f"name {entrypoint[0].rpartition('/')[2]} and its arguments",
        )
    return ()
