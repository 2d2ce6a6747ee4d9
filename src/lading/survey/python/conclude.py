"""All that was read of one service becomes its facts. Pure."""

import posixpath
import sys
from collections.abc import Mapping
from typing import NamedTuple

from lading.survey.backing import backing_facts
from lading.survey.model import App, Fact, LocalPart, Locked, ProcessFact, PythonFacts, PythonService
from lading.survey.patterns import DEVELOPMENT, SECRETS, is_example
from lading.survey.python.apps import FoundApp, app_at, django_apps, django_settings, find_apps
from lading.survey.python.graph import Graph
from lading.survey.python.locks import FoundLock
from lading.survey.python.module import ModuleFacts
from lading.survey.python.ports import port_fact, reads_variable
from lading.survey.python.processes import named_apart, processes, procfile
from lading.survey.python.project import ProjectFacts
from lading.survey.python.routes import Routes, health_facts
from lading.survey.python.variables import read_variables
from lading.survey.variables import variable_facts
from lading.tree.patterns import Patterns


class Inputs(NamedTuple):
    """What was read of one service. `paths` are all its files, `modules` those that ship, both relative to `folder`.

    `file` is the one that declares the project. `texts` has the small files that matter (Procfile, .flaskenv), by path.
    """

    folder: str
    name: Fact[str]
    file: str
    lock: FoundLock
    parts: tuple[LocalPart, ...]
    project: ProjectFacts
    python: PythonFacts
    packages: tuple[Locked, ...]
    groups: tuple[str, ...]
    paths: frozenset[str]
    modules: Mapping[str, ModuleFacts]
    texts: Mapping[str, str]
    ignored: tuple[str, ...]
    nested: tuple[str, ...]


def conclude(inputs: Inputs) -> PythonService:
    """The facts of a service."""
    project = inputs.project
    package = _package(inputs)
    installed = package.value
    graph = Graph(inputs.modules)
    routes = Routes(graph)
    lines = procfile(inputs.texts.get("Procfile", ""))
    wheel = _wheel_modules(project, inputs.paths) if installed else ()
    apps, certain = _apps(graph, routes, inputs, lines.get("web"), wheel)
    web = lines["web"].value.words if "web" in lines else ()
    answers = tuple(answer for place in (apps[0].places if apps else ()) for answer in routes.answers(place))
    found = _app_facts(inputs, apps, certain)
    names = {one.name for one in inputs.packages}
    reads = tuple(read_variables(graph, apps[0].app.file if apps else ""))
    return PythonService(
        name=inputs.name,
        folder=inputs.folder,
        lock=inputs.lock.path,
        project=inputs.file,
        manager=inputs.lock.manager,
        also=inputs.lock.also,
        unhashed=inputs.lock.facts.unhashed,
        parts=inputs.parts,
        member=inputs.lock.member,
        format=inputs.lock.facts.format,
        python=inputs.python,
        version=_declared(inputs, project.version, "version"),
        description=_declared(inputs, project.description, "description"),
        licence=_declared(inputs, project.licence, "license"),
        source=_declared(inputs, project.source, project.source_key),
        package=package,
        build_requires=project.requires_to_build if installed else (),
        packages=inputs.packages,
        groups=inputs.groups,
        extras=project.extras,
        app=found[0] if found else None,
        other_apps=found[1:],
        port=port_fact(graph, web, "Procfile › web", apps[0] if apps else None),
        port_variable=reads_variable(graph),
        health=health_facts(tuple(sorted(set(answers)))),
        processes=named_apart(lines, processes(graph, project, inputs.paths, names, wheel)),
        variables=variable_facts(reads),
        backing=backing_facts(reads, _running(inputs.packages), inputs.lock.path),
        static_root=_static_root(graph),
        wheel_modules=wheel,
        ships=_ships(inputs),
        secrets=_secrets(inputs),
        ignored=inputs.ignored,
        nested=inputs.nested,
        notes=_notes(inputs),
    )


def _apps(
    graph: Graph, routes: Routes, inputs: Inputs, web: Fact[ProcessFact] | None, wheel: tuple[str, ...]
) -> tuple[tuple[FoundApp, ...], str]:
    """The apps, the likeliest first, and where one of them is named (empty when only its place in the source tells)."""
    project = inputs.project
    named = [(project.entrypoint, "", f"{inputs.file} › tool.fastapi.entrypoint")] if project.entrypoint else []
    named += [(word, "", "Procfile › web") for word in (web.value.words if web else ()) if _is_target(word)]
    named += [(text, "", ".flaskenv › FLASK_APP") for text in _flask_app(inputs.texts.get(".flaskenv", ""))]
    for file, facts in sorted(graph.modules.items()):
        named += [(run.target, file, f"{file}:{run.line}") for run in facts.runs if _is_target(run.target)]
    others = find_apps(graph, routes.included(), wheel)
    for target, near, source in named:
        app = app_at(graph, target, near or _any(graph))
        if app:
            return (app, *(one for one in others if one.app.file != app.app.file)), source
    managers = sorted((path for path in graph.modules if posixpath.basename(path) == "manage.py"), key=len)
    django = any(one.name == "django" for one in inputs.packages)
    found = django_apps(graph, managers[0]) if managers and django else ()
    return (found, f"{managers[0]}:1") if found else (others, "")


def _any(graph: Graph) -> str:
    return min(graph.modules, key=lambda path: (path.count("/"), path), default="")


def _is_target(word: str) -> bool:
    module, colon, attribute = word.partition(":")
    return bool(colon) and module.replace(".", "").isidentifier() and attribute.partition("(")[0].isidentifier()


def _flask_app(text: str) -> list[str]:
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "FLASK_APP":
            module, _, attribute = value.strip().strip("\"'").partition(":")
            module = module.removesuffix(".py").replace("/", ".")
            return [f"{module}:{attribute}"] if attribute else [f"{module}:{one}" for one in ("app", "create_app")]
    return []


def _app_facts(inputs: Inputs, apps: tuple[FoundApp, ...], named: str) -> tuple[Fact[App], ...]:
    facts = []
    for position, one in enumerate(apps):
        source = named if named and not position else f"{one.app.file}:{one.line}"
        declared = named.startswith((inputs.file, "Procfile", ".flaskenv")) and not position
        alone = bool(named) or len(apps) == 1
        facts.append(
            Fact(
                value=one.app,
                source=source,
                certainty="declared" if declared else "found" if alone else "assumed",
            )
        )
    return tuple(facts)


def _running(packages: tuple[Locked, ...]) -> frozenset[str]:
    """The names of the packages that are not only there for groups, which are for developing."""
    return frozenset(one.name for one in packages if not all(way.startswith("group:") for way in one.ways))


def _declared(inputs: Inputs, value: str, key: str) -> Fact[str] | None:
    return Fact(value=value, source=f"{inputs.file} › {inputs.project.table}.{key}") if value else None


def _package(inputs: Inputs) -> Fact[bool]:
    project, file = inputs.project, inputs.file
    if project.packaged is not None:
        return Fact(value=project.packaged, source=f"{file} › {project.package_key}")
    if not project.build_system:
        return Fact(value=False, source=f"{file} (it has no build-system)")
    if project.manager == "poetry" and not _has_package(inputs):
        name = project.name.replace("-", "_")
        return Fact(value=False, source=f"{file} (there is no package {name} to build)", certainty="found")
    return Fact(value=True, source=f"{file} › build-system")


def _has_package(inputs: Inputs) -> bool:
    """Whether Poetry's build backend would find something to build; else `poetry install` cannot install the project
    either, and its team starts it from its source (https://python-poetry.org/docs/pyproject/#packages)."""
    project = inputs.project
    name = project.name.replace("-", "_")
    places = {f"{root}{name}{end}" for root in ("", "src/") for end in (".py", "/__init__.py", "/__init__.pyi")}
    return bool(project.wheel_packages or places & inputs.paths)


def _static_root(graph: Graph) -> str:
    for manage in sorted(path for path in graph.modules if posixpath.basename(path) == "manage.py"):
        settings = django_settings(graph, manage)
        for file in sorted(graph.reached([settings])) if settings else ():
            for mark in graph.modules[file].marks:
                if mark.kind == "static-root":
                    return f"{file}:{mark.line}"
    return ""


def _wheel_modules(project: ProjectFacts, paths: frozenset[str]) -> tuple[str, ...]:
    """Top-level modules that the project's wheel is sure to have."""
    if project.wheel_packages:
        return project.wheel_packages
    own = {project.name.replace("-", "_")}
    if "setuptools" in project.backend or not project.backend:
        own |= {path.split("/")[1] for path in paths if path.startswith("src/") and path.endswith("/__init__.py")}
    return tuple(sorted(own))


def _ships(inputs: Inputs) -> tuple[str, ...]:
    """Files and folders that look like development and that running code imports or names."""
    development = Patterns(DEVELOPMENT)
    named = {mention.removeprefix("./").rstrip("/") for facts in inputs.modules.values() for mention in facts.mentions}
    if inputs.project.alembic:
        named.add(inputs.file)
    folders = {path[:end] for path in inputs.paths for end, letter in enumerate(path) if letter == "/"}
    ignored = Patterns(inputs.ignored)
    found = {
        name for name in named & (inputs.paths | folders) if development.matches(name) and not ignored.matches(name)
    }
    found |= {path for path in inputs.modules if development.matches(path)}
    return tuple(sorted(found))


def _secrets(inputs: Inputs) -> tuple[str, ...]:
    looks, ignored = Patterns(SECRETS), Patterns(inputs.ignored)
    found = (path for path in sorted(inputs.paths) if looks.matches(path) and not ignored.matches(path))
    return tuple(path for path in found if not is_example(path))


def _notes(inputs: Inputs) -> tuple[str, ...]:
    broken = [f"{path}, {facts.broken}" for path, facts in sorted(inputs.modules.items()) if facts.broken]
    if not broken:
        return ()
    also = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    reader = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    return (f"modules that {reader}, which runs Lading, cannot read tell nothing: {broken[0]}{also}",)
