"""Work that no image has anything of: results that are not copied, stages that are not built, PATH entries that never
are."""

import posixpath
from collections.abc import Iterator

from lading.check.dockerfile.model import AnyInstruction, Env
from lading.check.model.step import Call, StageModel, Step
from lading.check.rules.fixes import removed, replace
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Fix, Rule, Span

RESULT = Rule(
    id="result-unused",
    severity="warning",
    title="What a command makes is not used by any later stage",
    why="It costs time in every build, may fail, and nothing of it ships.",
)
STAGE = Rule(
    id="stage-unused",
    severity="info",
    title="Nothing that ships needs this stage",
    why="BuildKit skips it unless somebody asks for it by `--target`. It is easy to believe that it is in the image.",
)
ENTRY = Rule(
    id="path-entry-never-made",
    severity="warning",
    title="PATH names a folder that never exists",
    why="Most often the folder is another one, and the programs meant are not found or others are started instead.",
)
RULES = (RESULT, STAGE, ENTRY)


def find(subject: Subject) -> Iterator[Finding]:
    """All three."""
    for stage in subject.model.stages:
        index = stage.stage.index
        if index not in subject.model.used:
            name = stage.stage.name or f"{index}"
            yield tell(STAGE, subject.place(stage.stage.start.span), f"no stage that ships needs {shown(name)}")
        elif stage is not subject.ships:
            yield from _results(subject, stage)
    for stage, step in subject.shipped_steps():
        if isinstance(step.instruction, Env):
            yield from _entries(subject, stage, step)


def _entries(subject: Subject, _stage: StageModel, step: Step) -> Iterator[Finding]:
    before, after = step.before.path, step.after.path
    if before is None or after is None or before == after:
        return
    end = subject.ships.end
    for folder in after.split(":"):
        if folder in before.split(":") or not folder.startswith("/"):
            continue
        found = end.files.look(folder)
        if found.absent and folder in (end.path or "").split(":"):
            yield tell(
                ENTRY, step.origin.place, f"PATH has {shown(folder)}, which never exists in this stage",
                since(first_made(found.origin), "nothing makes it after this"), help="take it out of PATH",
                fix=_without(subject, step.instruction, folder),
            )  # fmt: skip


def _without(subject: Subject, instruction: AnyInstruction, folder: str) -> Fix | None:
    """PATH without a folder; no PATH at all where it would only be what it was."""
    pairs = instruction.pairs if isinstance(instruction, Env) else ()
    at = next((at for at, pair in enumerate(pairs) if pair.name.text == "PATH" and pair.value is not None), None)
    value = None if at is None else pairs[at].value
    if at is None or value is None or value.text.count(folder) != 1:
        return None
    text = value.text.replace(f"{folder}:", "").replace(f":{folder}", "")
    before = pairs[at - 1].value if at else None
    if text.strip('"') not in ("$PATH", "${PATH}"):
        edit = replace(subject.path, value.span, text)
    elif before is not None:
        span = Span(before.span.end_line, before.span.end_column, value.span.end_line, value.span.end_column)
        edit = replace(subject.path, span, "")
    elif len(pairs) == 1:
        edit = removed(subject.path, instruction.span, subject.model.dockerfile.text)
    else:
        return None
    return Fix(title=f"take {folder} out of PATH", edits=(edit,))


def _results(subject: Subject, stage: StageModel) -> Iterator[Finding]:
    calls = [(step, call) for step in stage.steps for call in step.calls]
    for at, (step, call) in enumerate(calls):
        folder = _built_into(call)
        later = [one for _, one in calls[at + 1 :]]
        if folder is None or any(_mentions(one, folder) for one in later) or _is_taken(subject, stage, folder):
            continue
        name = " ".join(word.written for word in call.invocation.words[:3])
        yield tell(
            RESULT, subject.place(call.invocation.span),
            f"{shown(name)} writes to {shown(folder)}, which no later stage copies",
            help="remove it, or install what it makes where it ships",
            fix=_left_out(subject, step, name),
        )  # fmt: skip


def _left_out(subject: Subject, step: Step, name: str) -> Fix | None:
    if len(step.calls) > 1:
        return None
    edit = removed(subject.path, step.instruction.span, subject.model.dockerfile.text)
    return Fix(title=f"leave {name} out", edits=(edit,))


def _built_into(call: Call) -> str | None:
    """Where a package of Python is built into: `dist` in the working folder."""
    words = [word.text for word in call.invocation.words]
    name = call.invocation.name
    builds = (name in ("poetry", "uv", "pdm", "hatch") and words[1:] == ["build"]) or (
        name.startswith("python") and words[1:] in (["-m", "build"], ["-m", "build", "--wheel"])
    )
    folder = call.invocation.workdir or call.before.workdir
    return posixpath.join(folder, "dist") if builds and folder else None


def _mentions(call: Call, folder: str) -> bool:
    name = posixpath.basename(folder)
    return any(name in word.written or ".whl" in word.written or "$" in word.written for word in call.invocation.words)


def _is_taken(subject: Subject, stage: StageModel, folder: str) -> bool:
    """Whether another stage copies the folder (or one above it), mounts the stage, or starts from it."""
    index = stage.stage.index
    for other in subject.used():
        if other.base == index:
            return True
        for step in other.steps:
            if index in step.mounted:
                return True
            for one in step.copyings:
                if one.stage == index and (one.path is None or _meet(one.path, folder)):
                    return True
    return False


def _meet(one: str, other: str) -> bool:
    one, other = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return one.startswith(other) or other.startswith(one)
