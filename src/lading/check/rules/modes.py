"""Files that are to be started and cannot be: no execute bit, or line endings of Windows."""

import posixpath
from collections.abc import Iterator

from lading.check.model.entry import Entry, Script
from lading.check.model.state import State
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Place, Rule

MODE = Rule(
    id="not-executable",
    severity="error",
    title="A file that is to be started has no execute bit for its user",
    why="The kernel refuses to start it: permission denied.",
)
ENDINGS = Rule(
    id="wrong-line-endings",
    severity="error",
    title="A script has the line endings of Windows",
    why="The carriage return belongs to the interpreter's name then, and no such program exists.",
)
RULES = (MODE, ENDINGS)


def find(subject: Subject) -> Iterator[Finding]:
    """Both, of what a RUN starts by its path and of what the container starts."""
    for step in subject.steps():
        for call in step.calls:
            name, workdir = call.invocation.program, call.invocation.workdir
            if not name or "/" not in name or call.invocation.conditional or (not name.startswith("/") and not workdir):
                continue
            path = posixpath.normpath(posixpath.join(workdir or "/", name))
            yield from _startable(call.before, path, subject.place(call.invocation.span))
    for one in subject.starts:
        if not one.guarded and one.program:
            yield from _of_start(one)


def _of_start(one: Started) -> Iterator[Finding]:
    found = one.found
    if found.present:
        yield from _startable(one.state, found.path, one.place)


def _startable(state: State, path: str, place: Place) -> Iterator[Finding]:
    found = state.files.look(path)
    entry = found.entry
    if not found.present or entry is None or entry.kind != "file":
        return
    if may_execute(entry, state) is False:
        origin = entry.moded or entry.origin
        mode = f"{entry.mode or 0:04o}"
        yield tell(
            MODE, place, f"{shown(path)} has the mode {mode}, and cannot be started",
            since(origin, f"{mode} is from here"),
            help=f"copy it with `COPY --chmod=0755`, or `RUN chmod 0755 {path}` behind that",
        )  # fmt: skip
    script = entry.program
    if isinstance(script, Script) and script.words and script.words[0].endswith("\r"):
        yield tell(
            ENDINGS, place, f"{shown(path)} ends its lines with a carriage return",
            since(first_made(found.origin), "it comes from here"),
            help="save it with Unix line endings; `*.sh text eol=lf` in .gitattributes keeps them",
        )  # fmt: skip


def may_execute(entry: Entry, state: State) -> bool | None:
    """Whether the user of a stage may start a file; nothing where it is not known."""
    if entry.mode is None:
        return None
    if not entry.mode & 0o111:
        return False
    if entry.mode & 0o111 == 0o111:
        return True
    return True if state.is_root else None
