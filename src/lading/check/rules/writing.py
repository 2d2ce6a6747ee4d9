"""Commands of a RUN that write where their user may not: behind a USER, into what belongs to root."""

from collections.abc import Iterator

from lading.check.dockerfile.model import Run
from lading.check.model.entry import Entry
from lading.check.model.files import Found
from lading.check.model.state import State
from lading.check.model.step import Call
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.subject import Subject, tell
from lading.check.shell.model import Invocation
from lading.finding import Finding, Rule

UNWRITABLE = Rule(
    id="user-cannot-write",
    severity="error",
    title="A command writes where its user may not",
    why="The command ends with `permission denied`, and the build with it.",
)
RULES = (UNWRITABLE,)

_NODE = frozenset({"npm", "pnpm", "yarn"})


def find(subject: Subject) -> Iterator[Finding]:
    """The first path of each command that is certainly refused."""
    for step in subject.steps():
        mounts = step.instruction.mounts if isinstance(step.instruction, Run) else ()
        over = tuple(one.option("target", "dst", "destination").rstrip("/") for one in mounts)
        for call in step.calls:
            if call.before.is_root is False and _is_plain(call.invocation):
                yield from _refused(subject, call, over)


def _is_plain(invocation: Invocation) -> bool:
    """Whether it is certain that it runs, as the stage's own user, and that the build ends where it fails."""
    return not (invocation.conditional or invocation.wrappers or invocation.user or not invocation.checked)


def _refused(subject: Subject, call: Call, mounts: tuple[str, ...]) -> Iterator[Finding]:
    for path in _made(call.invocation):
        if any(path == one or path.startswith(f"{one}/") for one in mounts):
            continue
        folder = _nearest(call.before, path)
        if folder is None or folder.entry is None or may_write(folder.entry, call.before) is not False:
            continue
        entry = folder.entry
        yield tell(
            UNWRITABLE, subject.place(call.invocation.span),
            f"{shown(call.invocation.name)} makes {shown(path)}, and the user {shown(call.before.user or '')} may not "
            f"write to {shown(folder.path)} (mode {entry.mode or 0:04o})",
            since(first_made(entry.moded or entry.owned or entry.origin), "this has made it so"),
            help="do it above USER, or give the folder to the user with `chown`",
        )  # fmt: skip
        return


def _made(invocation: Invocation) -> Iterator[str]:
    """The paths that a command makes, absolute, as far as that is certain."""
    words = [word.text for word in invocation.arguments if not word.is_pattern]
    if None not in words:
        yield from (_absolute(word, invocation) for word in _named(invocation.name, [word or "" for word in words]))
    for one in invocation.redirects:
        if one.writes and one.target is not None and one.target.text and one.target.text.startswith("/"):
            yield one.target.text


def _named(name: str, words: list[str]) -> list[str]:
    options = [word for word in words if word.startswith("-")]
    plain = [word for word in words if not word.startswith("-") and word]
    if name == "mkdir" and all(option in ("-p", "-v", "-pv", "--parents", "--verbose") for option in options):
        return plain
    if name == "touch" and not options:
        return plain
    if name in _NODE and plain[:1] in (["install"], ["ci"], ["i"]) and not any(one in options for one in _ELSEWHERE):
        return ["node_modules"]
    return []


_ELSEWHERE = ("-g", "--global", "--prefix", "-C", "--dir", "--cwd", "--package-lock-only", "--lockfile-only")


def _absolute(path: str, invocation: Invocation) -> str:
    if path.startswith("/") or invocation.workdir is None:
        return path
    return f"{invocation.workdir.rstrip('/')}/{path}"


def _nearest(state: State, path: str) -> Found | None:
    """The folder that a path which is certainly not there would be made in, with folders on the way; nothing where
    that is not known."""
    if not path.startswith("/") or not state.files.look(path).absent:
        return None
    while path not in ("", "/"):
        path = path.rstrip("/").rpartition("/")[0] or "/"
        found = state.files.look(path)
        if not found.absent:
            return found if found.present and found.entry is not None and found.entry.kind == "folder" else None
    return None


def may_write(entry: Entry, state: State) -> bool | None:
    """Whether the user of a stage may write to a file or folder; nothing where it is not known."""
    if entry.mode is None or state.is_root is not False:
        return None
    if entry.mode & 0o002:
        return True
    name = (state.user or "").partition(":")[0]
    account = state.accounts.user(name)
    uid = int(name) if name.isdigit() else (account.uid if account is not None else None)
    if entry.owner is None or entry.owner.uid is None or uid is None:
        return None
    if entry.owner.uid == uid:
        return bool(entry.mode & 0o200)
    return None if entry.mode & 0o020 else False
