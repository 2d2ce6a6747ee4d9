"""Programs and Python modules that a command needs, and that its stage does not have."""

from collections.abc import Iterator

from lading.check.dockerfile.model import Copy, Run
from lading.check.model.files import Found
from lading.check.model.step import Call
from lading.check.rules.fixes import health_by_python
from lading.check.rules.leftovers import develops
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.python import lacks_module, wanted_modules
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Finding, Rule

IN_STAGE = Rule(
    id="program-not-in-stage",
    severity="error",
    title="A RUN calls a program that its stage does not have",
    why="The shell ends with status 127 and the build stops there.",
)
STARTS = Rule(
    id="command-not-in-image",
    severity="error",
    title="What the container is to start is not in it",
    why="The container ends before it has begun: the runtime finds no such file.",
)
HEALTH = Rule(
    id="health-check-lacks-program",
    severity="error",
    title="The health check calls what the image does not have",
    why="Every check fails, so that the container is unhealthy for ever and is restarted or gets no traffic.",
)
RULES = (IN_STAGE, STARTS, HEALTH)

INSTALLERS = frozenset({"pip", "pip3", "poetry", "uv", "pdm", "pipenv"})
_BUILTINS = """
    . : [ [[ alias bg bind break builtin caller case cd command compgen complete continue declare dirs disown
    echo enable eval exec exit export false fc fg function getopts hash help history if in jobs kill let local logout
    mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source suspend test then
    time times trap true type typeset ulimit umask unalias unset until wait while { } !
"""
BUILTINS = frozenset(_BUILTINS.split())
"""What shells do themselves (bash(1), dash(1), zsh's are a superset)."""


def find(subject: Subject) -> Iterator[Finding]:
    """Programs that are certainly absent where they are called."""
    for step in subject.steps():
        first = {call.invocation.program: call for call in reversed(step.calls)}
        for call in step.calls:
            if first[call.invocation.program] is call:
                yield from _of_call(subject, call)
    for one in subject.starts:
        yield from _of_start(subject, one)


def _of_call(subject: Subject, call: Call) -> Iterator[Finding]:
    name = call.invocation.program
    if not name or name in BUILTINS or call.invocation.conditional or not call.invocation.checked:
        return
    if call.invocation.wrappers:
        return  # sudo and env look along another PATH
    folders = _path_of(call)
    found = call.before.files.which(_absolute(name, call.invocation.workdir), folders)
    if found.absent:
        span = call.invocation.words[0].span
        yield tell(IN_STAGE, subject.place(span), f"{_lacks(name, folders)}", why_absent(found, name))


def _path_of(call: Call) -> str | None:
    """Where programs are looked for: as the command itself says, as the script has set it, as the stage has it."""
    said = dict(call.invocation.assignments).get("PATH")
    if said is not None:
        return said.text
    in_script = call.invocation.variables.get("PATH", call.before.path)
    return in_script if isinstance(in_script, str) else None


def _absolute(name: str, workdir: str | None) -> str:
    if "/" not in name or name.startswith("/") or workdir is None:
        return name
    return f"{workdir.rstrip('/')}/{name}"


def _lacks(name: str, folders: str | None) -> str:
    if "/" in name or not folders:
        return f"there is no {shown(name)} here"
    return f"there is no {shown(name)} in this stage (PATH is {shown(folders)})"


def why_absent(found: Found, name: str) -> Because:
    """The instruction or base that leaves a program out."""
    origin = first_made(found.origin)
    match origin.act:
        case "base":
            return since(origin, f"{shown(origin.text)} does not have {shown(name)}")
        case "run" | "copy" | "add":
            return since(origin, f"{shown(name)} is not there after {shown(origin.text)}")
    return since(origin, f"nothing has put {shown(name)} there since")


def _of_start(subject: Subject, one: Started) -> Iterator[Finding]:
    if one.guarded or not one.program or (one.by_shell and one.program in BUILTINS) or one.name.endswith(".wasm"):
        return  # what runs WebAssembly looks it up by itself
    found = one.found
    if not found.absent:
        yield from _of_modules(subject, one)
        return
    if "/" in one.program and one.service is None and develops(subject):
        return  # where developers mount the source
    rule = HEALTH if one.purpose == "health" else STARTS
    what = "the health check calls" if one.purpose == "health" else "the container starts"
    if one.script:
        what = f"`{one.script}` calls"
    yield tell(
        rule,
        one.place,
        f"{what} {shown(one.program)}, which the image does not have",
        *one.because,
        *_causes(subject, one, found),
        help=_help(one),
        fix=health_by_python(subject, one) if one.purpose == "health" else None,
        severity="warning" if _is_for_others(subject) else None,
    )


def _is_for_others(subject: Subject) -> bool:
    """Whether nothing at all is put into the image: others are meant to build on it, and may bring what it starts."""
    return not any(isinstance(step.instruction, Run | Copy) for _, step in subject.shipped_steps())


def _causes(subject: Subject, one: Started, found: Found) -> Iterator[Because]:
    """Why it is absent; where another stage has a program of that name, how it got lost on the way."""
    from lading.check.rules.venv import ignoring_syncs

    for step, _, made in ignoring_syncs(subject):
        yield since(step.origin, f"this installs into {shown(made)}, which is not what ships")
    yield why_absent(found, one.program)
    for stage in subject.used():
        if stage is not subject.ships and "/" not in one.program:
            other = stage.end.files.which(one.program, stage.end.path)
            if other.present and other.origin.act == "run":
                yield since(other.origin, f"the stage {shown(stage.stage.name or str(stage.stage.index))} has one")


def _help(one: Started) -> str:
    if one.purpose == "health":
        return "ask with a program that the image has, or install this one in the stage that ships"
    return "install it in the stage that ships, or copy it there"


def _of_modules(subject: Subject, one: Started) -> Iterator[Finding]:
    words = tuple(word if word is not None else "" for word in one.words)
    for module in wanted_modules(words):
        found = lacks_module(one.state, one.program, module)
        if found is not None:
            yield _module(subject, one, module, found)


def _module(subject: Subject, one: Started, module: str, found: Found) -> Finding:
    rule = HEALTH if one.purpose == "health" else STARTS
    what = "the health check" if one.purpose == "health" else "the command"
    return tell(
        rule,
        one.place,
        f"{what} imports the module {shown(module)}, which the image's Python does not have",
        *one.because,
        _not_installed(subject, module, found),
        help="urllib.request is always there" if one.purpose == "health" else "install it for production, too",
        fix=health_by_python(subject, one),
    )


def _not_installed(subject: Subject, module: str, found: Found) -> Because:
    """The last command that has installed Python's packages into what ships, or into what it copies from."""
    calls = [call for step in subject.steps() for call in step.calls if call.invocation.name in INSTALLERS]
    calls = [call for call in calls if {"install", "sync"} & {word.text for word in call.invocation.words}]
    if not calls:
        return since(first_made(found.origin), f"there is no {shown(module)} in it")
    place = subject.place(calls[-1].invocation.span)
    return Because(place=place, text=f"no {shown(module)} is among what is installed here")
