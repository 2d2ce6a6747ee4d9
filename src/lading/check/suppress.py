"""Findings that do not count, because a comment beside them says so and why.

::

    # lading ignore=base-not-pinned -- the digest is set by the release job
    FROM company/base:2

Above an instruction (or between its lines) it is for that instruction; `# lading global ignore=…` anywhere is for the
whole file. Several rules have commas between them. A reason is asked for: whoever reads the file next must be able to
judge it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lading.finding import Finding, Place, Rule, Span, rule_name

UNREASONED = Rule(
    id="suppression-without-reason",
    severity="warning",
    title="A finding is suppressed without a reason",
    why="Whoever reads the file next cannot judge whether it still holds. Without a reason nothing is suppressed.",
)
UNUSED = Rule(
    id="suppression-unused",
    severity="info",
    title="A comment suppresses what is not found",
    why="It hides the next finding of that rule, which nobody has judged.",
)
RULES = (UNREASONED, UNUSED)

_COMMENT = re.compile(
    r"[ \t]*#[ \t]*lading[ \t]+(?P<all>global[ \t]+)?ignore[ \t]*=[ \t]*(?P<rules>[^\s#]+(?:[ \t]*,[ \t]*[^\s#]+)*)"
    r"(?:[ \t]+--[ \t]*(?P<reason>.*?))?[ \t\r]*\Z"
)


class Suppression(NamedTuple):
    """One rule of one comment. `first` and `last` are the lines that it is for; a whole file has neither (0)."""

    rule: str
    reason: str
    first: int
    last: int
    comment: Span

    def covers(self, finding: Finding) -> bool:
        """Whether it is for this finding."""
        if self.rule not in (rule_name(finding), finding.rule):
            return False
        span = finding.place.span
        return not self.first or (span is not None and self.first <= span.line <= self.last)


class Judged(NamedTuple):
    """Findings that count, and those that do not with their reasons."""

    kept: list[Finding]
    left_out: list[tuple[Finding, str]]


def suppressions(text: str, blocks: Sequence[tuple[int, int]]) -> tuple[Suppression, ...]:
    """The comments of a file. `blocks` are the first and last lines of what one can stand above, in their order."""
    return tuple(_found(text, blocks)) if "lading" in text else ()


def _found(text: str, blocks: Sequence[tuple[int, int]]) -> Iterator[Suppression]:
    for number, line in enumerate(text.split("\n"), 1):
        match = _COMMENT.match(line)
        if match is None:
            continue
        # The block that the comment stands in, else the next one.
        first, last = next(((one, end) for one, end in blocks if end >= number), (number, number))
        if match["all"]:
            first, last = 0, 0
        span = Span(number, line.index("#") + 1, number, len(line.rstrip()) + 1)
        for rule in match["rules"].split(","):
            if rule.strip():
                yield Suppression(rule.strip(), (match["reason"] or "").strip(), first, last, span)


def judge(path: str, findings: Iterable[Finding], said: Sequence[Suppression]) -> Judged:
    """Part the findings of one file, and add what is wrong with the comments themselves."""
    kept: list[Finding] = []
    left_out: list[tuple[Finding, str]] = []
    used: set[Suppression] = set()
    for finding in findings:
        of = [one for one in said if one.covers(finding)]
        used.update(of)
        reason = next((one.reason for one in of if one.reason), "")
        if reason:
            left_out.append((finding, reason))
        else:
            kept.append(finding)
    kept += [_wrong(path, one, used=one in used) for one in said if one not in used or not one.reason]
    return Judged(kept, left_out)


def _wrong(path: str, one: Suppression, *, used: bool) -> Finding:
    place = Place(path=path, span=one.comment)
    if used:
        return Finding(
            rule=UNREASONED.id,
            severity=UNREASONED.severity,
            message=f"this comment does not say why `{one.rule}` does not count here, and is not followed",
            place=place,
            help="write the reason behind `--`",
        )
    return Finding(
        rule=UNUSED.id,
        severity=UNUSED.severity,
        message=f"nothing is found here by `{one.rule}`",
        place=place,
        help="remove the comment",
    )
