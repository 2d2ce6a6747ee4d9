"""Trivy's report, and a small Trivy."""

import json
from pathlib import Path

import pytest
from tests.support.runtimes import install
from tests.unit.prove.samples import an_image

from lading.errors import StepFailed
from lading.proc import Runner
from lading.prove.compliance import Scan
from lading.prove.compliance.scan import counted, scan, scanner

TRIVY = """
import json, pathlib, sys

words = sys.argv[1:]
layout = pathlib.Path(words[words.index("--input") + 1])
assert (layout / "oci-layout").is_file() and "CRITICAL,HIGH" in words
print(json.dumps({"Results": [{"Vulnerabilities": [{"Severity": "HIGH"}, {"Severity": "HIGH"}]}, {}]}))
"""


def test_vulnerabilities_are_counted_by_severity() -> None:
    found = [{"Severity": "HIGH"}, {"Severity": "CRITICAL"}, {"Severity": "HIGH"}, {"Severity": "LOW"}]
    report = {"SchemaVersion": 2, "Results": [{"Vulnerabilities": found}, {"Target": "x"}, {"Vulnerabilities": None}]}
    assert counted(json.dumps(report).encode()) == (("CRITICAL", 1), ("HIGH", 2))
    assert counted(b"{}") == (("CRITICAL", 0), ("HIGH", 0))


@pytest.mark.parametrize("text", [b"", b"[]", b'{"Results": 1}'])
def test_what_is_no_report_is_told(text: bytes) -> None:
    with pytest.raises(StepFailed, match="something else"):
        counted(text)


def test_it_is_given_a_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "tools", monkeypatch, trivy=TRIVY)
    assert scanner() == "trivy"
    (tmp_path / "work").mkdir()
    found = scan(an_image({"x": b"x"}), tmp_path / "work", runner=Runner())
    assert found == Scan(tool="trivy", found=(("CRITICAL", 0), ("HIGH", 2)))


def test_one_that_fails_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "tools", monkeypatch, trivy="import sys; sys.exit('no data base')")
    (tmp_path / "work").mkdir()
    with pytest.raises(StepFailed, match="no data base"):
        scan(an_image({"x": b"x"}), tmp_path / "work", runner=Runner())
