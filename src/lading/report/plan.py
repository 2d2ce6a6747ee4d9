"""How a plan looks: its stages as a tree, what the container starts, and, when asked, why."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from lading.plan.model import (
    Accounts,
    Base,
    BaseFiles,
    CopyFile,
    CopyFromStage,
    CopyTree,
    DebianBase,
    DebugShell,
    GoBinaries,
    HealthCheck,
    ImageBase,
    MakeFolder,
    MakeLink,
    NodeBuild,
    NodeModules,
    NodeProgram,
    NodeStep,
    OwnProgram,
    Plan,
    PythonDependencies,
    PythonProject,
    ScratchBase,
    SmallStep,
    Stage,
    Step,
    ToolchainBase,
    WriteFile,
)
from lading.plan.reasons import Decision, Topic
from lading.report.text import paint, printable, size

_MARGIN = 12
"""Columns of the names in the lower part."""


def render_plan(plan: Plan, why: Sequence[Decision] = (), *, colour: bool = False, width: int = 80) -> list[str]:
    """The lines of a plan. `why` are the decisions to show beside what they decided; none for the plan alone."""
    shown = _Shown(why, colour=colour, width=width)
    folder = "" if plan.folder == "." else f" from {plan.folder}"
    head = f"{paint(printable(plan.service), 'bold', colour)}{folder} → image {plan.image}, {', '.join(plan.platforms)}"
    lines = shown.folded(head)
    for position, stage in enumerate(plan.stages):
        lines += shown.stage(stage, last=position == len(plan.stages) - 1)
    lines += ["", *shown.run(plan)]
    lines += shown.wrapped("note", plan.notes) if plan.notes else []
    return [printable(line) if not colour else line for line in lines]


class _Shown:
    def __init__(self, why: Sequence[Decision], *, colour: bool, width: int) -> None:
        self._why = why
        self._colour = colour
        self._width = width

    def stage(self, stage: Stage, *, last: bool) -> Iterator[str]:
        """A stage as a branch of the tree, its base and steps as twigs."""
        yield f"{'└─' if last else '├─'} {paint(stage.name, 'bold', self._colour)}: {stage.why}"
        trunk = "   " if last else "│  "
        own = last or isinstance(stage.base, ToolchainBase)
        base = _base(stage.base) if own else "the same base"
        twigs: list[tuple[str, Topic | None]] = [(base, "base" if last else None)]
        twigs += [(_step(step), _topic(step)) for step in stage.steps]
        for position, (text, topic) in enumerate(twigs):
            final = position == len(twigs) - 1
            first, rest = f"{trunk}{'└─' if final else '├─'} ", f"{trunk}{'  ' if final else '│ '} "
            yield from self._fold(text, first, rest)
            for line in self._because(topic):
                yield from self._fold(line, f"{rest}  · ", f"{rest}    ")

    def run(self, plan: Plan) -> Iterator[str]:
        """What the image says of its run."""
        config = plan.config
        yield from self.wrapped("starts", [" ".join(map(_quoted, (*config.entrypoint, *config.command)))])
        yield from self._reasons("start", "app", "server", *(process.name for process in plan.processes[:1]))
        for process in plan.processes[1:]:
            yield from self.wrapped("or", [f"{process.name}: {' '.join(map(_quoted, process.command))}"])
            yield from self._reasons("start", process.name)
        yield from self.wrapped("as", [f"user {config.user}, in {config.workdir}, stopped by {config.stop_signal}"])
        yield from self._reasons("run", "user")
        if config.port:
            yield from self.wrapped("port", [str(config.port)])
            yield from self._reasons("run", "port")
        yield from self.wrapped("health", [_health(config.health) if config.health else "no check"])
        yield from self._reasons("run", "health")
        yield from self.wrapped("volume", config.volumes)
        yield from self._reasons("run", "volume")
        yield from self.wrapped("env", [f"{name}={value}" for name, value in config.env])
        yield from self._reasons("run", *(f"env {name}" for name, _ in config.env))
        yield from self.wrapped("labels", [f"{name}={value}" for name, value in config.labels])
        if plan.budget:
            yield from self.wrapped("budget", [f"{size(plan.budget, short=True)} on disk"])
            yield from self._reasons("run", "budget")

    def wrapped(self, name: str, values: Iterable[str]) -> Iterator[str]:
        """Values under one name, each on lines of its own."""
        for value in values:
            yield from self._fold(value, f"{name:<{_MARGIN}}", " " * _MARGIN)
            name = ""

    def folded(self, text: str) -> list[str]:
        """A line, continued on further ones where it is too long."""
        return self._fold(text, "", "    ")

    def _because(self, topic: Topic | None) -> Iterator[str]:
        for one in self._why:
            if one.topic == topic:
                yield _told(one)

    def _reasons(self, topic: Topic, *names: str) -> Iterator[str]:
        for one in self._why:
            if one.topic == topic and one.name in names:
                yield from self._fold(_told(one), " " * _MARGIN + "· ", " " * _MARGIN + "  ")

    def _fold(self, text: str, first: str, rest: str) -> list[str]:
        folded = textwrap.wrap(
            text,
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return folded or [first.rstrip()]


def _told(one: Decision) -> str:
    sure = "assumed, " if one.certainty == "assumed" else ""
    return f"{one.name}: {one.value}  ({sure}{one.source})"


def _base(base: Base) -> str:
    match base:
        case DebianBase():
            return f"{base.name}: Debian {base.suite} with {', '.join(base.roots)}, and what these need"
        case ImageBase():
            return f"image {base.reference}"
        case ScratchBase():
            return "nothing"
        case ToolchainBase():
            return f"{base.name.capitalize()} {base.version}"


def _step(step: Step) -> str:
    match step:
        case PythonDependencies() | PythonProject():
            return _of_python(step)
        case GoBinaries() | OwnProgram():
            return _of_go(step)
        case NodeModules() | NodeBuild() | NodeProgram():
            return _of_node(step)
        case CopyTree():
            place = "source" if step.source == "." else step.source
            return f"{place}: to {step.destination}, without secrets, tests and other development files ({step.why})"
        case CopyFromStage():
            return f"copy: {step.path} from {step.stage} ({step.why})"
        case _:
            return _small(step)


def _of_python(step: PythonDependencies | PythonProject) -> str:
    if isinstance(step, PythonProject):
        return f"project: {step.project} as a wheel into {step.venv}"
    named = [*(f"group {one}" for one in step.groups), *(f"extra {one}" for one in step.extras)]
    also = f", with {', '.join(named)}" if named else ""
    return f"dependencies: {step.lock} into {step.venv} for Python {step.python}{also}"


def _of_go(step: GoBinaries | OwnProgram) -> str:
    if isinstance(step, OwnProgram):
        return f"program: Lading's own {step.name} at {step.path} ({step.why})"
    return f"programs: {', '.join(one.name for one in step.programs)} into {step.path} ({step.why})"


def _of_node(step: NodeStep) -> str:
    match step:
        case NodeModules():
            return f"packages: {step.install.lock} for production, by {step.install.manager}, into {step.path}"
        case NodeBuild():
            runs = (f"npm run {script}" + ("" if folder == "." else f" in {folder}") for folder, script in step.runs)
            return f"build: {', '.join(runs)}, which makes {', '.join(one.source for one in step.outputs)}"
        case NodeProgram():
            return f"node: {step.node} at {step.path} ({step.why})"


def _small(step: SmallStep | BaseFiles | DebugShell) -> str:
    match step:
        case BaseFiles() | DebugShell():
            return _of_packages(step)
        case Accounts():
            return f"accounts: {step.user} ({step.uid}:{step.gid}), home {step.home}"
        case WriteFile():
            return f"file: {step.path}"
        case CopyFile():
            return f"file: {step.path}, from {step.source}"
        case MakeFolder():
            return f"folder: {step.path}, owner {step.uid}:{step.gid}, mode {step.mode:o}"
        case MakeLink():
            return f"link: {step.path} to {step.target}"


def _of_packages(step: BaseFiles | DebugShell) -> str:
    match step:
        case BaseFiles():
            return f"files: {', '.join(step.paths)} of Debian's packages ({step.why})"
        case DebugShell():
            return f"shell: {step.package} of Debian {step.suite} in {step.path} ({step.why})"


def _topic(step: Step) -> Topic | None:
    match step:
        case PythonDependencies():
            return "dependencies"
        case NodeModules():
            return "dependencies"
        case PythonProject() | CopyTree() | NodeBuild() | GoBinaries():
            return "application"
        case _:
            return None


def _health(health: HealthCheck) -> str:
    times = f"every {health.interval:g} s, {health.timeout:g} s to answer, {health.retries} failures in a row"
    asked = f"GET {health.path} on {health.port}" if health.path else " ".join(map(_quoted, health.command))
    return f"{asked}: {times}, {health.start_period:g} s to start"


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
