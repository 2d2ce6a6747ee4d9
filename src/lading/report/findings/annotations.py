"""Findings as CI systems show them beside the lines of a change: GitHub, Azure Pipelines, GitLab."""

from collections.abc import Mapping

import msgspec

from lading.finding import Finding, Severity, rule_name
from lading.report.findings.model import Findings, identity, sentence
from lading.report.text import printable

_GITHUB: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_AZURE: Mapping[Severity, str] = {"error": "error", "warning": "warning"}
_GITLAB: Mapping[Severity, str] = {"error": "critical", "warning": "major", "info": "info"}


def render_github(found: Findings) -> str:
    """Workflow commands, a line each.

    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message, with
    the escapes of `@actions/core` (its `command.ts`).
    """
    return "\n".join(_github(one) for one in found.findings)


def _github(finding: Finding) -> str:
    span = finding.place.span
    where = (
        {"line": span.line, "endLine": span.end_line, "col": span.column, "endColumn": span.end_column} if span else {}
    )
    if span and span.line != span.end_line:  # columns are taken for the first line's only
        where = {"line": span.line, "endLine": span.end_line}
    properties = {"file": finding.place.path, **where, "title": rule_name(finding)}
    told = ",".join(f"{name}={_escaped(str(value), property_=True)}" for name, value in properties.items())
    return f"::{_GITHUB[finding.severity]} {told}::{_escaped(sentence(finding))}"


def _escaped(text: str, *, property_: bool = False) -> str:
    codes: dict[str, str | int | None] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
    if property_:
        codes |= {":": "%3A", ",": "%2C"}
    return text.translate(str.maketrans(codes))


def render_azure(found: Findings) -> str:
    """Logging commands, a line each; what is only worth knowing is a plain line, since there is no such kind.

    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning
    """
    return "\n".join(_azure(one) for one in found.findings)


def _azure(finding: Finding) -> str:
    kind = _AZURE.get(finding.severity)
    told = printable(sentence(finding)).replace("\n", "; ")
    if kind is None:
        # Never at the start of a line what could be a command itself.
        return f"info: {printable(finding.place.written)}: {told}".replace("\n", " ")
    span = finding.place.span
    at = f"linenumber={span.line};columnnumber={span.column};" if span else ""
    path, code = (_quoted(text) for text in (finding.place.path, rule_name(finding)))
    return f"##vso[task.logissue type={kind};sourcepath={path};{at}code={code}]{_quoted(told, value=False)}"


def _quoted(text: str, *, value: bool = True) -> str:
    codes: dict[str, str | int | None] = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
    if value:
        codes |= {";": "%3B", "]": "%5D"}
    return text.translate(str.maketrans(codes))


def render_gitlab(found: Findings) -> str:
    """A Code Quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""
    issues = [_gitlab(one, number, found) for one, number in _numbered(found)]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode()


def _gitlab(finding: Finding, number: int, found: Findings) -> dict[str, object]:
    # Two findings with one fingerprint are shown as one.
    own = identity(finding, found.sources)
    span = finding.place.span
    lines = {"begin": span.line, "end": span.end_line} if span else {"begin": 1}
    return {
        "description": sentence(finding),
        "check_name": rule_name(finding),
        "fingerprint": f"{own}{number}" if number else own,
        "severity": _GITLAB[finding.severity],
        "location": {"path": finding.place.path.removeprefix("./"), "lines": lines},
    }


def _numbered(found: Findings) -> list[tuple[Finding, int]]:
    """Each finding with how many before it have the same fingerprint."""
    seen: dict[str, int] = {}
    numbered = []
    for one in found.findings:
        own = identity(one, found.sources)
        numbered.append((one, seen.get(own, 0)))
        seen[own] = seen.get(own, 0) + 1
    return numbered
