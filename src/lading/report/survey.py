"""How a survey looks: each service with its facts and their sources, then what cannot be built."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from lading.report.table import GAP, Column, render
from lading.report.text import count, paint, printable
from lading.survey.model import (
    App,
    Backing,
    Fact,
    GoService,
    PackagesService,
    ProcessFact,
    PythonService,
    Service,
    ServiceFacts,
    Survey,
    Unsupported,
)
from lading.survey.python.managers import COMMANDS

_SOME = 4
"""Files that are named before the rest is counted."""

Row = tuple[str, str, str]
"""What about, the value, and where it is from."""


def render_survey(found: Survey, *, colour: bool = False, width: int = 80) -> list[str]:
    """The lines of a survey, at most `width` columns wide where values can give way."""
    lines: list[str] = []
    for one in found.services:
        rows = [(name, value, source.replace("› project.", "› ")) for name, value, source in _rows(one)]
        place = "the repository's root" if one.folder == "." else one.folder
        lines += [f"{paint(printable(one.name.value), 'bold', colour)}  {printable(place)}"]
        columns = (Column("FACT"), Column("VALUE"), Column("SOURCE"))
        lines += [*render(columns, list(_folded(rows, width - 2)), width=width, indent=2, colour=colour), ""]
        lines += [f"  note: {printable(note)}" for note in one.notes] + ([""] if one.notes else [])
    if found.unsupported:
        lines += [paint("not built", "bold", colour)]
        for refused in found.unsupported:
            lines += _refused(refused)
        lines += [""]
    services, others = len(found.services), len(found.unsupported)
    told = [count(services, "service")] + ([f"{count(others, 'project')} that cannot be built"] if others else [])
    return [*lines, ", ".join(told) if services or others else "there is no project here"]


def _folded(rows: Sequence[Row], width: int) -> Iterator[Row]:
    """Rows that fit: a value or source that is too long goes on in the next row."""
    names, values, sources = (max(len(row[at]) for row in rows) for at in range(3))
    room = width - names - 2 * len(GAP)
    source = min(sources, max(room - values, room * 2 // 5))
    for name, value, origin in rows:
        left = textwrap.wrap(value, room - source, break_on_hyphens=False) or [""]
        right = textwrap.wrap(origin, source, break_on_hyphens=False) or [""]
        for position, (first, second) in enumerate(zip_longest(left, right, fillvalue="")):
            yield name if position == 0 else "", first, second


def _refused(one: Unsupported) -> list[str]:
    lines = [f"  {printable(one.name)}  {printable(one.file)}", f"    {printable(one.what)}"]
    return [*lines, f"    do: {printable(one.fix)}"] if one.fix else lines


def _rows(one: Service) -> Iterator[Row]:
    yield "name", one.name.value, one.name.source
    if one.version:
        yield _row("version", one.version)
    yield from _stack(one)
    if one.port:
        yield _row("port", one.port)
    for health in one.health:
        yield _row("health", health)
    yield from _processes(one)
    if one.ships:
        yield "also ships", _some(one.ships), "named by the code"
    if one.secrets:
        yield "secrets", _some(one.secrets), "by their names"


def _stack(one: Service) -> Iterator[Row]:
    """What only services of that language have."""
    match one:
        case PythonService():
            yield from _python(one)
        case GoService():
            yield from _go(one)
        case PackagesService():
            yield "packages", ", ".join(one.packages), f"{one.name.source}.packages"


def _python(one: PythonService) -> Iterator[Row]:
    yield _row("Python", one.python.version)
    installed = "a package: a wheel" if one.package.value else "no package: source"
    yield "project", installed, one.package.source
    own = sum("" in package.ways for package in one.packages)
    yield "packages", f"{own} in production", one.lock
    list_only = ", without hashes: no lock" if one.unhashed else ""
    yield "manager", f"{COMMANDS[one.manager].title}{list_only}", one.lock
    if one.parts:
        yield "parts", ", ".join(part.folder for part in one.parts if part.package), one.lock
    for name, values in (("groups", one.groups), ("extras", one.extras)):
        if values:
            yield name, ", ".join(values), one.project
    if one.app:
        app = one.app.value
        shown = f"{app.target} ({app.framework}{', a factory' if app.factory else ''})"
        yield "app", shown, _source(one.app)
    for other in one.other_apps:
        yield "also", f"{other.value.target} ({other.value.framework})", _source(other)


def _go(one: GoService) -> Iterator[Row]:
    yield _row("Go", one.go)
    yield "module", one.module, "vendored" if one.vendored else "a workspace" if one.workspace else "go.mod"
    for binary in one.binaries:
        yield f"binary {binary.value.name}", binary.value.package, binary.source
    if one.cgo:
        yield _row("cgo", one.cgo)
    if one.grpc:
        yield "health", "gRPC's health service", one.grpc.source


def _processes(one: ServiceFacts) -> Iterator[Row]:
    for fact in one.processes:
        shown = " ".join(fact.value.words) or f"not usable: {fact.value.note}"
        yield f"runs {fact.value.name}", shown, _source(fact)
    for backing in one.backing:
        carriers = ", ".join(carrier.variable for carrier in backing.value.carriers)
        yield "needs", f"{backing.value.kind} ({carriers})", _source(backing)


def _row(name: str, fact: Fact[str] | Fact[int]) -> Row:
    return name, str(fact.value), _source(fact)


def _source(fact: Fact[str] | Fact[int] | Fact[App] | Fact[ProcessFact] | Fact[Backing]) -> str:
    return f"assumed: {fact.source}" if fact.certainty == "assumed" else fact.source


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SOME} more" if len(paths) > _SOME else ""
    return ", ".join(paths[:_SOME]) + more
