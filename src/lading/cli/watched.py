"""What `lading verify` and `lading prove` watch: an image, and what is known of it where it is a service's."""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from lading.cli.context import Context
from lading.errors import StrategyNotMet, UsageError, raise_all

if TYPE_CHECKING:
    from lading.cli.images import Found
    from lading.cli.project import Project
    from lading.plan.model import HealthCheck
    from lading.plan.reasons import Planned
    from lading.prove.requirement import Requirement
    from lading.prove.verify import Dependency, Limits, Probe, Subject
    from lading.prove.verify.model import Job
    from lading.strategy.model import ServiceStrategy
    from lading.survey.model import Carrier, Service

NOWHERE = ("127.0.0.1", 1)
"""An address that nothing listens on: the loopback interface, at a port that has been nobody's for decades."""
MEMORY = "512MiB"
"""What an image may take that is no service's; a service may take `resources.limits.memory`."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
"""What may be the name of a service or of its image; anything else is none, and nobody looks around for it."""
_READY = re.compile(r"ready|readiness", re.IGNORECASE)


class Known(NamedTuple):
    """A service of the repository here: its plan with the decisions behind it, its facts and its strategy."""

    planned: "Planned"
    facts: "Service"
    strategy: "ServiceStrategy"
    root: Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what an image needs to start, and what it is held to."""
    from lading.cli.run import env_argument, runtime_argument

    runtime_argument(parser)
    env_argument(parser)
    parser.add_argument("--env-file", metavar="PATH", help="a file with such a line for each variable")
    parser.add_argument(
        "--network", choices=("own", "host"), default="own", help="host: what it needs listens on this machine"
    )
    parser.add_argument(
        "--memory", metavar="SIZE", help="what it may take (default: the strategy's limit, else 512MiB)"
    )
    parser.add_argument("--health", metavar="PATH", help="the path of its health (default: the plan's, else its check)")
    parser.add_argument("--ready", metavar="PATH", help="the path of its readiness (default: the strategy's or code's)")
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="how long a healthy answer is waited for (60)"
    )


def known_of(context: Context, text: str, path: str | None = None) -> Known | None:
    """The service of the repository here (or at `path`) that `text` names: by its name, its folder, or its image.
    Nothing where it is none, or has a Dockerfile of its own."""
    from lading.cli.project import load_project

    folder = (context.cwd / text).is_dir() and not (context.cwd / text / "oci-layout").is_file()
    if not folder and not _NAME.fullmatch(text):
        return None
    project = load_project(context, text if folder else path)
    name = _service_name(project, text, folder=folder)
    if name is None or name in project.apart:
        return None
    (planned,) = project.planned([name])
    facts, strategy = project.services[name]
    return Known(planned, facts, strategy, project.root)


def _service_name(project: "Project", text: str, *, folder: bool) -> str | None:
    if folder:
        names = [*project.plannable(), *project.apart]
        return names[0] if len(names) == 1 else None
    if text in project.services:
        return text
    images = {strategy.image: name for name, (_, strategy) in project.services.items()}
    return images.get(text)


def subject_of(found: "Found", known: Known | None, args: argparse.Namespace, context: Context) -> "Subject":
    """What is watched of an image. `UsageError` when a variable is missing that the service does not start without."""
    from lading.prove.verify import Subject

    env = _env(args, known, context)
    if known is None:
        return Subject(
            name=found.name,
            content=found.content,
            limits=_limits(args, None),
            probe=_asked_for(found, args),
            ready=args.ready or "",
            dependencies=tuple(_addresses(env)),
            env=tuple(env.items()),
            network=args.network,
        )
    plan = known.planned.plan
    dependencies = _dependencies(known, env)
    _check_required(known, env, dependencies)
    return Subject(
        name=known.strategy.service,
        content=found.content,
        limits=_limits(args, known.strategy),
        probe=_asked_for(found, args) if args.health else _probe(plan.config.health),
        ready=args.ready or known.strategy.prove.ready or _ready(known.facts),
        main=plan.processes[0].name if plan.processes else "",
        jobs=tuple(_jobs(known)),
        dependencies=dependencies,
        env=tuple(env.items()),
        network=args.network,
    )


def _limits(args: argparse.Namespace, strategy: "ServiceStrategy | None") -> "Limits":
    from lading.prove.verify import Limits
    from lading.strategy.model import ProveStrategy
    from lading.strategy.values import bytes_of

    if args.memory is not None and not re.fullmatch(r"[0-9]+(?:\.[0-9]+)? ?(?:B|[KMG]B|[KMG]iB)", args.memory):
        raise UsageError(f"{args.memory!r} is no size", where="--memory", fix="write 256MB or 256MiB")
    if not args.timeout > 0:
        raise UsageError("--timeout takes seconds", where=f"--timeout {args.timeout}")
    prove = strategy.prove if strategy else ProveStrategy()
    own = strategy.resources.limits.memory if strategy else bytes_of(MEMORY)
    memory = bytes_of(args.memory) if args.memory else own
    return Limits(memory=memory, healthy=prove.healthy, stop=prove.stop, patience=max(args.timeout, prove.healthy))


def _env(args: argparse.Namespace, known: Known | None, context: Context) -> dict[str, str]:
    """The strategy's variables for proofs, then the file's, then the flags'."""
    from lading.cli.run import variable

    lines = [*(_lines_of(context.cwd / args.env_file) if args.env_file else ()), *args.env]
    own = known.strategy.prove.env if known else ()
    return {**dict(own), **dict(variable(line, context) for line in lines)}


def _lines_of(path: Path) -> Iterator[str]:
    """As Docker reads such a file: a variable a line, and lines that begin with `#` are for people."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot read the variables", where=str(path), fix="write KEY=VALUE, a line each") from error
    yield from (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _asked_for(found: "Found", args: argparse.Namespace) -> "Probe | None":
    """What `--health` names, at the port that the image exposes."""
    if not args.health:
        return None
    from lading.cli.images import choose
    from lading.prove.container import run_config
    from lading.prove.ports import exposed_port
    from lading.prove.verify import Probe

    port = exposed_port(run_config(choose(found, None)))
    if not args.health.startswith("/"):
        raise UsageError("--health takes a path", where=f"--health {args.health}", fix=f"write /{args.health}")
    if port is None:
        raise UsageError("the image exposes no port to ask", where=f"--health {args.health}", fix="leave it out")
    return Probe(port=port, path=args.health)


def _probe(health: "HealthCheck | None") -> "Probe | None":
    from lading.prove.verify import Probe

    if health is None or not health.port or not (health.path or health.protocol == "grpc"):
        return None
    return Probe(protocol=health.protocol, port=health.port, path=health.path)


def _ready(facts: "Service") -> str:
    return next((fact.value for fact in facts.health if _READY.search(fact.value)), "")


def _jobs(known: Known) -> Iterator["Job"]:
    """The processes beside the first that are there for running all the time, and those that end by themselves."""
    from lading.prove.verify.model import Job
    from lading.survey.model import RUN_ONCE

    decided = {name for name, _ in known.strategy.processes}
    by_hand = {fact.value.name for fact in known.facts.processes if fact.value.by_hand} - decided
    for process in known.planned.plan.processes[1:]:
        if process.name not in by_hand:
            yield Job(name=process.name, command=process.command, once=process.name in RUN_ONCE)


def _dependencies(known: Known, env: Mapping[str, str]) -> "tuple[Dependency, ...]":
    """The backing services that the code needs, and what addresses in the image's or the person's variables name."""
    from lading.prove.verify import Dependency

    backing = tuple(
        Dependency(name=fact.value.kind, nowhere=tuple((one.variable, _nowhere(one)) for one in fact.value.carriers))
        for fact in known.facts.backing
    )
    taken = {name for one in backing for name in one.variables}
    told = {**dict(known.planned.plan.config.env), **env}
    return (*backing, *_addresses({name: value for name, value in told.items() if name not in taken}))


def _addresses(env: Mapping[str, str]) -> Iterator["Dependency"]:
    """Variables whose value is an address."""
    from lading.prove.verify import Dependency

    for name, value in sorted(env.items()):
        place = urlsplit(value) if "://" in value else None
        if place and place.scheme and place.netloc:
            host, port = NOWHERE
            nowhere = place._replace(netloc=f"{host}:{port}").geturl()
            yield Dependency(name=name, nowhere=((name, nowhere),), certain=False)


def _nowhere(carrier: "Carrier") -> str:
    host, port = NOWHERE
    if carrier.part == "url":
        scheme = carrier.scheme or "redis"
        return f"{scheme}://nobody:nothing@{host}:{port}{carrier.path or ('/0' if scheme == 'redis' else '/nowhere')}"
    return {"host": host, "port": str(port)}.get(carrier.part, "nothing")


def _check_required(known: Known, env: Mapping[str, str], dependencies: "tuple[Dependency, ...]") -> None:
    """Ask for what is missing before anything is started; what leads to a dependency is led nowhere."""
    led = {name for one in dependencies for name in one.variables}
    has = {*env, *led, *(name for name, _ in known.planned.plan.config.env)}
    missing = [fact.value.name for fact in known.facts.variables if fact.value.required and fact.value.name not in has]
    if missing:
        service = known.strategy.service
        given = " ".join(f"--env {name}=…" for name in missing)
        raise UsageError(
            f"{service} does not start without {', '.join(missing)}",
            where=f"{service}: its code",
            fix=f"{given}, or [services.{service}.prove] env in lading.toml",
        )


def check_waived(known: Known | None) -> None:
    """`UsageError` for each id of a waived requirement that does not exist."""
    from difflib import get_close_matches

    from lading.prove.compliance.compliance import IDS, PROCESS

    problems = []
    for name, _ in known.strategy.prove.waived if known else ():
        if name not in IDS and not name.startswith(PROCESS):
            near = get_close_matches(name, IDS, n=1)
            fix = f"did you mean `{near[0]}`?" if near else "lading prove --format json tells the ids"
            where = (known and known.strategy.origin("prove.waive")) or "prove.waive"
            problems.append(UsageError(f"there is no requirement {name!r}", where=where, fix=fix))
    raise_all(problems)


def unwaived(rows: "Sequence[Requirement]", known: Known | None) -> "tuple[Requirement, ...]":
    """The requirements that the team makes."""
    waived = dict(known.strategy.prove.waived) if known else {}
    return tuple(row for row in rows if row.id not in waived)


def refuse(name: str, rows: "Sequence[Requirement]") -> None:
    """Raise `StrategyNotMet`, with all that is not met, when anything is not."""
    unmet = [row for row in rows if row.status == "not met"]
    if not unmet:
        return
    told = "\n".join(f"  | {row.title}: {row.evidence or row.implementation} ({row.id})" for row in unmet)
    number = "a requirement is" if len(unmet) == 1 else f"{len(unmet)} requirements are"
    raise StrategyNotMet(
        f"{number} not met by {name}\n{told}", fix="mend it, or waive it with a reason: [prove] waive in lading.toml"
    )
