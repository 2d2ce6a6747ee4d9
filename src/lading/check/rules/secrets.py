"""Secrets that become part of an image or of its history."""

import re
from collections.abc import Iterator

from lading.check.dockerfile.model import Arg, Env, Pair
from lading.check.model.files import Found
from lading.check.model.step import Copying, Step
from lading.check.rules.origins import shown, since
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Finding, Rule

NAMED = Rule(
    id="secret-in-variable",
    severity="warning",
    title="A variable of the build or image is named like a secret",
    why="ENV is in the image's configuration, and ARG in its history: whoever has the image reads both. A secret mount "
    "leaves nothing behind.",
)
WRITTEN = Rule(
    id="secret-in-dockerfile",
    severity="error",
    title="A secret is written into the Dockerfile",
    why="It is in the repository and in every image that was ever built of it: it has to be changed, not only removed.",
)
COPIED = Rule(
    id="secret-copied",
    severity="error",
    title="A secret is copied into the image",
    why="A layer keeps what a later one removes: whoever pulls the image can read it.",
)
RULES = (NAMED, WRITTEN, COPIED)

TOKENS = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,}|glpat-[\w-]{20,}|xox[baprs]-[\w-]{20,}"
    r"|sk_live_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{36}|AIza[\w-]{35}|pypi-AgEI[\w-]{50,})"
)
"""Forms that providers give their secrets so that they are found: AWS, GitHub, GitLab, Slack, Stripe, npm, Google,
PyPI (https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns)."""
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_NAMES = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)\Z", re.IGNORECASE
)
_PUBLIC = re.compile(r"PUBLIC|FILE\Z|PATH\Z|URL\Z|_ID\Z|_NAME\Z|TTL|EXPIR|ALLOW_EMPTY", re.IGNORECASE)
_FILES = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|[^/]*\.(?:pem|key)|\.npmrc|\.netrc|\.pypirc|\.git-credentials"
    r"|\.env(?:\.(?:local|prod|production))?|\.dockerconfigjson)\Z"
)
_MOST = 200


def find(subject: Subject) -> Iterator[Finding]:
    """Variables, and copied files by what is in them."""
    shipped = {id(step) for _, step in subject.shipped_steps()}
    for step in subject.steps():
        instruction = step.instruction
        if isinstance(instruction, Arg | Env):
            for pair in instruction.pairs:
                yield from _variable(subject, step, pair, ships=id(step) in shipped)
        for one in step.copyings:
            yield from _copied(subject, step, one)
    for match in TOKENS.finditer(subject.model.dockerfile.text):
        yield _written(subject, match)


def _written(subject: Subject, match: "re.Match[str]") -> Finding:
    from lading.finding import Span

    before = match.string[: match.start()]
    line, column = before.count("\n") + 1, match.start() - before.rfind("\n")
    span = Span(line, column, line, column + len(match[0]))
    return tell(
        WRITTEN, subject.place(span), f"{shown(match[0][:8] + '…')} has the form of a secret of a provider",
        help="have it changed where it is from, and give it to the build with `--secret`",
    )  # fmt: skip


def _variable(subject: Subject, step: Step, pair: Pair, *, ships: bool) -> Iterator[Finding]:
    name = pair.name.text
    if not _NAMES.search(name) or _PUBLIC.search(name):
        return
    value = pair.value.text.strip("\"'") if pair.value is not None else ""
    keyword = step.instruction.keyword.text.upper()
    if keyword == "ENV" and not value:
        return
    mount = f"`RUN --mount=type=secret,id={name.lower()},env={name} …`"
    kept = "the image for everybody to read" if ships else "the cache and the records of the build"
    yield tell(
        NAMED, subject.place(pair.name.span), f"{keyword} {shown(name)} is kept in {kept}",
        help=f"in the build: {mount}; at run time: give it to the container",
    )  # fmt: skip


def _copied(subject: Subject, step: Step, one: Copying) -> Iterator[Finding]:
    if one.stage is not None or one.image:
        return
    for found in _candidates(subject, one):
        if not _is_secret(found):
            continue
        name = found.path.lstrip("/")
        target = next(iter(one.targets), "")
        yield tell(
            COPIED, subject.place(one.source.span), f"{shown(name)} holds a secret, and this copies it",
            *_removed(subject, step, target),
            help="name it in .dockerignore, and use `RUN --mount=type=secret` where the build needs it",
        )  # fmt: skip


def _candidates(subject: Subject, one: Copying) -> Iterator[Found]:
    """The files that a source names itself, and those right inside a folder whose names are known for it."""
    files = subject.model.context.files
    for found in one.found[:_MOST]:
        if found.entry is not None and found.entry.kind == "folder":
            names = [name for name in files.names(found.path) if _FILES.search(f"/{name}")]
            yield from (files.look(f"{found.path.rstrip('/')}/{name}") for name in names)
        elif _FILES.search(found.path):
            yield found


def _is_secret(found: Found) -> bool:
    text = found.entry.text if found.entry is not None else None
    if text is None:
        return False
    if PRIVATE_KEY.search(text) or TOKENS.search(text):
        return True
    name = found.path.rpartition("/")[2]
    return name == ".npmrc" and re.search(r"_(?:authToken|password|auth)\s*=\s*[^\s$]", text) is not None


def _removed(subject: Subject, step: Step, target: str) -> Iterator[Because]:
    found = subject.stage_of(step).end.files.look(target) if target else None
    if found is not None and found.absent and found.origin.act == "run":
        yield since(found.origin, "it is removed here, and stays in the layer of the COPY")
