"""Each format, read back by something that is not ours."""

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from tests.support.sarif import sarif_schema
from tests.support.schemas import NoSchemas
from tests.support.tools import missing

from lading.finding import SEVERITIES, Because, Edit, Finding, Fix, Place, Rule, Span
from lading.report.findings.annotations import render_azure, render_github, render_gitlab
from lading.report.findings.json import render_json
from lading.report.findings.junit import render_junit
from lading.report.findings.markdown import render_markdown
from lading.report.findings.model import Findings, Suppressed, identity
from lading.report.findings.sarif import render_sarif
from lading.report.findings.text import render_text

SOURCE = 'FROM python:3.13-slim\nRUN uv sync\nCMD ["uvicorn", "app:app"]\n'
RULE = Rule(id="program-not-there", severity="error", title="A program is not there", why="It cannot start.")
ERROR = Finding(
    rule=RULE.id,
    severity="error",
    message="`uvicorn` is not in this stage",
    place=Place(path="deploy/Docker file", span=Span(3, 6, 3, 15)),
    because=(Because(place=Place(path="deploy/Docker file", span=Span(2, 1, 2, 12)), text="uv sync makes /app/.venv"),),
    fix=Fix(title="name the folder", edits=(Edit(path="deploy/Docker file", span=Span(2, 1, 2, 1), text="ENV A=b\n"),)),
)
INFO = Finding(
    rule="DL3008", severity="info", message="pin: it, 100%\nreally]", place=Place(path="a;b"), tool="hadolint"
)
FOUND = Findings(
    findings=(ERROR, INFO),
    looked_at=("deploy/Docker file", "other/Dockerfile"),
    noun="Dockerfile",
    rules={RULE.id: RULE},
    sources={"deploy/Docker file": SOURCE},
    suppressed=(Suppressed(finding=ERROR, kind="comment", reason="it is mounted"),),
)

texts = st.text(st.characters(codec="utf-8"), max_size=12)
places = st.builds(
    lambda path, line, column: Place(path=f"x{path}", span=Span(line, column, line, column + 1)),
    path=texts,
    line=st.integers(1, 5),
    column=st.integers(1, 9),
)
findings = st.builds(
    Finding,
    rule=texts.map(lambda text: f"r{text}"),
    severity=st.sampled_from(SEVERITIES),
    message=texts,
    place=places,
    because=st.lists(st.builds(Because, place=places, text=texts), max_size=2).map(tuple),
    help=texts,
)
reports = st.builds(
    lambda found, source: Findings(
        findings=tuple(found), looked_at=("x",), noun="file", rules={}, sources={"x": source}
    ),
    found=st.lists(findings, max_size=3),
    source=texts,
)


def test_the_lines_are_shown_with_what_made_them_so() -> None:
    assert render_text(FOUND, width=60).splitlines() == [
        "deploy/Docker file:3:6: error: `uvicorn` is not in this stage [program-not-there]",
        '    3 │ CMD ["uvicorn", "app:app"]',
        "      │      ^^^^^^^^^",
        "  uv sync makes /app/.venv",
        "    2 │ RUN uv sync",
        "      │ ^^^^^^^^^^^",
        "  fix: name the folder (--fix)",
        "",
        "a;b: info: pin: it, 100%",
        "really] [hadolint/DL3008]",
        "",
        "1 error, 1 info in 2 Dockerfiles",
        "1 of them can be mended by --fix; --fix --diff shows how",
        "1 finding left out: by comment, setting or baseline",
    ]


def test_a_long_line_is_shown_around_its_fault() -> None:
    source = "RUN " + "a" * 200 + " BAD " + "z" * 200
    finding = Finding(rule="r", severity="error", message="bad", place=Place(path="D", span=Span(1, 206, 1, 209)))
    found = Findings(findings=(finding,), looked_at=("D",), noun="file", rules={}, sources={"D": source})
    _, line, mark, *_ = render_text(found, width=40).splitlines()
    assert len(line) <= 40
    assert line[mark.index("^") : mark.rindex("^") + 1] == "BAD"


def test_nothing_found_is_said() -> None:
    none = Findings(findings=(), looked_at=("D",), noun="Dockerfile", rules={})
    assert render_text(none) == "nothing found in 1 Dockerfile"


def test_github_reads_workflow_commands() -> None:
    first, second = render_github(FOUND).splitlines()
    assert first == (
        "::error file=deploy/Docker file,line=3,endLine=3,col=6,endColumn=15,title=program-not-there::"
        "`uvicorn` is not in this stage%0Auv sync makes /app/.venv (deploy/Docker file:2:1)%0Ado: name the folder"
    )
    assert second == "::notice file=a;b,title=hadolint/DL3008::pin: it, 100%25%0Areally]"


def test_azure_reads_logging_commands() -> None:
    first, second = render_azure(FOUND).splitlines()
    assert first.startswith("##vso[task.logissue type=error;sourcepath=deploy/Docker file;linenumber=3;columnnumber=6;")
    assert second == "info: a;b: pin: it, 100%; really]"


def test_gitlab_tells_equal_findings_apart() -> None:
    twice = Findings(findings=(ERROR, ERROR), looked_at=("D",), noun="file", rules={}, sources=FOUND.sources)
    first, second = json.loads(render_gitlab(twice))
    assert first["location"] == {"path": "deploy/Docker file", "lines": {"begin": 3, "end": 3}}
    assert (first["severity"], first["check_name"]) == ("critical", RULE.id)
    assert first["fingerprint"] != second["fingerprint"]


def test_junit_fails_what_counts() -> None:
    suites = ElementTree.fromstring(render_junit(FOUND, name="lading check"))
    assert (suites.get("tests"), suites.get("failures")) == ("3", "1")
    assert [suite.get("name") for suite in suites] == ["deploy/Docker file", "other/Dockerfile", "a;b"]
    failure = suites.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == ERROR.message


def test_a_table_in_markdown_holds_any_text() -> None:
    *_, row = render_markdown(FOUND).splitlines()
    assert row == "| info | a;b | pin: it, 100%<br>really\\] | hadolint/DL3008 |"


def test_a_fingerprint_outlives_moved_lines_and_other_blanks() -> None:
    moved = Finding(
        rule=RULE.id,
        severity="error",
        message="other words",
        place=Place(path=ERROR.place.path, span=Span(5, 6, 5, 15)),
    )
    source = SOURCE.replace("RUN", "\n\nRUN").replace('", "', '","')
    assert identity(moved, {ERROR.place.path: source}) == identity(ERROR, FOUND.sources)
    assert identity(ERROR, {ERROR.place.path: SOURCE.replace("uvicorn", "gunicorn")}) != identity(ERROR, FOUND.sources)


def test_sarif_keeps_what_was_suppressed_and_how_to_mend_it() -> None:
    _valid(render_sarif(FOUND))
    (run,) = json.loads(render_sarif(FOUND))["runs"]
    first, _, left_out = run["results"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "deploy/Docker%20file"
    assert first["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "ENV A=b\n"
    assert left_out["suppressions"] == [{"kind": "inSource", "justification": "it is mounted"}]


@given(reports)
def test_any_text_stays_well_formed(found: Findings) -> None:
    ElementTree.fromstring(render_junit(found, name="x"))
    json.loads(render_json(found))
    json.loads(render_gitlab(found))
    for lines in (render_github(found), render_azure(found)):
        assert len([line for line in lines.split("\n") if line]) == len(found.findings)
    assert "\x1b" not in render_text(found)
    _valid(render_sarif(found))


def _valid(document: str) -> None:
    try:
        schema = sarif_schema()
    except NoSchemas as error:
        missing(str(error))
    schema.validate(json.loads(document))
