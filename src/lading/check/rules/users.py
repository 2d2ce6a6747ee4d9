"""The user of the container: there at all, not root, a number, and with the files that it needs."""

from collections.abc import Iterator

from lading.check.dockerfile.model import User
from lading.check.model.entry import Entry
from lading.check.model.state import Account, State
from lading.check.model.step import Step
from lading.check.rules.fixes import replace
from lading.check.rules.leftovers import develops
from lading.check.rules.origins import shown, since
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Edit, Finding, Fix, Rule

MISSING = Rule(
    id="user-missing",
    severity="error",
    title="USER names a user that the stage does not have",
    why="The runtime looks the name up in the image's /etc/passwd, and starts nothing where it is not there.",
)
ROOT = Rule(
    id="ships-as-root",
    severity="warning",
    title="The container runs as root",
    why="Whoever gets into the service is root in the container, and one fault of the kernel away from the machine.",
)
NAMED = Rule(
    id="user-not-numeric",
    severity="info",
    title="The user is a name, not a number",
    why="Kubernetes' runAsNonRoot cannot tell whether a name is root, and refuses to start the container.",
)
TWICE = Rule(
    id="account-twice",
    severity="warning",
    title="A user is written into /etc/passwd a second time",
    why="Only the first line of a name counts: the number, the home folder and the shell of the second one hold for "
    "nobody.",
)
UNREADABLE = Rule(
    id="user-cannot-read",
    severity="error",
    title="The user may not read what it starts",
    why="The command ends at once: permission denied.",
)
RULES = (MISSING, ROOT, NAMED, TWICE, UNREADABLE)


def find(subject: Subject) -> Iterator[Finding]:
    """All of the stage that ships, and missing users of those whose RUNs would be theirs."""
    for stage in subject.used():
        ships = stage is subject.ships
        for step in stage.steps:
            if isinstance(step.instruction, User) and not step.from_base and (ships or _runs_behind(stage.steps, step)):
                yield from _missing(step)
    yield from _at_the_end(subject)
    yield from _twice(subject)
    for one in subject.starts:
        yield from _unreadable(one)


def _runs_behind(steps: tuple[Step, ...], user: Step) -> bool:
    at = next(at for at, one in enumerate(steps) if one is user)
    behind = steps[at + 1 :]
    keyword = next((one.instruction.keyword.text.upper() for one in behind if one.calls or _is_user(one)), "")
    return keyword == "RUN"


def _is_user(step: Step) -> bool:
    return isinstance(step.instruction, User)


def _missing(step: Step) -> Iterator[Finding]:
    said = step.after.user
    if not said:
        return
    if any(step.after.files.look(file).origin.act in ("copy", "add") for file in ("/etc/passwd", "/etc/group")):
        return  # they come from another stage, with whoever is in them
    name, _, group = said.partition(":")
    accounts = step.after.accounts
    wrong = [("user", name)] if not name.isdigit() and accounts.has_user(name) == "absent" else []
    wrong += [("group", group)] if group and not group.isdigit() and accounts.has_group(group) == "absent" else []
    for kind, one in wrong:
        yield tell(
            MISSING, step.origin.place, f"there is no {kind} {shown(one)} in this stage",
            since(accounts.origin, "these are all its users and groups"),
            help="make it with useradd (adduser on Alpine) in this stage, or write a number",
        )  # fmt: skip


def _at_the_end(subject: Subject) -> Iterator[Finding]:
    end = subject.ships.end
    if end.user is None or not end.config.known or _drops_privileges(subject):
        return
    said = [step for _, step in subject.shipped_steps() if _is_user(step)]
    allowed = subject.decided is not None and subject.decided.allow_root
    if end.is_root and not allowed and not develops(subject):
        place = said[-1].origin.place if said else subject.place(subject.ships.stage.start.span)
        yield tell(
            ROOT, place, "the container runs as root", help="add `USER 65532:65532` behind the last RUN that needs root"
        )
    name, _, group = end.user.partition(":")
    if said and not end.is_root and not name.isdigit():
        yield tell(
            NAMED, said[-1].origin.place, f"{shown(end.user)} is a name: Kubernetes' runAsNonRoot cannot check it",
            help="write the number that the user was made with", fix=_numeric(subject, said[-1], name, group),
        )  # fmt: skip


def _drops_privileges(subject: Subject) -> bool:
    """Whether a start script becomes another user by itself, as those of databases do."""
    texts = [one.text for one in subject.starts if one.text is not None]
    return any(name in text for text in texts for name in ("gosu", "su-exec", "setpriv"))


def _numeric(subject: Subject, step: Step, name: str, group: str) -> Fix | None:
    account = step.after.accounts.users.get(name)
    instruction = step.instruction
    if not isinstance(instruction, User) or account is None or account.uid is None or "$" in instruction.user.text:
        return None
    found = step.after.accounts.groups.get(group) if group and not group.isdigit() else None
    number = group if group.isdigit() else (found.gid if found else (None if group else account.gid))
    if number is None or not _is_said(account):
        return None
    edit: Edit = replace(subject.path, instruction.user.span, f"{account.uid}:{number}")
    return Fix(title=f"write {name} as {account.uid}:{number}", edits=(edit,))


def _is_said(account: Account) -> bool:
    """Whether the number is in the Dockerfile, and not what useradd would have taken."""
    return account.uid is not None and str(account.uid) in account.origin.text


def _twice(subject: Subject) -> Iterator[Finding]:
    """`echo "app:x:…" >> /etc/passwd` where there is an `app`."""
    for step in subject.steps():
        for call in step.calls:
            words = call.invocation.arguments
            into = [one.target.text for one in call.invocation.redirects if one.writes and one.target is not None]
            if "/etc/passwd" not in into or call.invocation.name not in ("echo", "printf"):
                continue
            name = (words[-1].text or "").partition(":")[0] if words else ""
            old = call.before.accounts.users.get(name)
            if old is not None:
                yield tell(
                    TWICE, subject.place(call.invocation.span), f"there is a user {shown(name)} already, and this line "
                    "changes nothing of it", since(old.origin, "this is the one that counts"),
                    help="give its number, home and shell where it is made",
                )  # fmt: skip


def _unreadable(one: Started) -> Iterator[Finding]:
    """A script is read by its interpreter, which needs more than the execute bit."""
    found = one.found
    if one.guarded or not found.present or found.entry is None or one.text is None:
        return
    if may_read(found.entry, one.state) is False:
        entry = found.entry
        origin = entry.moded or entry.owned or entry.origin
        yield tell(
            UNREADABLE, one.place, f"the user {shown(one.state.user or '')} may not read {shown(found.path)} "
            f"(mode {entry.mode or 0:04o})", since(origin, "this has set it so"),
            help="`COPY --chmod=0755`, or `--chown` to the user",
        )  # fmt: skip


def may_read(entry: Entry, state: State) -> bool | None:
    """Whether the user of a stage may read a file; nothing where it is not known."""
    if entry.mode is None or state.is_root is not False:
        return None
    if entry.mode & 0o004:
        return True
    name = (state.user or "").partition(":")[0]
    account = state.accounts.user(name)
    uid = int(name) if name.isdigit() else (account.uid if account is not None else None)
    if entry.owner is None or entry.owner.uid is None or uid is None:
        return None
    if entry.owner.uid == uid:
        return bool(entry.mode & 0o400)
    return False if not entry.mode & 0o040 else None
