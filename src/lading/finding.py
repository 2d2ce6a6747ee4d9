"""What is wrong with something that Lading looked at: one value for Dockerfiles (`check`) and images (`prove`), so that
every report format is written once."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]
"""`error`: the build, the start or the health check fails, or a secret is out; it is certain. `warning`: it works,
and is not what a production image should be. `info`: worth knowing."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst comes first."""


class Span(msgspec.Struct, frozen=True, order=True):
    """A piece of a text: lines from 1, columns from 1 in characters, the end behind the last character.

    `Span(3, 1, 3, 5)` is the first four characters of the third line.
    """

    line: int
    column: int
    end_line: int
    end_column: int


class Place(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Where it is: a file as the reader names it (relative to where the command was given), or a path in an image.

    `span` is of the file's text, where there is one. `layer` names an image's layer by what its history calls it.
    """

    path: str
    span: Span | None = None
    layer: str = ""

    @property
    def written(self) -> str:
        """`Dockerfile:12:5`, as editors and terminals follow it."""
        return f"{self.path}:{self.span.line}:{self.span.column}" if self.span else self.path


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier place that made it so, with a part of a sentence that says how ("this base has no `curl`")."""

    place: Place
    text: str


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Replace the text of a span by another; an empty span inserts."""

    path: str
    span: Span
    text: str


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """Edits that mend it for certain, and what they do in a few words ("copy alembic.ini, too")."""

    title: str
    edits: tuple[Edit, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    `rule` is the id of a `Rule`; `message` is one sentence without a full stop, of this very case; `because` are the
    places that made it so, the most telling first; `help` says what to do where no fix is certain. `tool` is empty for
    Lading's own.
    """

    rule: str
    severity: Severity
    message: str
    place: Place
    because: tuple[Because, ...] = ()
    help: str = ""
    fix: Fix | None = None
    tool: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of finding: its id (words with dashes, `program-not-in-stage`), the severity that it has unless a finding
    says otherwise, a title of a few words, and why it matters in one or two sentences. Its page is
    `docs/rules/<id>.md`."""

    id: str
    severity: Severity
    title: str
    why: str


def rule_name(finding: Finding) -> str:
    """The id of its rule, with the tool's name before it where it is another's: `hadolint/DL3008`."""
    return f"{finding.tool}/{finding.rule}" if finding.tool else finding.rule


def fingerprint(finding: Finding, lines: Sequence[str], path: str = "") -> str:
    """What stays the same of a finding while the file changes around it: 32 hexadecimal digits.

    Made of the rule, the file (as `path`, where the finding's own name for it will not do) and the text at fault
    without its blanks, so that moved lines stay known; `lines` are those of the file. Two findings that are the same in
    all this have the same one.
    """
    import hashlib

    place = finding.place
    own = "".join(lines[place.span.line - 1 : place.span.end_line]) if place.span else finding.message
    parts = (rule_name(finding), path or place.path, place.layer, "".join(own.split()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
