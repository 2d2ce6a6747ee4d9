"""Findings as JUnit's XML, which every CI system shows as tests.

There is no one schema; this is what Jenkins, GitLab and Azure all read:
https://github.com/testmoapp/junitxml.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lading.finding import Finding, rule_name
from lading.report.findings.model import Findings, counts, sentence
from lading.report.text import printable


def render_junit(found: Findings, *, name: str) -> str:
    """A suite for each file or image that was looked at. `name` is the command's.

    A finding that counts is a failed case, one that does not a passed case with its text; where there is none, one case
    has passed.
    """
    suites = Element("testsuites", name=name)
    total = [0, 0]
    for target in _targets(found):
        of = [one for one in found.findings if one.place.path == target]
        failed = sum(counts(one.severity, found.fail_on) for one in of)
        suite = SubElement(
            suites, "testsuite", name=_text(target), tests=str(max(1, len(of))), failures=str(failed), errors="0"
        )
        for one in of:
            _case(suite, one, failed=counts(one.severity, found.fail_on))
        if not of:
            SubElement(suite, "testcase", name="nothing found", classname=_text(target))
        total = [total[0] + max(1, len(of)), total[1] + failed]
    suites.set("tests", str(total[0]))
    suites.set("failures", str(total[1]))
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}'


def _targets(found: Findings) -> list[str]:
    """What was looked at, and what else findings name (a compose file, a path in an image)."""
    return list(dict.fromkeys([*found.looked_at, *(one.place.path for one in found.findings)]))


def _case(suite: Element, finding: Finding, *, failed: bool) -> None:
    at = f":{finding.place.span.line}" if finding.place.span else ""
    case = SubElement(suite, "testcase", name=_text(rule_name(finding) + at), classname=_text(finding.place.path))
    told = _text(f"{finding.place.written}\n{sentence(finding)}")
    if failed:
        failure = SubElement(case, "failure", type=finding.severity, message=_text(finding.message))
        failure.text = told
    else:
        SubElement(case, "system-out").text = told


def _text(text: str) -> str:
    """Without what XML 1.0 cannot hold: control characters, surrogates and two that are none."""
    shown = printable(text).encode("utf-8", "backslashreplace").decode()
    return "".join(char for char in shown if char not in "\ufffe\uffff")
