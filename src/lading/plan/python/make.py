"""The plan of a Python service: an environment made in one stage, copied into the next. Pure."""

from lading.plan.excludes import source_excludes, wheel_excludes
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
from lading.plan.running import CERTIFICATES, FOLDERS, accounts_of, health_check, labels_of, secrets_note
from lading.strategy.model import ServiceStrategy
from lading.survey.model import PythonService

WORKDIR = "/app"


def python_plan(facts: PythonService, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one service. `revision` is the source's, for a label, or empty where it is not known for sure.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    decisions = decide(facts, strategy)
    venv = [_dependencies(facts, strategy, decisions), *_project(facts, strategy, decisions)]
    source = list(_source(facts, strategy, decisions))
    accounts = [accounts_of(strategy)] if isinstance(decisions.base, DebianBase) else []
    copied = CopyFromStage(stage="build", path=VENV, why="the environment, and nothing of what made it")
    build = Stage(name="build", base=decisions.base, steps=tuple(venv), why="installs for the target; does not ship")
    runtime = Stage(
        name="runtime", base=decisions.base, steps=(*accounts, copied, *source), why="what ships, and nothing else"
    )
    plan = Plan(
        service=strategy.service,
        folder=facts.folder,
        context=facts.folder,
        image=strategy.image,
        platforms=strategy.platforms,
        stages=(build, runtime),
        config=_config(facts, strategy, decisions, revision),
        processes=decisions.processes,
        compression=strategy.compression,
        budget=strategy.budget,
        notes=(*decisions.notes, *secrets_note(facts, strategy)),
    )
    return Planned(plan, decisions.reasons)


def _dependencies(facts: PythonService, strategy: ServiceStrategy, decisions: Decisions) -> Step:
    return PythonDependencies(
        manager="uv",
        lock=facts.lock,
        project=facts.project,
        python=decisions.python,
        interpreter=decisions.base.interpreter,
        venv=VENV,
        groups=strategy.groups,
        extras=strategy.extras,
        why=f"what {facts.lock} names for production",
    )


def _project(facts: PythonService, strategy: ServiceStrategy, decisions: Decisions) -> list[Step]:
    if not facts.package.value:
        return []
    step = PythonProject(
        project=facts.project,
        python=decisions.python,
        interpreter=decisions.base.interpreter,
        venv=VENV,
        build_requires=facts.build_requires,
        exclude=wheel_excludes(facts, strategy),
        why="the project is a package: its wheel is installed",
    )
    return [step]


def _source(facts: PythonService, strategy: ServiceStrategy, decisions: Decisions) -> list[Step]:
    if not decisions.copy_source:
        return []
    why = "files that the wheel does not have" if facts.package.value else "the project is no package: its source ships"
    step = CopyTree(
        source=".",
        destination=WORKDIR,
        exclude=source_excludes(facts, strategy),
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
