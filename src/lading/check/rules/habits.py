"""Commands that hide failures: pipes whose first half may fail, and health checks that take any answer."""

import re
from collections.abc import Iterator

from lading.check.model.step import Call
from lading.check.rules.fixes import health_by_python
from lading.check.rules.origins import shown
from lading.check.rules.python import python_code
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Rule

PIPE = Rule(
    id="pipe-hides-failure",
    severity="warning",
    title="A download is piped into a program, and its failure is not seen",
    why="A pipe's status is that of its last command: where the download fails, an interpreter runs an empty script, "
    "the layer is kept, and a later step fails for a reason that is hard to see.",
)
STATUS = Rule(
    id="health-check-ignores-status",
    severity="warning",
    title="The health check is content with any answer",
    why="A service that answers every request with an error counts as healthy, and keeps getting requests.",
)
RULES = (PIPE, STATUS)

_FETCHERS = frozenset({"curl", "wget"})
_LOOKS = re.compile(r"raise_for_status|status_code|\.ok\b|assert")
_RUNNERS = re.compile(r"(?:ba|da|a|z)?sh|python3?(?:\.\d+)?|perl|ruby|node")


def find(subject: Subject) -> Iterator[Finding]:
    """Both."""
    for step in subject.steps():
        if step.before.shell and not _has_pipefail(step.before.shell):
            for call in step.calls:
                yield from _piped(subject, call)
    for one in subject.starts:
        if one.purpose == "health":
            yield from _status(subject, one)


def _has_pipefail(shell: tuple[str, ...]) -> bool:
    return "pipefail" in shell


def _piped(subject: Subject, call: Call) -> Iterator[Finding]:
    source = call.invocation.piped_from
    if source is None or source.name not in _FETCHERS or not _RUNNERS.fullmatch(call.invocation.name):
        return
    text = subject.model.dockerfile.text
    if "pipefail" in text:
        return  # set somewhere in this file; whether it holds here is not worth a false word
    runner = shown(call.invocation.name)
    yield tell(
        PIPE, subject.place(source.span),
        f"where {shown(source.name)} fails, {runner} runs what has come so far, and the build goes on",
        help="download to a file, check it, then run it; or `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`",
    )  # fmt: skip


def _status(subject: Subject, one: Started) -> Iterator[Finding]:
    words = tuple(word or "" for word in one.words)
    code = python_code(words)
    if code is not None and "requests.get(" in code and not _LOOKS.search(code):
        yield tell(
            STATUS, one.place, "`requests.get` raises nothing for a status of 500: the service would count as healthy",
            help="call `.raise_for_status()`; `urllib.request.urlopen` raises by itself",
            fix=health_by_python(subject, one),
        )  # fmt: skip
    elif one.name == "curl" and not _fails(words) and one.alone:
        yield tell(
            STATUS, one.place,
            "`curl` without `--fail` is content with a status of 500: the service would count as healthy",
            help="add `--fail`",
        )  # fmt: skip


def _fails(words: tuple[str, ...]) -> bool:
    options = [word for word in words[1:] if word.startswith("-")]
    short = any(not word.startswith("--") and set(word) & {"f", "w"} for word in options)
    return short or any(word.startswith(("--fail", "--write-out")) for word in options)
