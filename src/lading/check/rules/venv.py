"""Virtual environments that are not what ships: left empty by `uv sync`, or without their interpreter."""

import posixpath
from collections.abc import Iterator

from lading.check.model.files import Found
from lading.check.model.state import State
from lading.check.model.step import Call, Step
from lading.check.rules.fixes import insert_before
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Fix, Rule

IGNORED = Rule(
    id="uv-sync-ignores-venv",
    severity="error",
    title="`uv sync` does not install into the environment that was made for it",
    why="It takes no notice of an activated environment: everything goes to `.venv` beside pyproject.toml, and the "
    "environment that is copied stays empty.",
)
LOST = Rule(
    id="venv-without-python",
    severity="error",
    title="A copied virtual environment links to a Python that is not there",
    why="`bin/python` of an environment is a link, and programs in it name that path in their first line. Where it "
    "leads nowhere, none of them starts.",
)
RULES = (IGNORED, LOST)


def find(subject: Subject) -> Iterator[Finding]:
    """Both."""
    for step, call, made in ignoring_syncs(subject):
        yield _ignored(subject, step, call, made)
    yield from _lost(subject)


def ignoring_syncs(subject: Subject) -> Iterator[tuple[Step, Call, str]]:
    """The `uv sync` commands beside an environment that they ignore, and where they install instead."""
    for step in subject.steps():
        for call in step.calls:
            venv = _activated(call.before)
            made = _made_by(call)
            if venv is not None and made is not None and made != venv and _is_shipped(subject, venv, made):
                yield step, call, made


def _activated(state: State) -> str | None:
    """The environment whose programs come first on PATH, and which is certainly there."""
    first = (state.path or "").split(":")[0]
    if posixpath.basename(first) != "bin":
        return None
    folder = posixpath.dirname(first)
    return folder if state.files.look(f"{folder}/pyvenv.cfg").present else None


def _made_by(call: Call) -> str | None:
    """Where `uv sync` makes its environment: https://docs.astral.sh/uv/concepts/projects/config/#project-environment-path."""
    words = [word.text for word in call.invocation.words]
    if call.invocation.name != "uv" or "sync" not in words or "--active" in words or None in words:
        return None
    if any((word or "").partition("=")[0] in ("--project", "--directory", "--script") for word in words):
        return None
    own = dict(call.invocation.assignments)
    if "UV_PROJECT_ENVIRONMENT" in own or call.before.env.is_set("UV_PROJECT_ENVIRONMENT") is not False:
        return None
    folder = call.invocation.workdir or call.before.workdir
    return None if folder is None else posixpath.join(folder, ".venv")


def _is_shipped(subject: Subject, venv: str, made: str) -> bool:
    """Whether the image has the environment that stays empty, and not the other one."""
    files = subject.ships.end.files
    return files.look(f"{venv}/pyvenv.cfg").present and not files.look(f"{made}/pyvenv.cfg").present


def _ignored(subject: Subject, step: Step, call: Call, made: str) -> Finding:
    venv = _activated(call.before) or ""
    edit = insert_before(subject.path, step.instruction.span, f"ENV UV_PROJECT_ENVIRONMENT={venv}\n")
    config = call.before.files.look(f"{venv}/pyvenv.cfg")
    return tell(
        IGNORED,
        subject.place(call.invocation.span),
        f"`uv sync` installs into {shown(made)}, not into {shown(venv)}, which ships without a single package",
        since(first_made(config.origin), f"{shown(venv)} is made here, and on PATH"),
        help=f"set UV_PROJECT_ENVIRONMENT={venv}, or call `uv sync --active` with VIRTUAL_ENV set",
        fix=Fix(title=f"let uv install into {venv}", edits=(edit,)),
    )


def _lost(subject: Subject) -> Iterator[Finding]:
    end = subject.ships.end
    for folder in (end.path or "").split(":"):
        if posixpath.basename(folder) != "bin" or not end.files.look(f"{posixpath.dirname(folder)}/pyvenv.cfg").present:
            continue
        python = end.files.look(f"{folder}/python")
        if python.absent and python.links:
            yield _without_python(subject, folder, python)


def _without_python(subject: Subject, folder: str, python: Found) -> Finding:
    link = subject.ships.end.files.look(f"{folder}/python", follow=False)
    return tell(
        LOST,
        link.origin.place,
        f"{shown(folder + '/python')} leads to {shown(python.path)}, which this stage does not have",
        since(first_made(link.origin), "the link was made here"),
        since(subject.ships.end.files.look(python.path).origin, "this is what the stage starts from"),
        help="start both stages from the same image, or make the environment in the stage that ships",
    )
