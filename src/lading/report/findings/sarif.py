"""Findings as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub makes of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from lading import __version__
from lading.finding import Because, Edit, Finding, Fix, Place, Rule, Severity, Span, rule_name
from lading.report.findings.model import Findings, Suppressed, identity, page, sentence

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_KINDS = {"comment": "inSource", "setting": "external", "baseline": "external"}


def render_sarif(found: Findings) -> str:
    """One log with one run. What was suppressed is there too, marked as such."""
    everything = [*found.findings, *(one.finding for one in found.suppressed)]
    names = list(dict.fromkeys(rule_name(one) for one in everything))
    results = [_result(one, names, found.sources) for one in found.findings]
    results += [_suppressed(one, names, found.sources) for one in found.suppressed]
    driver = {
        "name": "Lading",
        "semanticVersion": __version__,
        "rules": [_rule(name, found.rules.get(name)) for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(name)} for name in found.looked_at],
        "results": results,
    }
    return msgspec.json.format(
        msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}), indent=2
    ).decode()


def _rule(name: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:  # another tool's
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} See {page(rule)}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, names: list[str], sources: Mapping[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": rule_name(finding),
        "ruleIndex": names.index(rule_name(finding)),
        "level": _LEVELS[finding.severity],
        "message": {"text": sentence(finding)},
        "locations": [_location(finding.place)],
        "partialFingerprints": {"lading/v1": identity(finding, sources)},
    }
    if finding.because:
        result["relatedLocations"] = [_related(one, number) for number, one in enumerate(finding.because)]
    if finding.fix:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _suppressed(one: Suppressed, names: list[str], sources: Mapping[str, str]) -> dict[str, Any]:
    why = {"kind": _KINDS[one.kind], **({"justification": one.reason} if one.reason else {})}
    return {**_result(one.finding, names, sources), "suppressions": [why]}


def _location(place: Place) -> dict[str, Any]:
    region = {"region": _region(place.span)} if place.span else {}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(place.path), **region}}
    if place.layer:
        location["logicalLocations"] = [{"name": place.layer, "kind": "module"}]
    return location


def _related(because: Because, number: int) -> dict[str, Any]:
    return {"id": number, **_location(because.place), "message": {"text": because.text}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column,
    }  # fmt: skip


def _artifact(path: str) -> dict[str, str]:
    """A relative path is below the root of the source; an absolute one, or one that leads out, stands for itself."""
    plain = path.removeprefix("./")
    if plain.startswith("/"):
        return {"uri": f"file://{_quoted(plain)}"}
    base = {} if plain.split("/")[0] == ".." else {"uriBaseId": "SRCROOT"}
    return {"uri": _quoted(plain), **base}


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _fix(fix: Fix) -> dict[str, Any]:
    changes = [
        {"artifactLocation": _artifact(path), "replacements": [_replacement(edit) for edit in edits]}
        for path, edits in _by_path(fix.edits).items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _by_path(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    of: dict[str, list[Edit]] = {}
    for edit in edits:
        of.setdefault(edit.path, []).append(edit)
    return of


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
