"""A Python service as `Dockerfile.dev`: the base and dependencies of production, what is for developing, a shell. Pure.

One stage, for nothing of it ships. The image that the production file builds on is the base, since a distroless one has
no shell; its Python is the same.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lading.lock.model import Pins
from lading.plan.model import DebianBase, ImageBase, Plan, Process, PythonDependencies, PythonProject
from lading.render import debian, requirements
from lading.render.context import context_of
from lading.render.instructions import (
    Arg,
    Blank,
    Cmd,
    Comment,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Instruction,
    Mount,
    Run,
    StopSignal,
    User,
    Workdir,
    written,
)
from lading.render.public import extra_packages, pinned, public_base, uv_image
from lading.render.quoting import command
from lading.render.reasons import Reasons
from lading.render.reload import VENV, at_desk, developed, development_start
from lading.render.roles import Member
from lading.render.scene import ARCHITECTURE, UV, Scene
from lading.render.workplace import HOME, STAGE, Desk, Start, ignore_file, kept_folders, opening
from lading.survey.model import PythonService
from lading.survey.patterns import SECRETS
from lading.tree.tree import SKIPPED_FOLDERS

_DEVELOPMENT = ("dev", "develop", "development", "test", "tests")
"""Names of groups that are for developing."""
_CACHE = Mount(kind="cache", id=f"uv-${{{ARCHITECTURE}}}", target="/root/.cache/uv")
_CREDENTIALS = Mount(kind="secret", id="netrc", target="/root/.netrc")


class PythonDesk(NamedTuple):
    """See `Desk`."""

    member: Member
    facts: PythonService

    @property
    def why(self) -> str:
        """See `Desk.why`."""
        return "the base and the dependencies of production, what is for development, and a shell"

    @property
    def mounted(self) -> str:
        """See `Desk.mounted`."""
        return self.member.plan.config.workdir

    @property
    def caches(self) -> str:
        """See `Desk.caches`: nothing is made while it runs."""
        return ""

    def start(self, process: Process, *, once: bool = False) -> Start:
        """See `Desk.start`."""
        return Start(at_desk(process.command), False) if once else development_start(self.member, process)

    def health(self) -> tuple[str, ...]:
        """See `Desk.health`."""
        health = self.member.plan.config.health
        return at_desk(health.command) if health else ()

    def dockerfile(self, pins: Pins | None) -> str:
        """See `Desk.dockerfile`."""
        return development_dockerfile(self.member, pins=pins)

    def dockerignore(self) -> str:
        """See `Desk.dockerignore`."""
        return development_dockerignore(self.facts)


def python_desk(member: Member) -> Desk | None:
    """The desk of a service in Python; nothing for what is made of several folders."""
    facts = developed(member)
    return PythonDesk(member, facts) if facts else None


def development_dockerfile(member: Member, *, pins: Pins | None = None) -> str:
    """The text of `Dockerfile.dev`; its context is the service's folder. Raises `UsageError` for what the syntax has no
    way to say."""
    plan = member.plan
    scene = _scene(plan, pins)
    steps = [step for stage in plan.stages for step in stage.steps]
    (dependencies,) = (step for step in steps if isinstance(step, PythonDependencies))
    package = any(isinstance(step, PythonProject) for step in steps)
    return written((*_head(scene), *_tools(scene), *_installed(member, dependencies, package=package),
                    *_started(member)))  # fmt: skip


def development_dockerignore(facts: PythonService) -> str:
    """The text of its ignore file: all but secrets, what another system has made, and what the team leaves out itself.
    Tests and the like stay. `UsageError` for a pattern with a line break in it."""
    skipped = (f"**/{name}" for name in sorted(SKIPPED_FOLDERS))
    patterns = (*facts.ignored, f"!{facts.lock}", f"!{facts.project}", *facts.nested, *skipped, "**/*.pyc", *SECRETS)
    return ignore_file("Nothing that another system has made, and no secrets. Tests are welcome.", patterns)


def _scene(plan: Plan, pins: Pins | None) -> Scene:
    public = public_base(plan.runtime.base)
    base = msgspec.structs.replace(public, runtime=public.build, shell=True)  # noqa: S604  # no process: it has one
    return Scene(plan=plan, base=base, pins=pins, reasons=Reasons(()), context=context_of(plan))


def _head(scene: Scene) -> Iterator[Instruction]:
    plan = scene.plan
    yield from opening(plan)
    yield From(uv_image(scene.pins, plan.platforms), UV)
    yield Blank()
    yield Comment((f"The Python of production, at {scene.base.interpreter}, on an image with a shell.",))
    yield From(pinned(scene.base.build, scene.pins, plan.platforms), STAGE)
    base = plan.runtime.base
    if isinstance(base, ImageBase):
        yield User("0:0")
    if scene.base.python and isinstance(base, DebianBase):
        yield Arg(ARCHITECTURE)
        yield Blank()
        yield from debian.install(*sorted(base.roots), why="Debian's own Python, and all else that production has")
    elif extra_packages(base, scene.pins):
        yield Blank()
        yield from debian.packages_in_runtime(extra_packages(base, scene.pins), scene)
    else:
        yield Arg(ARCHITECTURE)
        yield Blank()


def _tools(scene: Scene) -> Iterator[Instruction]:
    yield Copy(sources=("/uv",), destination="/usr/bin/uv", stage=UV, link=True)
    yield Comment((f"The environment is at {VENV}, where the source, which is mounted, does not hide it.",))
    yield Env((
        ("UV_LINK_MODE", "copy"),
        ("UV_PROJECT_ENVIRONMENT", VENV),
        ("UV_PYTHON", scene.base.interpreter),
        ("UV_PYTHON_DOWNLOADS", "never"),
    ))  # fmt: skip
    yield Workdir(scene.plan.config.workdir)
    yield Blank()


def _installed(member: Member, step: PythonDependencies, *, package: bool) -> Iterator[Instruction]:
    """The environment of production, and what is for development beside it: uv's default groups, and others' groups
    whose names say so. Lists of requirements have no groups."""
    binds = tuple(Mount(kind="bind", source=path, target=path) for path in requirements.files_of(step))
    mounts = (_CACHE, _CREDENTIALS)
    groups = tuple(name for name in _DEVELOPMENT if name in _groups(member) and name not in step.groups)
    also = ", and the groups that are for development" if groups or step.manager == "uv" else ""
    yield Comment((f"What {step.lock} names for production{also}.",))
    if step.manager == "uv":
        chosen = [word for group in step.groups for word in ("--group", group)]
        chosen += [word for extra in step.extras for word in ("--extra", extra)]
        sync = command("uv", "sync", "--locked", *chosen)
        yield Run((f"{sync} --no-install-project",), mounts=(*mounts, *binds))
        itself = sync
    else:
        whole = msgspec.structs.replace(step, venv=VENV, groups=(*step.groups, *groups))
        yield Run(requirements.install(whole), mounts=(*mounts, *binds))
        itself = command("uv", "pip", "install", "--python", f"{VENV}/bin/python", "--no-deps", "--editable", ".")
    yield Copy(sources=(".",), destination=f"{member.plan.config.workdir}/", owner="0:0")
    if package:
        yield Comment(("The project itself, editable: it stays where its source is.",))
        yield Run((itself,), mounts=mounts)
    yield Blank()


def _groups(member: Member) -> tuple[str, ...]:
    return member.facts.groups if isinstance(member.facts, PythonService) else ()


def _started(member: Member) -> Iterator[Instruction]:
    config = member.plan.config
    start = development_start(member, member.plan.processes[0])
    env = tuple((name, value) for name, value in sorted({"HOME": HOME, **dict(config.env)}.items()) if name != "PATH")
    yield from kept_folders(member.plan)
    yield Env(env, before=(("PATH", f"{VENV}/bin"),))
    yield User(config.user)
    if config.port is not None:
        yield Expose(config.port)
    yield StopSignal(config.stop_signal)
    yield Entrypoint(at_desk(config.entrypoint))
    if start.reloads:
        yield Comment(("It notices edited files.",))
    yield Cmd(start.command)
