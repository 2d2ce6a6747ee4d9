"""hadolint's findings beside ours, where it is installed (https://github.com/hadolint/hadolint).

It knows shell and style, line by line; what it says of a stage that never ships, or of what Lading's own rules judge
with all stages before their eyes, is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from lading.errors import StepFailed
from lading.finding import Finding, Place, Severity, Span
from lading.proc import Runner

PROGRAM = "hadolint"
WITHOUT = "lading check --no-hadolint leaves it out"

# An error of Lading's is certain to break something; hadolint's are matters of judgement.
_SEVERITIES: Mapping[str, Severity] = {"error": "warning", "warning": "warning", "info": "info", "style": "info"}

REPLACED = frozenset(
    {
        "DL3002",  # the last user is root: judged of the stage that ships
        "DL3006",  # no tag
        "DL3007",  # latest
        "DL3022",  # COPY --from a stage that is not there
        "DL3024",  # two stages of one name
        "DL3025",  # shell form of CMD
        "DL3026",  # the base is not allowed
    }
)
"""Rules whose matter Lading judges by itself: https://github.com/hadolint/hadolint#rules."""


class _Said(msgspec.Struct, frozen=True):
    code: str
    column: int
    file: str
    level: Literal["error", "warning", "info", "style", "ignore"]
    line: int
    message: str


def hadolint(paths: Sequence[str], runner: Runner) -> tuple[Finding, ...] | None:
    """What hadolint finds in these files, with their paths as they are given; nothing when it is not installed.

    Its own configuration and comments hold. Raises `StepFailed` when it does not do its work.
    """
    import shutil

    if not paths or shutil.which(PROGRAM) is None:
        return None
    # What begins with a dash is a file, too.
    named = {f"./{path}" if path.startswith("-") else path: path for path in paths}
    command = [PROGRAM, "--no-fail", "--format", "json", *named]
    done = runner.check(command, what="hadolint failed", fix=WITHOUT)
    try:
        said = msgspec.json.decode(done.out, type=list[_Said])
    except msgspec.DecodeError as error:
        raise StepFailed(f"hadolint answered with what is no report: {error}", fix=WITHOUT) from error
    return tuple(
        _finding(one, named.get(one.file, one.file))
        for one in said
        if one.level != "ignore" and one.code not in REPLACED
    )


def _finding(said: _Said, path: str) -> Finding:
    line, column = max(1, said.line), max(1, said.column)
    return Finding(
        rule=said.code,
        severity=_SEVERITIES[said.level],
        message=said.message.rstrip("."),
        place=Place(path=path, span=Span(line, column, line, column)),
        tool=PROGRAM,
    )
