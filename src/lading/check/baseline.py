"""A baseline: what was already there on the day when a repository began to be checked. Only what is new counts.

The file is JSON: `{"version": 1, "findings": {"deploy/Dockerfile": {"FINGERPRINT": {"rule": …, "count": N}}}}`, with
paths relative to the baseline's own folder, so that it can be committed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from lading.errors import UsageError
from lading.finding import Finding, rule_name

VERSION = 1


class Known(msgspec.Struct, frozen=True):
    """Findings that cannot be told apart: their rule, for the reader, and how many there are."""

    rule: str
    count: int


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What was there, by file and fingerprint."""

    version: int = VERSION
    findings: Mapping[str, Mapping[str, Known]] = {}


class Named(NamedTuple):
    """A finding with its file as the baseline calls it, and its fingerprint there."""

    path: str
    fingerprint: str
    finding: Finding


def read_baseline(data: bytes, where: str) -> Baseline:
    """A baseline from the bytes of its file. `UsageError` for what is none, or of another version."""
    try:
        baseline = msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"this is no baseline: {error}", where=where, fix="lading check --write-baseline FILE"
        ) from None
    if baseline.version != VERSION:
        raise UsageError(
            f"this baseline has the version {baseline.version}, and this Lading reads {VERSION}",
            where=where,
            fix="lading check --write-baseline FILE",
        )
    return baseline


def write_baseline(findings: Iterable[Named]) -> bytes:
    """The bytes of a baseline of these findings: sorted, so that its changes read well in a review."""
    of: dict[str, dict[str, Known]] = {}
    for path, fingerprint, finding in findings:
        known = of.setdefault(path, {})
        before = known.get(fingerprint)
        known[fingerprint] = Known(rule_name(finding), before.count + 1 if before else 1)
    ordered = {path: dict(sorted(known.items())) for path, known in sorted(of.items())}
    return msgspec.json.format(msgspec.json.encode(Baseline(findings=ordered)), indent=2) + b"\n"


def part(findings: Iterable[Named], baseline: Baseline) -> tuple[list[Finding], list[Finding]]:
    """What is new, and what was there already; of findings that cannot be told apart the first ones were there."""
    left = Counter(
        {(path, print_): known.count for path, of in baseline.findings.items() for print_, known in of.items()}
    )
    new: list[Finding] = []
    old: list[Finding] = []
    for path, print_, finding in findings:
        if left[path, print_] > 0:
            left[path, print_] -= 1
            old.append(finding)
        else:
            new.append(finding)
    return new, old
