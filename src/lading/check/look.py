"""One Dockerfile, from its file to its findings."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lading.check.builds import Build
from lading.check.context import Context, folder_context, unknown_context
from lading.check.dockerfile.model import Copy, Dockerfile, Heredoc
from lading.check.dockerfile.parse import parse
from lading.check.rules.all import find
from lading.check.rules.subject import Decided
from lading.check.stages.evaluate import evaluate
from lading.check.suppress import Judged, judge, suppressions
from lading.check.targets import guess_context
from lading.errors import UsageError
from lading.finding import Finding, Place, Rule

LONGEST = 1_000_000
"""Characters of a Dockerfile or compose file. BuildKit itself takes no more than a few MB."""

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
        return [
            Finding(
                rule=SYNTAX.id,
                severity=SYNTAX.severity,
                message=problem.message,
                place=Place(path=dockerfile.path, span=problem.span),
            )
            for problem in dockerfile.problems
        ]
    context = context_of(dockerfile, path, build, around)
    model = evaluate(dockerfile, context, target=build.target, arguments=build.arguments)
    return find(model, build.services, around.decided)


def context_of(dockerfile: Dockerfile, path: Path, build: Build, around: Surroundings) -> Context:
    """The context that a Dockerfile is built in: the one that somebody has named, else the likeliest folder."""
    if not path.is_absolute():  # it came from standard input, and belongs nowhere
        folder = build.context
        return folder_context(folder, name=around.shown(folder)) if folder else unknown_context("-")
    folder = build.context or guess_context(path, _copied(dockerfile), around.root)
    return folder_context(folder, name=around.shown(folder), dockerfile=path)


def _copied(dockerfile: Dockerfile) -> list[str]:
    """What the Dockerfile copies from its context, as it is written."""
    copies = (one for stage in dockerfile.stages for one in stage.instructions if isinstance(one, Copy))
    return [
        source.text
        for copy in copies
        if copy.flag("from") is None
        for source in copy.sources
        if not isinstance(source, Heredoc) and "$" not in source.text and "://" not in source.text
    ]


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
