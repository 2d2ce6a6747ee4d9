"""The plan of a Python service: an environment made in one stage, copied into the next. Pure."""

from posixpath import commonpath, dirname, join, normpath, relpath
from typing import NamedTuple, Self

from lading.plan.excludes import part_excludes, placed, source_excludes, wheel_excludes
from lading.plan.model import (
    CopyFromStage,
    CopyTree,
    DebianBase,
    HealthCheck,
    Plan,
    PythonDependencies,
    PythonProject,
    RuntimeConfig,
    Stage,
    Step,
)
from lading.plan.python.commands import health_command
from lading.plan.python.decide import Decisions, decide
from lading.plan.python.starting import VENV
from lading.plan.reasons import Planned
from lading.plan.running import (
    CERTIFICATES,
    FOLDERS,
    accounts_of,
    health_check,
    labels_of,
    secrets_note,
    with_volumes,
)
from lading.strategy.model import ServiceStrategy
from lading.survey.model import PythonService

WORKDIR = "/app"
PROJECT = "pyproject.toml"


def python_plan(facts: PythonService, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one service. `revision` is the source's, for a label, or empty where it is not known for sure.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    decisions = decide(facts, strategy)
    places = Places.of(facts)
    projects = _projects(facts, strategy, decisions, places)
    venv: list[Step] = [_dependencies(facts, strategy, decisions, places), *projects]
    source = list(_source(facts, strategy, decisions, places))
    accounts = [accounts_of(strategy)] if isinstance(decisions.base, DebianBase) else []
    copied = CopyFromStage(stage="build", path=VENV, why="the environment, and nothing of what made it")
    build = Stage(name="build", base=decisions.base, steps=tuple(venv), why="installs for the target; does not ship")
    runtime = Stage(
        name="runtime", base=decisions.base, steps=(*accounts, copied, *source), why="what ships, and nothing else"
    )
    stages, config = with_volumes(strategy, (build, runtime), _config(facts, strategy, decisions, revision))
    plan = Plan(
        service=strategy.service,
        folder=facts.folder,
        context=places.context,
        image=strategy.image,
        platforms=strategy.platforms,
        stages=stages,
        config=config,
        processes=decisions.processes,
        compression=strategy.compression,
        budget=strategy.budget,
        missing_libraries=strategy.missing_libraries,
        notes=(*decisions.notes, *secrets_note(facts, strategy)),
    )
    return Planned(plan, decisions.reasons)


class Places(NamedTuple):
    """Where the files of a service are. `context` is the deepest folder of the repository with all that the plan reads,
    `own` the service's folder relative to it."""

    context: str
    own: str

    @classmethod
    def of(cls, facts: PythonService) -> Self:
        """The places of a service: its own folder, unless its lock or its parts lie outside of it."""
        files = (facts.lock, facts.project, *facts.also)
        folders = {facts.folder, *(dirname(facts.at(file)) or "." for file in files)}
        folders |= {facts.at(part.folder) for part in facts.parts}
        context = "." if "." in folders else commonpath(folders) or "."
        return cls(context, relpath(facts.folder, context))

    def at(self, path: str) -> str:
        """A path of the service, relative to the context."""
        return normpath(join(self.own, path))


def _dependencies(
    facts: PythonService, strategy: ServiceStrategy, decisions: Decisions, places: Places
) -> PythonDependencies:
    installed = [one for one in facts.packages if one.name in decisions.packages]
    return PythonDependencies(
        manager=facts.manager,
        lock=places.at(facts.lock),
        project=places.at(facts.project),
        also=tuple(places.at(file) for file in facts.also),
        format=facts.format,
        member=facts.member,
        apart=tuple(part.name for part in facts.parts),
        parts=tuple(places.at(join(part.folder, PROJECT)) for part in facts.parts),
        git=any(one.source == "git" for one in installed),
        unhashed=bool(facts.unhashed),
        python=decisions.python,
        interpreter=decisions.base.interpreter,
        venv=VENV,
        groups=strategy.groups,
        extras=strategy.extras,
        build_packages=strategy.build_packages,
        why=f"what {facts.lock} names for production",
    )


def _projects(
    facts: PythonService, strategy: ServiceStrategy, decisions: Decisions, places: Places
) -> list[PythonProject]:
    """The wheels that are built: those of the projects that this one depends on, and its own."""
    wanted = [part for part in facts.parts if part.package and part.name in decisions.packages]
    steps = [
        PythonProject(
            project=places.at(join(part.folder, PROJECT)),
            python=decisions.python,
            interpreter=decisions.base.interpreter,
            venv=VENV,
            build_requires=part.build_requires,
            exclude=placed(part_excludes(strategy), places.at(part.folder)),
            why=f"{part.name} lies in this repository: its wheel is installed",
        )
        for part in wanted
    ]
    if not facts.package.value:
        return steps
    own = PythonProject(
        project=places.at(facts.project),
        python=decisions.python,
        interpreter=decisions.base.interpreter,
        venv=VENV,
        build_requires=facts.build_requires,
        exclude=placed(wheel_excludes(facts, strategy), places.own),
        why="the project is a package: its wheel is installed",
    )
    return [*steps, own]


def _source(facts: PythonService, strategy: ServiceStrategy, decisions: Decisions, places: Places) -> list[Step]:
    if not decisions.copy_source:
        return []
    why = "files that the wheel does not have" if facts.package.value else "the project is no package: its source ships"
    step = CopyTree(
        source=places.own,
        destination=WORKDIR,
        exclude=placed(source_excludes(facts, strategy), places.own),
        python=decisions.python,
        why=why,
    )
    return [step]


def _config(facts: PythonService, strategy: ServiceStrategy, decisions: Decisions, revision: str) -> RuntimeConfig:
    return RuntimeConfig(
        user=f"{strategy.uid}:{strategy.gid}",
        workdir=WORKDIR,
        env=_env(facts, strategy, decisions),
        entrypoint=(f"{VENV}/bin/python",),
        command=decisions.command,
        port=decisions.port,
        health=_health(strategy, decisions),
        stop_signal=strategy.stop_signal,
        labels=labels_of(strategy, facts, revision=revision),
    )


def _env(facts: PythonService, strategy: ServiceStrategy, decisions: Decisions) -> tuple[tuple[str, str], ...]:
    env = {
        "LANG": "C.UTF-8",
        "PATH": f"{VENV}/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if isinstance(decisions.base, DebianBase):  # an image has folders and authorities of its own
        env["PATH"] = ":".join((env["PATH"], *FOLDERS))
        env["SSL_CERT_FILE"] = CERTIFICATES
    if decisions.roots:
        env["PYTHONPATH"] = ":".join(f"{WORKDIR}/{root}" for root in decisions.roots)
    if facts.port_variable and decisions.port is not None:
        env["PORT"] = str(decisions.port)
    return tuple(sorted({**env, **dict(strategy.env)}.items()))


def _health(strategy: ServiceStrategy, decisions: Decisions) -> HealthCheck | None:
    if decisions.health_path is None or decisions.port is None:
        return None
    command = health_command(f"{VENV}/bin/python", decisions.port, decisions.health_path, strategy.health.timeout)
    why = "the image's own Python asks: there is no curl, and no need of one"
    return health_check(strategy, command, path=decisions.health_path, port=decisions.port, why=why)
