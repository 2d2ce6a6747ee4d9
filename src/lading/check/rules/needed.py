"""Files that a command cannot do without, and that nobody has copied."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lading.check.dockerfile.model import Copy, Word
from lading.check.model.files import Found
from lading.check.model.state import State
from lading.check.model.step import Call, Need, Step
from lading.check.rules.fixes import insert_before, replace, taken_back
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.python import PYTHON, lacks_module
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Edit, Finding, Fix, Place, Rule

BUILD = Rule(
    id="needed-file-missing",
    severity="error",
    title="A RUN needs a file that is not in its stage",
    why="The command ends with an error and the build stops there: what a project names must be copied before.",
)
START = Rule(
    id="command-lacks-file",
    severity="error",
    title="What the container runs needs a file that the image does not have",
    why="It builds and starts, and fails at the first command that looks for the file.",
)
RULES = (BUILD, START)

SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "daphne", "granian"})
_APPLICATION = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_][\w.]*(?:\(\))?\Z")


class Lacking(NamedTuple):
    """What a command lacks: how it is named, the place looked at, why it is needed, and its name in the context."""

    what: str
    found: Found
    why: str
    sources: tuple[str, ...] = ()


def find(subject: Subject) -> Iterator[Finding]:
    """What RUNs need, and what the container's commands need."""
    for step in subject.steps():
        for call in step.calls:
            for need in call.needs:
                if need.found.absent and not call.invocation.conditional:
                    yield _of_need(subject, step, call, need)
    for one in subject.starts:
        for lacking in _lacking(one):
            if not _is_mounted(subject, one, lacking.found.path):
                yield _of_start(subject, one, lacking)


def _of_need(subject: Subject, step: Step, call: Call, need: Need) -> Finding:
    path = need.found.path
    copy, source = _source_of(subject, step, path)
    hidden = subject.model.context.hidden_by(source) if source else ""
    fix = None
    if copy is not None and source:
        edits = (_one_more(subject, copy, source), *taken_back(subject.model.context, source))
        fix = Fix(title=f"copy {source}, too", edits=edits)
    return tell(
        BUILD, subject.place(call.invocation.span), f"{need.why}, and there is no {shown(path)}",
        *_why_missing(subject, need.found, source, hidden), fix=fix,
        help="" if fix else "copy it into the stage before this command",
        severity="warning" if _is_only_told(call) else None,
    )  # fmt: skip


def _is_only_told(call: Call) -> bool:
    """Whether the build goes on: the script does not look at the status, or Poetry only says so, as it did before 2.0
    (https://python-poetry.org/history/#200---2025-01-05)."""
    words = [word.text for word in call.invocation.words[:2]]
    return not call.invocation.checked or words == ["poetry", "install"]


def _why_missing(subject: Subject, found: Found, source: str, hidden: str) -> Iterator[Because]:
    if hidden:
        ignore = subject.model.context.ignore_file
        yield Because(place=Place(path=ignore), text=f"the pattern {shown(hidden)} hides it from every COPY")
    elif source:
        yield Because(place=Place(path=source), text="the context has it, and no COPY names it")
    else:
        yield since(first_made(found.origin), "nothing puts it there after this")


def _source_of(subject: Subject, step: Step, path: str) -> tuple[Copy | None, str]:
    """The last COPY that has put files of the context into a path's folder, and the path's name in the context."""
    for earlier in reversed(subject.before(step)):
        copy = earlier.instruction
        if not isinstance(copy, Copy) or copy.adds or copy.flag("from") is not None or not _is_folder(copy):
            continue
        for one in earlier.copyings:
            if one.path and any(posixpath.dirname(target) == posixpath.dirname(path) for target in one.targets):
                source = posixpath.join(posixpath.dirname(one.path), posixpath.basename(path)).lstrip("/")
                there = subject.model.context.everything.look(f"/{source}").present
                return (copy, source) if there else (None, "")
    return None, ""


def _is_folder(copy: Copy) -> bool:
    return copy.destination.text.endswith(("/", "."))


def _one_more(subject: Subject, copy: Copy, source: str) -> Edit:
    last = next(one for one in reversed(copy.sources) if isinstance(one, Word))
    return replace(subject.path, last.span, f"{last.text} {source}")


def _lacking(one: Started) -> Iterator[Lacking]:
    words = [word or "" for word in one.words]
    if one.state.workdir is None or not words or one.guarded:
        return
    if one.name == "alembic" or (PYTHON.match(one.name) and words[1:3] == ["-m", "alembic"]):
        yield from _alembic(one.state, words)
    elif one.name in SERVERS:
        yield from _application(one, words)
    elif PYTHON.match(one.name) or one.name == "node":
        yield from _script(one, words)
    elif one.name in ("npm", "yarn", "pnpm") and words[1:2] in (["start"], ["run"]):
        yield from _absent(one.state, "package.json", f"`{one.name} {words[1]}` reads it")


def _alembic(state: State, words: Sequence[str]) -> Iterator[Lacking]:
    """https://alembic.sqlalchemy.org/en/latest/tutorial.html: its settings, and the folder of migrations they name."""
    if any(word.startswith(("-c", "--config")) for word in words) or state.env.is_set("ALEMBIC_CONFIG") is not False:
        return
    if not {"upgrade", "downgrade", "current", "check", "heads", "stamp"} & {*words}:
        return
    workdir = (state.workdir or "").rstrip("/")
    settings = state.files.look(f"{workdir}/alembic.ini")
    if settings.absent and state.files.look(f"{workdir}/pyproject.toml").absent:
        yield Lacking("alembic.ini", settings, "alembic reads its settings from it", ("alembic.ini",))
    text = settings.entry.text if settings.present and settings.entry is not None else None
    if text is None:
        return
    said = re.search(r"^[ \t]*script_location[ \t]*=[ \t]*(.+?)[ \t]*$", text, re.MULTILINE)
    folder = said[1].replace("%(here)s/", "") if said else ""
    if folder and not set(folder) & set("%:"):
        yield from _absent(state, folder, "alembic.ini says that the migrations are there")


def _application(one: Started, words: Sequence[str]) -> Iterator[Lacking]:
    """`uvicorn package.module:app` imports the module from the working folder."""
    if any(word.partition("=")[0] in ("--app-dir", "--chdir", "--pythonpath", "-c", "--config") for word in words):
        return
    names = [match[1] for word in words[1:] if (match := _APPLICATION.match(word))]
    if len(names) != 1 or not _has_sources(one):
        return
    module = names[0].partition(".")[0]
    missing = lacks_module(one.state, "python", module)
    if missing is not None:
        found = one.state.files.look(f"{one.state.workdir}/{module}")
        yield Lacking(f"the module {module}", found, f"{shown(one.name)} imports it", (module, f"{module}.py"))
        return
    yield from _submodule(one, names[0])


def _submodule(one: Started, name: str) -> Iterator[Lacking]:
    """A module of a package that lies in the working folder."""
    path = f"{(one.state.workdir or '').rstrip('/')}/{name.replace('.', '/')}"
    if not one.state.files.look(posixpath.dirname(path)).present or "." not in name:
        return
    found = one.state.files.look(f"{path}.py")
    if found.absent and one.state.files.look(path).absent:
        yield Lacking(f"the module {name}", found, f"{shown(one.name)} imports it", (f"{name.replace('.', '/')}.py",))


def _script(one: Started, words: Sequence[str]) -> Iterator[Lacking]:
    """`python app.py`, `node server.js`: the first word that is no option, where no option before it has a value."""
    if len(words) < 2 or words[1].startswith("-") or not words[1].endswith((".py", ".js", ".mjs", ".cjs")):
        return
    if _has_sources(one):
        yield from _absent(one.state, words[1], f"{shown(one.name)} runs it")


def _has_sources(one: Started) -> bool:
    """Whether the working folder has any source; where it has none, it is a place to mount one at."""
    workdir = one.state.workdir or "/"
    found = one.state.files.look(workdir)
    files = one.state.files
    names = files.names(workdir)
    return found.present and any(
        name.endswith((".py", ".js", ".mjs", ".cjs", ".ts"))
        or (files.look(f"{workdir}/{name}").origin.act in ("copy", "add") and not posixpath.splitext(name)[1])
        for name in names
    )


def _absent(state: State, path: str, why: str) -> Iterator[Lacking]:
    at = path if path.startswith("/") else f"{(state.workdir or '').rstrip('/')}/{path}"
    found = state.files.look(at)
    if found.absent:
        yield Lacking(path, found, why, () if path.startswith("/") else (path,))


def _is_mounted(subject: Subject, one: Started, path: str) -> bool:
    """Whether a service that runs the image mounts something over a path. Where several run it, each must."""
    services = [one.service] if one.service is not None else [*subject.services]
    over = [any(_is_above(target, path) for _, target in service.mounts) for service in services]
    return bool(over) and all(over)


def _is_above(target: str, path: str) -> bool:
    return path == target or path.startswith(f"{target.rstrip('/')}/")


def _of_start(subject: Subject, one: Started, lacking: Lacking) -> Finding:
    what = f"`{one.script}` calls {shown(one.name)}" if one.script else f"the command is {shown(one.name)}"
    context = subject.model.context
    there = [source for source in lacking.sources if context.everything.look(f"/{source}").present]
    because = [*one.because, since(first_made(lacking.found.origin), "nothing puts it there after this")]
    because += [Because(place=Place(path=source), text="the context has it") for source in there]
    return tell(
        START, one.place, f"{what}, and there is no {shown(lacking.what)} in {shown(one.state.workdir or '/')}: "
        f"{lacking.why}", *because, fix=_copy_it(subject, one, there), help="copy it into the stage that ships",
    )  # fmt: skip


def _copy_it(subject: Subject, one: Started, there: Sequence[str]) -> Fix | None:
    """A COPY of what is missing, above the USER that holds at the end (or the first instruction that starts something).

    What Alembic's settings name comes along.
    """
    if not there:
        return None
    sources = [*there, *_migrations(subject, there)]
    hidden = [source for source in sources if subject.model.context.hidden_by(source)]
    marks = ("USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD")
    at = next((step for step in subject.ships.steps if step.instruction.keyword.text.upper() in marks), None)
    if at is None or at.from_base or hidden or at.before.workdir != one.state.workdir:
        return None
    lines = "".join(f"COPY {source} ./{source}\n" for source in sources)
    edit = insert_before(subject.path, at.instruction.span, f"{lines}\n")
    return Fix(title=f"copy {' and '.join(sources)}", edits=(edit,))


def _migrations(subject: Subject, sources: Sequence[str]) -> Iterator[str]:
    everything = subject.model.context.everything
    for source in sources:
        entry = everything.look(f"/{source}").entry
        text = entry.text if entry is not None and source == "alembic.ini" else None
        said = re.search(r"^[ \t]*script_location[ \t]*=[ \t]*(.+?)[ \t]*$", text or "", re.MULTILINE)
        folder = said[1].replace("%(here)s/", "").strip("/") if said else ""
        if re.fullmatch(r"[\w./-]+", folder) and ".." not in folder and everything.look(f"/{folder}").present:
            yield folder
