"""The ways to start a service beside its app: Procfile, workers, migrations, scripts. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from lading.survey.model import Fact, ProcessFact
from lading.survey.python.graph import Graph, Place, module_name
from lading.survey.python.project import ProjectFacts
from lading.survey.python.tables import normalised

_LINE = re.compile(r"([A-Za-z0-9_-]{1,63})\s*:\s*(\S.*)\Z")
_SHELL = re.compile(r"&&|\|\||[|;<>`]|\$\(|\s&(?:\s|\Z)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_VARIABLE = re.compile(r"\$(?:\{PORT(?::-[^}]*)?\}|PORT\b)")
_CELERY = frozenset({"celery.Celery", "celery.app.Celery"})
PORT = "{port}"
"""What stands in the words of a process for the port, which is decided later."""

Facts = Iterator[Fact[ProcessFact]]


def procfile(text: str) -> dict[str, Fact[ProcessFact]]:
    """Every line of a Procfile, by name. `$PORT` is the port; a line that wants a shell says so in its note."""
    found: dict[str, Fact[ProcessFact]] = {}
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        if match:
            name = match[1].lower()
            words, note = _words(_VARIABLE.sub(PORT, match[2]))
            found.setdefault(
                name, Fact(value=ProcessFact(name=name, words=words, note=note), source=f"Procfile › {name}")
            )
    return found


def _words(command: str) -> tuple[tuple[str, ...], str]:
    import shlex

    if _SHELL.search(command):
        return (), "it wants a shell"
    try:
        words = shlex.split(command)
    except ValueError as error:
        return (), str(error).lower()
    if words and _ASSIGNMENT.match(words[0]):
        return (), "it sets variables, which belongs into lading.toml › env"
    for runner in (("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("pipenv", "run"), ("exec",)):
        if tuple(words[: len(runner)]) == runner:
            words = words[len(runner) :]
    if any("$" in word for word in words):
        return (), "it uses variables, which need a shell"
    return tuple(words), "" if words else "it is empty"


def processes(
    graph: Graph, project: ProjectFacts, paths: frozenset[str], packages: Collection[str], wheel: Collection[str]
) -> Facts:
    """What the code and its tools say: workers, migrations, console scripts, `__main__` modules. `packages` are the
    names of the locked ones, `wheel` the top-level modules of the project's wheel."""
    for file, facts in sorted(graph.modules.items()):
        if facts.marks or any(made.callee in _CELERY for made in facts.made):
            root = graph.target_root(file, wheel)
            yield from _celery(graph, file, root)
            yield from _marked(graph, file, root)
        if any(made.callee == "rq.Queue" for made in facts.made):
            yield _process("worker", ("rq", "worker"), file, 1, needs="rq", certainty="assumed")
    yield from _migrations(graph, project, paths, packages)
    if project.is_package:
        for name in project.scripts:
            source = f"pyproject.toml › project.scripts.{name}"
            yield Fact(value=ProcessFact(name=normalised(name), words=(name,), by_hand=True), source=source)
    yield from _mains(graph, project, wheel)


def _celery(graph: Graph, file: str, root: str) -> Facts:
    for made in graph.modules[file].made:
        if made.callee not in _CELERY or "." in made.name:
            continue
        start = ("celery", "-A", f"{module_name(file, root)}:{made.name}")
        yield _process("worker", (*start, "worker"), file, made.line, needs="celery", root=root)
        beat = _beat(graph, Place(file, made.name))
        if beat:
            # The default schedule file is in the working folder, which the service cannot write to.
            schedule = ("--schedule", "/tmp/celerybeat-schedule")  # noqa: S108  # a path in the image
            yield _process("beat", (*start, "beat", *schedule), *beat, needs="celery", root=root)


def _beat(graph: Graph, app: Place) -> tuple[str, int] | None:
    for file, facts in sorted(graph.modules.items()):
        for mark in facts.marks:
            if mark.kind == "beat" and (not mark.on or graph.follow(mark.on, file) == app):
                return file, mark.line
    return None


def _marked(graph: Graph, file: str, root: str) -> Facts:
    kinds = {mark.kind: mark for mark in reversed(graph.modules[file].marks)}
    module = module_name(file, root)
    if "dramatiq" in kinds:
        yield _process("worker", ("dramatiq", module), file, kinds["dramatiq"].line, needs="dramatiq", root=root)
    for mark in graph.modules[file].marks:
        if mark.kind == "arq":
            words = ("arq", f"{module}.{mark.on[1:]}")
            yield _process("worker", words, file, mark.line, needs="arq", root=root)


def _migrations(graph: Graph, project: ProjectFacts, paths: frozenset[str], packages: Collection[str]) -> Facts:
    managers = sorted((path for path in graph.modules if path.rpartition("/")[2] == "manage.py"), key=len)
    if managers and "django" in packages:
        yield _process("migrate", ("python", managers[0], "migrate", "--noinput"), managers[0], 1, needs="django")
    inis = sorted((path for path in paths if path.rpartition("/")[2] == "alembic.ini"), key=len)
    if "migrations/alembic.ini" in inis:
        yield Fact(
            value=ProcessFact(name="migrate", words=("flask", "db", "upgrade"), needs="flask-migrate"),
            source="migrations/alembic.ini",
            certainty="found",
        )
    elif inis:
        place = () if inis[0] == "alembic.ini" else ("-c", inis[0])
        words = ("alembic", *place, "upgrade", "head")
        yield Fact(value=ProcessFact(name="migrate", words=words, needs="alembic"), source=inis[0], certainty="found")
    elif project.alembic:
        words = ("alembic", "upgrade", "head")
        source = "pyproject.toml › tool.alembic"
        yield Fact(value=ProcessFact(name="migrate", words=words, needs="alembic"), source=source)


def _mains(graph: Graph, project: ProjectFacts, wheel: Collection[str]) -> Facts:
    """Packages that can be started, unless a console script does the same."""
    scripted = {target.partition(":")[0] for target in project.scripts.values()} if project.is_package else set()
    for file in sorted(graph.modules):
        folder, _, base = file.rpartition("/")
        if base != "__main__.py" or not folder:
            continue
        root = graph.target_root(file, wheel)
        module = module_name(f"{folder}/__init__.py", root)
        if f"{module}.__main__" not in scripted and "." not in module.removeprefix("src."):
            words = ("python", "-m", module)
            process = ProcessFact(name=normalised(module), words=words, root=root, by_hand=True)
            yield Fact(value=process, source=f"{file}:1", certainty="found")


def _process(
    name: str,
    words: tuple[str, ...],
    file: str,
    line: int,
    *,
    needs: str = "",
    root: str = ".",
    certainty: str = "found",
) -> Fact[ProcessFact]:
    return Fact(
        value=ProcessFact(name=name, words=words, needs=needs, root=root),
        source=f"{file}:{line}",
        certainty="assumed" if certainty == "assumed" else "found",
    )


def named_apart(found: Mapping[str, Fact[ProcessFact]], others: Facts) -> tuple[Fact[ProcessFact], ...]:
    """The processes of a Procfile, and those of `others` whose name or command is not there yet; sorted by name.

    Two workers of different kinds get numbers: `worker`, `worker-2`.
    """
    kept = dict(found)
    for fact in others:
        if not fact.value.name or any(one.value.words == fact.value.words for one in kept.values()):
            continue
        if fact.value.name in found:
            continue  # the Procfile says how
        name, number = fact.value.name, 2
        while name in kept:
            name, number = f"{fact.value.name}-{number}", number + 1
        renamed = msgspec.structs.replace(fact.value, name=name)
        kept[name] = Fact(value=renamed, source=fact.source, certainty=fact.certainty)
    return tuple(kept[name] for name in sorted(kept))
