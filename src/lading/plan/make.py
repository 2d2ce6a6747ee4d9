"""Facts and strategy become a plan. Pure: the same facts and strategy, the same plan."""

from typing import NamedTuple

from lading.plan.excludes import left_out, source_excludes, wheel_excludes
from lading.plan.model import (
    Accounts,
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
from lading.plan.reasons import Decision
from lading.strategy.model import ServiceStrategy
from lading.survey.model import ServiceFacts

WORKDIR = "/app"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_SOME = 5
"""Files that a note names before it counts the rest."""


class Planned(NamedTuple):
    """A plan, and every decision behind it with its source."""

    plan: Plan
    decisions: tuple[Decision, ...]


def make_plan(facts: ServiceFacts, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one service. `revision` is the source's, for a label, or empty where it is not known for sure.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    decisions = decide(facts, strategy)
    venv = [_dependencies(facts, strategy, decisions), *_project(facts, strategy, decisions)]
    source = list(_source(facts, strategy, decisions))
    accounts = [_accounts(strategy)] if isinstance(decisions.base, DebianBase) else []
    copied = CopyFromStage(stage="build", path=VENV, why="the environment, and nothing of what made it")
    build = Stage(name="build", base=decisions.base, steps=tuple(venv), why="installs for the target; does not ship")
    runtime = Stage(
        name="runtime", base=decisions.base, steps=(*accounts, copied, *source), why="what ships, and nothing else"
    )
    plan = Plan(
        service=strategy.service,
        folder=facts.folder,
        image=strategy.image,
        platforms=strategy.platforms,
        stages=(build, runtime),
        config=_config(facts, strategy, decisions, revision),
        processes=decisions.processes,
        compression=strategy.compression,
        budget=strategy.budget,
        notes=(*decisions.notes, *_secrets_note(facts, strategy)),
    )
    return Planned(plan, decisions.reasons)


def _dependencies(facts: ServiceFacts, strategy: ServiceStrategy, decisions: Decisions) -> Step:
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


def _project(facts: ServiceFacts, strategy: ServiceStrategy, decisions: Decisions) -> list[Step]:
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


def _source(facts: ServiceFacts, strategy: ServiceStrategy, decisions: Decisions) -> list[Step]:
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


def _accounts(strategy: ServiceStrategy) -> Accounts:
    name = {0: "root", 65532: "nonroot", 65534: "nobody"}.get(strategy.uid, "app")
    home = {0: "/root", 65534: "/nonexistent"}.get(strategy.uid, f"/home/{name}")
    return Accounts(user=name, uid=strategy.uid, gid=strategy.gid, home=home, why="a name and a home for the user")


def _config(facts: ServiceFacts, strategy: ServiceStrategy, decisions: Decisions, revision: str) -> RuntimeConfig:
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


def _env(facts: ServiceFacts, strategy: ServiceStrategy, decisions: Decisions) -> tuple[tuple[str, str], ...]:
    env = {
        "LANG": "C.UTF-8",
        "PATH": f"{VENV}/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if isinstance(decisions.base, DebianBase):  # an image has folders and authorities of its own
        env["PATH"] = ":".join((env["PATH"], *_FOLDERS))
        env["SSL_CERT_FILE"] = CERTIFICATES
    if decisions.roots:
        env["PYTHONPATH"] = ":".join(f"{WORKDIR}/{root}" for root in decisions.roots)
    if facts.port_variable and decisions.port is not None:
        env["PORT"] = str(decisions.port)
    return tuple(sorted({**env, **dict(strategy.env)}.items()))


def _health(strategy: ServiceStrategy, decisions: Decisions) -> HealthCheck | None:
    if decisions.health_path is None or decisions.port is None:
        return None
    times = strategy.health
    python = f"{VENV}/bin/python"
    return HealthCheck(
        command=health_command(python, decisions.port, decisions.health_path, times.timeout),
        path=decisions.health_path,
        port=decisions.port,
        interval=times.interval,
        timeout=times.timeout,
        start_period=times.start_period,
        retries=times.retries,
    )


def labels_of(
    strategy: ServiceStrategy, facts: ServiceFacts | None, *, revision: str = ""
) -> tuple[tuple[str, str], ...]:
    """The image specification's own labels (annotations.md, "Pre-Defined Annotation Keys"), then the strategy's.

    Without facts (of a service that Lading cannot read) there are those that the strategy knows.
    """
    said = {
        "title": strategy.service,
        "version": facts.version.value if facts and facts.version else "",
        "description": facts.description.value if facts and facts.description else "",
        "licenses": facts.licence.value if facts and facts.licence else "",
        "source": strategy.source or (facts.source.value if facts and facts.source else ""),
        "revision": strategy.revision or revision,
    }
    labels = {f"org.opencontainers.image.{name}": value for name, value in said.items() if value}
    return tuple(sorted({**labels, **dict(strategy.labels)}.items()))


def _secrets_note(facts: ServiceFacts, strategy: ServiceStrategy) -> list[str]:
    found = left_out(facts, strategy)
    if not found:
        return []
    more = f" and {len(found) - _SOME} more" if len(found) > _SOME else ""
    return [f"left out, because they look like secrets: {', '.join(found[:_SOME])}{more} (`include` brings them in)"]
