"""What a container starts, and on which port: the command and the other processes. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from lading.plan.model import Process
from lading.plan.python.commands import SERVERS, python_words, serve, server_for
from lading.plan.python.notebook import PythonNotebook
from lading.plan.running import DEFAULT_PORT, file_of
from lading.survey.model import App, Fact, ProcessFact
from lading.survey.python.managers import COMMANDS

VENV = "/app/.venv"


class Start(NamedTuple):
    """The main command (words for the image's Python), the name of its process, its source, and the app, if any."""

    process: str
    command: tuple[str, ...]
    source: str
    app: App | None


def serves(book: PythonNotebook) -> bool:
    """Whether the service answers requests, as far as its source tells."""
    return book.facts.app is not None or _web(book) is not None


def choose_start(book: PythonNotebook, packages: Collection[str], port: int | None) -> Start:
    """What the container starts: the strategy's command, else the Procfile's `web`, else the app with a server that is
    installed, else the only process there is."""
    number = port or DEFAULT_PORT
    app, web = book.facts.app, _web(book)
    if book.strategy.command:
        return _given(book, book.said("command", book.strategy.command), number, origin=True)
    if web and not web.value.note:
        return _given(book, Fact(value=web.value.words, source=web.source), number)
    if web:
        book.note(f"{web.source} is not used: {web.value.note}")
    if app:
        return _served(book, app, packages, number)
    return _only(book, number)


def choose_processes(
    book: PythonNotebook, start: Start, packages: Collection[str], port: int | None
) -> tuple[Process, ...]:
    """Every way to start the image, the container's own first, the others by name."""
    found: dict[str, Process] = {}
    for fact in book.facts.processes:
        one = fact.value
        if one.name == "web":
            continue
        if one.note or (one.needs and one.needs not in packages):
            why = one.note or f"{one.needs} is not installed"
            book.note(f"process {one.name} ({file_of(fact.source)}) is left out: {why}")
            continue
        words = _words(book, one.words, port or DEFAULT_PORT, book.facts.at(fact.source))
        if words != start.command:
            found[one.name] = Process(name=one.name, command=words, source=file_of(fact.source))
            book.add("start", one.name, " ".join(words), fact.source, fact.certainty)
    for name, given in book.strategy.processes:
        source = book.origin(f"processes.{name}")
        words = _words(book, given, port or DEFAULT_PORT, source)
        found[name] = Process(name=name, command=words, source=source)
        book.add("start", name, " ".join(words), source)
    found.pop(start.process, None)
    first = Process(name=start.process, command=start.command, source=start.source)
    return first, *(found[name] for name in sorted(found))


def _given(book: PythonNotebook, fact: Fact[tuple[str, ...]], port: int, *, origin: bool = False) -> Start:
    source = fact.source if origin else book.facts.at(fact.source)
    words = _words(book, fact.value, port, source)
    app = book.facts.app.value if book.facts.app else None
    process = "web" if app or _web(book) else "main"
    book.add("start", process, " ".join(words), fact.source)
    return Start(process, words, fact.source, app)


def _served(book: PythonNotebook, app: Fact[App], packages: Collection[str], port: int) -> Start:
    """The app with a server that is among the installed packages. Django may be served as ASGI or as WSGI."""
    others = [one for one in book.facts.other_apps if one.value.framework == app.value.framework == "Django"]
    for fact in (app, *others):
        server = server_for(fact.value, packages)
        if server:
            _tell_app(book, fact)
            words = serve(fact.value, server, port)
            book.add("start", "server", server, f"{book.facts.lock} › {server}", "found")
            return Start("web", words, file_of(fact.source), fact.value)
    _without_server(book, app.value)
    return Start("web", (), file_of(app.source), app.value)


def _without_server(book: PythonNotebook, app: App) -> None:
    known = SERVERS[app.protocol]
    what = f"{book.name} has the {app.framework} app {app.target}, and no server that could run it"
    fix = COMMANDS[book.facts.manager].add.format(next(iter(known)))
    ways = [(one.name, way) for one in book.facts.packages if one.name in known for way in one.ways]
    if ways:
        # Extras are for running; a group is more often for developing.
        server, way = min(ways, key=lambda one: (not one[1].startswith("extra:"), one[1] == "group:dev", one))
        kind, _, name = way.partition(":")
        what += f": {server} is only in the {kind} {name}"
        fix += f', or {kind}s = ["{name}"] in lading.toml'
    book.problem(what, where=book.facts.at(book.facts.project), fix=fix)


def _tell_app(book: PythonNotebook, fact: Fact[App]) -> None:
    app = fact.value
    shown = f"{app.target} ({app.framework}{', a factory' if app.factory else ''})"
    book.add("start", "app", shown, fact.source, fact.certainty)
    if fact.certainty == "assumed":
        others = ", ".join(one.value.target for one in book.facts.other_apps)
        book.note(f"the app is assumed to be {app.target}; there is also {others} (`command` in lading.toml decides)")
    if app.framework == "Django":
        if book.facts.health or book.strategy.health.path:
            book.note("Django answers the health check only when ALLOWED_HOSTS has 127.0.0.1")
        if book.facts.static_root:
            book.note("collectstatic is not run while building: run it before, or serve static files from elsewhere")


def _only(book: PythonNotebook, port: int) -> Start:
    """What a project without an app starts: the process that has its name, or its only one."""
    usable = {fact.value.name: fact for fact in book.facts.processes if not (fact.value.note or fact.value.runs_once)}
    own = usable.get(book.facts.name.value) or (next(iter(usable.values())) if len(usable) == 1 else None)
    if own:
        words = _words(book, own.value.words, port, book.facts.at(own.source))
        book.add("start", own.value.name, " ".join(words), own.source, own.certainty)
        return Start(own.value.name, words, file_of(own.source), None)
    what = f"{book.name} has nothing to start: no app, no Procfile, no script"
    if usable:
        what = f"{book.name} has several processes ({', '.join(usable)}), and none is clearly the one to start"
    book.problem(
        what,
        where=book.facts.at(book.facts.project),
        fix=f"name what it starts: services.{book.name}.command in lading.toml",
    )
    return Start("main", (), book.facts.project, None)


def _words(book: PythonNotebook, words: tuple[str, ...], port: int, source: str) -> tuple[str, ...]:
    made = python_words(words, VENV, port)
    if made is None:
        book.problem(
            f"the image's Python cannot run {' '.join(words)!r}",
            where=source,
            fix="name a module (`-m …`), a .py file, or a script of an installed package",
        )
    return made or ()


def _web(book: PythonNotebook) -> Fact[ProcessFact] | None:
    return next((fact for fact in book.facts.processes if fact.value.name == "web"), None)
