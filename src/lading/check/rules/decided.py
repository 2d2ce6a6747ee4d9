"""What the team has decided about its images, as far as a Dockerfile tells."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from lading.check.dockerfile.model import User
from lading.check.rules.origins import shown
from lading.check.rules.subject import Decided, Subject, tell
from lading.finding import Finding, Place, Rule, Span

ALLOWED = Rule(
    id="base-not-allowed",
    severity="error",
    title="A stage starts from an image that the team has not decided for",
    why="Every further base is one more to follow, to scan and to update.",
)
TAG = Rule(
    id="base-tag-missing",
    severity="warning",
    title="An image is named without a tag, or as `latest`",
    why="The next build may start from another release, on one machine and not on the other.",
)
DIGEST = Rule(
    id="base-not-pinned",
    severity="info",
    title="An image is not pinned by its digest",
    why="A tag is moved with every release: two builds of one commit are not the same image.",
)
USER = Rule(
    id="user-not-as-decided",
    severity="error",
    title="The image's user is not the one that the team has decided",
    why="What it may write, and what the cluster lets in, was decided for that user.",
)
HEALTH = Rule(
    id="health-check-missing",
    severity="warning",
    title="The image has no health check",
    why="A service that hangs counts as running, and gets requests until somebody notices.",
)
LABELS = Rule(
    id="labels-missing",
    severity="warning",
    title="The image lacks labels that the team has decided",
    why="Nobody can tell by the image what it was built from.",
)
PLATFORM = Rule(
    id="platform-fixed",
    severity="warning",
    title="A stage that ships is for one platform whatever is asked for",
    why="On the other platforms the container runs in emulation, or not at all.",
)
RULES = (ALLOWED, TAG, DIGEST, USER, HEALTH, LABELS, PLATFORM)


def find(subject: Subject) -> Iterator[Finding]:
    """Bases of all stages, and what the image says of its run."""
    for stage in subject.used():
        if stage.base is None and stage.image not in (None, "scratch"):
            yield from _base(subject, stage.image or "", stage.stage.start.image.span)
    for step in subject.steps():
        copied = step.instruction.flag("from")
        images = {one.image for one in step.copyings if one.image and one.stage is None}
        if copied is not None and copied.value is not None and len(images) == 1:
            yield from _base(subject, images.pop(), copied.value.span)
    start = subject.ships.stage.start
    platform = start.flag("platform")
    if platform is not None and platform.value is not None and "$" not in platform.value.text:
        yield tell(
            PLATFORM, subject.place(platform.span), f"this stage is always {shown(platform.value.text)}",
            help="leave the flag out: BuildKit takes the platform that is asked for",
        )  # fmt: skip
    if subject.decided is not None:
        yield from _image(subject, subject.decided)


def _base(subject: Subject, image: str, span: Span) -> Iterator[Finding]:
    place = subject.place(span)
    name, _, digest = image.partition("@")
    tag = re.search(r":([\w.-]+)\Z", name)
    if not digest and (tag is None or tag[1] == "latest"):
        yield tell(TAG, place, f"{shown(image)} is whatever is the latest today", help="name a release")
    elif not digest:
        yield tell(DIGEST, place, f"{shown(image)} may be another image tomorrow", help=f"write `{image}@sha256:…`")
    allowed = subject.decided.bases if subject.decided is not None else ()
    if allowed and not any(fnmatchcase(name, one) or fnmatchcase(image, one) for one in allowed):
        yield tell(
            ALLOWED, place, f"{shown(image)} is not among the bases that the team has decided for",
            help=f"one of {', '.join(allowed)}",
        )  # fmt: skip


def _image(subject: Subject, decided: Decided) -> Iterator[Finding]:
    end = subject.ships.end
    place = _last(subject)
    if decided.health and end.config.known and end.config.health is None:
        yield tell(HEALTH, place, "no HEALTHCHECK holds in the stage that ships")
    missing = [name for name in decided.labels if end.config.known and name not in end.config.labels]
    if missing:
        yield tell(LABELS, place, f"there is no label {', '.join(map(shown, missing))}")
    if decided.user and end.user is not None and _numbers(subject) not in (decided.user, None):
        said = [step.origin.place for _, step in subject.shipped_steps() if isinstance(step.instruction, User)]
        what = f"the user is {shown(end.user or 'root')}, and not {shown(decided.user)}"
        yield tell(
            USER, said[-1] if said else place, what,
            help=f"`USER {decided.user}`",
        )  # fmt: skip


def _numbers(subject: Subject) -> str | None:
    """The image's user and group as numbers; nothing where they are not known."""
    end = subject.ships.end
    name, _, group = (end.user or "0:0").partition(":")
    account = end.accounts.user(name)
    uid = int(name) if name.isdigit() else (account.uid if account is not None else None)
    found = end.accounts.group(group) if group else None
    gid = int(group) if group.isdigit() else (found.gid if found else (account.gid if account and not group else None))
    return None if uid is None or gid is None else f"{uid}:{gid}"


def _last(subject: Subject) -> Place:
    return subject.place(subject.ships.stage.start.span)
