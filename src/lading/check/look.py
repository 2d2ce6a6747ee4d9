"""One Dockerfile, from its file to its findings."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lading.check.builds import Build
from lading.check.context import Context, folder_context, unknown_context
from lading.check.dockerfile.model import Copy, Dockerfile, Heredoc, Run
from lading.check.dockerfile.parse import parse
from lading.check.rules.all import find
from lading.check.rules.copied import SOURCE as NOT_THERE
from lading.check.rules.subject import Decided
from lading.check.stages.evaluate import evaluate
from lading.check.suppress import Judged, judge, suppressions
from lading.check.targets import is_likely, likely_contexts
from lading.errors import UsageError
from lading.finding import Finding, Place, Rule

PLAIN_NAMES = frozenset({"Dockerfile", "Containerfile"})
"""Names of Dockerfiles that stand in the folder of what they build."""
MOST_CONTEXTS = 4
"""Folders that a Dockerfile is tried in where nobody says which it is built in."""
LONGEST = 1_000_000
"""Characters of a Dockerfile or compose file. BuildKit itself takes no more than a few MB."""

_TEMPLATE = re.compile(r"\{%|\{\{")
"""What Jinja's and Go's templates begin with, and no instruction."""

SYNTAX = Rule(
    id="dockerfile-not-valid",
    severity="error",
    title="BuildKit refuses the Dockerfile",
    why="Nothing is built: the builder stops at the first line that it cannot read.",
)


class Looked(NamedTuple):
    """A file that was looked at: how the reader names it, its text, and its findings, judged by its comments."""

    path: str
    text: str
    judged: Judged


class Surroundings(NamedTuple):
    """What holds for all files of one command: `root` is the folder that contexts are looked for in where nobody names
    them, `shown` gives the reader's name of a path, `decided` is what the team has decided."""

    root: Path
    shown: Callable[[Path], str]
    decided: Decided | None = None


def look(path: Path, text: str, *, shown: str, builds: Sequence[Build], around: Surroundings) -> Looked:
    """All findings of one Dockerfile, each once however many builds there are of it. The reader names it `shown`."""
    dockerfile = parse(text, shown)
    found = (one for build in builds for one in _findings(dockerfile, path, build, around))
    findings = list(dict.fromkeys(found))
    return Looked(shown, text, judge(shown, findings, suppressions(text, _blocks(dockerfile))))


def _findings(dockerfile: Dockerfile, path: Path, build: Build, around: Surroundings) -> Iterable[Finding]:
    if dockerfile.problems:
        return _refused(dockerfile)
    best: tuple[Finding, ...] | None = None
    for context in _contexts(dockerfile, path, build, around):
        model = evaluate(dockerfile, context, target=build.target, arguments=build.arguments)
        found = tuple(find(model, build.services, around.decided))
        if best is None or _amiss(found) < _amiss(best):
            best = found
        if _amiss(best) == (0, 0):
            break
    return best or ()


def _refused(dockerfile: Dockerfile) -> list[Finding]:
    """What BuildKit refuses. Of a template, which only becomes a Dockerfile, no more is told than that it is one."""
    lines = dockerfile.text.split("\n")
    marked = next((one for one in dockerfile.problems if _TEMPLATE.search(lines[one.span.line - 1])), None)
    if marked is not None:
        message = "this is a template that becomes a Dockerfile, and cannot be checked as it is"
        place = Place(path=dockerfile.path, span=marked.span)
        return [Finding(rule=SYNTAX.id, severity="info", message=message, place=place)]
    return [
        Finding(
            rule=SYNTAX.id,
            severity=SYNTAX.severity,
            message=problem.message,
            place=Place(path=dockerfile.path, span=problem.span),
        )
        for problem in dockerfile.problems
    ]


def _amiss(findings: Sequence[Finding]) -> tuple[int, int]:
    """How much speaks against a context: first what it lacks, since what may have been in that hides other errors."""
    lacking = sum(one.rule == NOT_THERE.id for one in findings)
    return lacking, sum(one.severity == "error" for one in findings)


def _contexts(dockerfile: Dockerfile, path: Path, build: Build, around: Surroundings) -> Iterator[Context]:
    """The context that somebody has named; else those that are likely. Of these the one in which most of the Dockerfile
    works is meant: what does not work there works in none of them."""
    if not path.is_absolute():  # it came from standard input, and belongs nowhere
        folder = build.context
        yield folder_context(folder, name=around.shown(folder)) if folder else unknown_context("-")
        return
    taken = _taken(dockerfile)
    named = [build.context] if build.context else likely_contexts(path, taken, around.root)
    if not build.context and path.parent != around.root and not is_likely(named[0], taken):
        yield unknown_context(".")  # it is prepared somewhere else
        return
    for folder in named[:MOST_CONTEXTS]:
        yield folder_context(folder, name=around.shown(folder), dockerfile=path)
    # `docker/api.Dockerfile` that copies `.` is built in a folder that nothing here tells of.
    if not build.context and path.name not in PLAIN_NAMES and not any(source.strip("/.") for source in taken):
        yield unknown_context(".")


def _taken(dockerfile: Dockerfile) -> list[str]:
    """What the Dockerfile copies or mounts from its context, as it is written."""
    instructions = [one for stage in dockerfile.stages for one in stage.instructions]
    copies = (one for one in instructions if isinstance(one, Copy) and one.flag("from") is None)
    sources = [source.text for copy in copies for source in copy.sources if not isinstance(source, Heredoc)]
    mounts = (mount for one in instructions if isinstance(one, Run) for mount in one.mounts)
    sources += [one.option("source", "src") for one in mounts if one.type == "bind" and not one.option("from")]
    return [source for source in sources if "$" not in source and "://" not in source]


def _blocks(dockerfile: Dockerfile) -> Sequence[tuple[int, int]]:
    """The lines of each instruction, in their order."""
    spans = [one.span for one in dockerfile.arguments]
    for stage in dockerfile.stages:
        spans += [stage.start.span, *(one.span for one in stage.instructions)]
    return [(span.line, span.end_line) for span in sorted(spans)]


def read_text(path: Path) -> str:
    """The text of a Dockerfile or compose file; bytes that are no UTF-8 are kept as surrogates.

    `UsageError` when it cannot be read, or is longer than any.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read the file: {error.strerror}", where=str(path)) from None
    if len(data) > LONGEST:
        raise UsageError(f"a file of more than {LONGEST:,} bytes is no Dockerfile or compose file", where=str(path))
    return data.decode("utf-8", "surrogateescape")


def shown_from(cwd: Path) -> Callable[[Path], str]:
    """Names of paths as a reader in `cwd` would type them: relative where that leads down, else absolute."""

    def shown(path: Path) -> str:
        relative = os.path.relpath(path, cwd)
        return str(path) if relative.startswith("..") else relative

    return shown
