"""A proof in every format."""

import json
import re
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring

import pytest
from msgspec.structs import replace
from tests.support.sarif import sarif_schema
from tests.support.schemas import NoSchemas
from tests.unit.prove.compliance.samples import evidence, expected
from tests.unit.prove.verify.samples import trial, verification

from lading.prove.comparison import Comparison, Pair
from lading.prove.compliance import Scan, compliance
from lading.prove.verify import judge
from lading.report.adr import render_adr
from lading.report.compliance import render_json, render_markdown, render_text
from lading.report.findings.junit import render_junit
from lading.report.findings.sarif import render_sarif
from lading.report.proof_findings import Proof, findings_of
from lading.report.proof_html import render_html
from lading.report.verify import render_json as verify_json
from lading.report.verify import render_text as verify_text

HOSTILE = "x|<b>\x1b[31m\u202e`"


def pair(image: int, other: int) -> Pair:
    return Pair(image=image, other=other)


COMPARED = Comparison(
    unpacked=pair(90_090_000, 500_000_000),
    size=pair(30_030_000, 160_000_000),
    files=pair(4_000, 20_000),
    packages=pair(60, 300),
    layers=pair(3, 9),
    differences=(),
)


def proof(**changes: object) -> Proof:
    """One that is over its budget, was not scanned, and is smaller than another image."""
    found = evidence(scan=None, unscanned="trivy is not installed", against="naive", comparison=COMPARED, **changes)
    return compliance(expected(budget=80_000_000, waived=(("any-user", "our own cluster"),)), found), found


def test_a_terminal_of_80_columns_shows_all_of_it() -> None:
    text = render_text(proof()[0])
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^Size within budget +not met +80\.0 MB at most; 90\.1 MB on", text, re.MULTILINE)
    assert "waived: Runs as any user: our own cluster" in text
    assert re.search(r"total +90\.1 MB +30\.0 MB", text)
    assert re.search(r"on disk +500\.0 MB +90\.1 MB +82%", text)
    assert text.endswith("26 met, 1 not looked at, 1 not met")


def test_markdown_is_the_table_of_a_record() -> None:
    text = render_markdown(proof()[0])
    assert "| Requirement | Status | Implementation |" in text
    assert "| Size within budget | ❌ not met | 80.0 MB at most; 90.1 MB on disk |" in text
    assert "| Non-root user | ✅ met | UID 1000, GID 1000; by number |" in text
    assert "| on disk | 500.0 MB | 90.1 MB | 82% |" in text


def test_json_has_everything_measured() -> None:
    (found,) = json.loads(render_json([proof()]))["proofs"]
    assert (found["image"], found["met"], found["size"]["unpacked"]) == ("shop", False, 90_090_000)
    rows = {row["id"]: row["status"] for row in found["requirements"]}
    assert (rows["budget"], rows["scanned"], rows["non-root"]) == ("not met", "not looked at", "met")
    assert found["waived"][0]["requirement"]["id"] == "any-user"
    assert found["comparison"]["unpacked"] == {"image": 90_090_000, "other": 500_000_000, "reduction": 0.8198}
    assert found["verification"]["trials"][0]["stop"]["code"] == 0


class Page(HTMLParser):
    """What a page is made of: open elements, and addresses that it asks for."""

    void = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_one_page_without_anything_from_elsewhere() -> None:
    text = render_html([proof(), proof()])
    page = Page()
    page.feed(text)
    assert (page.open, page.asked) == ([], [])
    assert "url(" not in text
    assert "<script" not in text
    assert page.text.count("Size within budget") == 2


def test_names_that_are_hostile_stay_text_everywhere() -> None:
    found = evidence(name=HOSTILE, verification=verification(trial("own", process=HOSTILE)))
    proofs = [(compliance(expected(waived=(("budget", HOSTILE),)), found), found)]
    texts = [
        render_text(proofs[0][0]),
        render_markdown(proofs[0][0]),
        render_json(proofs),
        render_html(proofs),
        render_junit(findings_of(proofs, also_met=True), name="lading prove"),
        render_adr(proofs, today="2026-01-01"),
        verify_text(verification(trial("own", process=HOSTILE), name=HOSTILE), ()),
    ]
    for text in texts:
        assert "\x1b" not in text
        assert "\u202e" not in text or text == texts[2]
    assert "<b>" not in texts[3]
    assert "|<b>" not in texts[1].replace("\\|\\<b", "")


def test_sarif_has_what_is_not_met_and_what_nobody_looked_at() -> None:
    found = json.loads(render_sarif(findings_of([proof()])))
    results = {one["ruleId"]: one["level"] for one in found["runs"][0]["results"]}
    assert results == {"prove/budget": "error", "prove/scanned": "warning"}
    try:
        schema = sarif_schema()
    except NoSchemas as reason:
        pytest.skip(str(reason))
    assert [error.message for error in schema.iter_errors(found)] == []


def test_junit_has_a_case_for_each_requirement() -> None:
    found = proof()
    suites = fromstring(render_junit(findings_of([found], also_met=True), name="lading prove"))
    cases = suites.findall(".//testcase")
    assert len(cases) == len(found[0].requirements)
    assert [case.get("name") for case in cases if case.find("failure") is not None] == ["prove/budget"]


def test_a_record_has_the_parts_of_madr_and_only_measured_options() -> None:
    text = render_adr([proof()], today="2026-02-14")
    assert text.startswith('---\nstatus: "proposed"\ndate: 2026-02-14\n---\n\n# Production images of shop\n')
    wanted = ["Context and Problem Statement", "Decision Drivers", "Considered Options", "Decision Outcome"]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == wanted
    assert re.findall(r"^### (.*)$", text, re.MULTILINE) == ["Consequences", "Confirmation"]
    assert "naive: 500.0 MB on disk" in text
    assert "* Bad, because 80.0 MB at most; 90.1 MB on disk (Size within budget)" in text
    assert "healthy 0.40 s after its process began" in text


def test_a_record_is_accepted_when_everything_is_met() -> None:
    found = evidence()
    text = render_adr([(compliance(expected(), found), found)] * 2, today="2026-02-14")
    assert 'status: "accepted"' in text
    assert text.count("because it meets what was asked for") == 2


def test_evidence_of_a_run_is_told_in_80_columns() -> None:
    seen = verification(trial("process", process="worker", stop=None, ended=1, health=None, last=("no table",)))
    text = verify_text(seen, judge(seen))
    assert max(map(len, text.splitlines())) <= 80
    assert "Process worker" in text
    document = json.loads(verify_json(seen, judge(seen)))
    assert document["evidence"]["trials"][-1]["last"] == ["no table"]
    assert {"id", "title", "status", "implementation", "evidence"} == set(document["requirements"][0])


def test_a_vulnerability_is_told() -> None:
    found = evidence(scan=Scan(tool="trivy", found=(("CRITICAL", 2), ("HIGH", 0))))
    assert "2 critical" in render_text(compliance(expected(), replace(found)))
