"""What every format of findings is given. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lading.finding import SEVERITIES, Finding, Rule, Severity, fingerprint

Kind = Literal["comment", "setting", "baseline"]
"""Where it is said that a finding does not count."""


@dataclass(frozen=True, kw_only=True)
class Suppressed:
    """A finding that does not count, where that is said, and the reason given there."""

    finding: Finding
    kind: Kind
    reason: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that one command found.

    `looked_at` names what was looked at, files or images, findings or none; `noun` is what one of them is called.
    `rules` are those that findings refer to, by id; `sources` are the texts of files by the path that findings name.
    `fail_on` is the mildest severity that makes the command fail; nothing when none does.
    """

    findings: tuple[Finding, ...]
    looked_at: tuple[str, ...]
    noun: str
    rules: Mapping[str, Rule]
    sources: Mapping[str, str] = field(default_factory=dict)
    suppressed: tuple[Suppressed, ...] = ()
    fail_on: Severity | None = "error"

    @property
    def failing(self) -> tuple[Finding, ...]:
        """Those that make the command fail."""
        return tuple(one for one in self.findings if counts(one.severity, self.fail_on))


def counts(severity: Severity, mildest: Severity | None) -> bool:
    """Whether a severity is as bad as another one, or worse."""
    return mildest is not None and SEVERITIES.index(severity) <= SEVERITIES.index(mildest)


def sentence(finding: Finding) -> str:
    """The message, what made it so, and what to do, for formats that have room for one text: a line each."""
    lines = [finding.message, *(f"{one.text} ({one.place.written})" for one in finding.because)]
    advice = finding.help or (finding.fix.title if finding.fix else "")
    return "\n".join([*lines, *([f"do: {advice}"] if advice else [])])


def page(rule: Rule) -> str:
    """Where the rule's page is in the documentation."""
    return f"docs/rules/{rule.id}.md"


def identity(finding: Finding, sources: Mapping[str, str]) -> str:
    """Its `fingerprint`, for formats that remember findings from run to run."""
    return fingerprint(finding, sources.get(finding.place.path, "").split("\n"))
