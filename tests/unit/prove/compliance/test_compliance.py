"""Each requirement, met and not, by what decides it."""

from typing import Any

import pytest
from tests.unit.prove.compliance.samples import LAYERS, evidence, expected
from tests.unit.prove.verify.samples import MANIFEST

from lading.digest import Digest
from lading.finding import Finding, Place, Severity
from lading.prove.audit import Audit, User
from lading.prove.compliance import Evidence, Expected, Pinned, Rebuilt, Scan, compliance
from lading.prove.compliance.compliance import IDS
from lading.prove.requirement import Requirement


def row(found: Evidence, name: str, promised: Expected | None = None) -> Requirement:
    rows = compliance(promised or expected(), found).requirements
    (one,) = (row for row in rows if row.id == name)
    return one


def finding(rule: str, severity: Severity = "error") -> Finding:
    return Finding(rule=rule, severity=severity, message=f"{rule} it is", place=Place(path="/x"))


def test_an_image_with_nothing_wrong_meets_everything_in_a_fixed_order() -> None:
    found = compliance(expected(), evidence())
    assert {one.status for one in found.requirements} == {"met"}
    assert [one.id for one in found.requirements] == list(IDS)
    assert all(one.evidence for one in found.requirements)
    assert found.unmet == ()
    assert [part.name for part in found.parts] == ["base", "dependencies", "application"]


@pytest.mark.parametrize(
    ("audit", "name", "told"),
    [
        ({"tools": ("/usr/bin/gcc",)}, "multi-stage", "/usr/bin/gcc"),
        ({"tools": ("/usr/bin/curl",)}, "no-tools", "/usr/bin/curl"),
        ({"managers": ("/usr/bin/apt",)}, "no-tools", "/usr/bin/apt"),
        ({"user": User(said="", uid=0, gid=0)}, "non-root", "nothing"),
        ({"user": User(said="app", uid=1000, gid=1000)}, "non-root", "app"),
        ({"user": User(said="65532", uid=65532, gid=65532)}, "non-root", "65532"),
        ({"ports": ()}, "port", "none"),
        ({"ports": ("9090/tcp",)}, "port", ""),
        ({"shells": ("/bin/sh",)}, "no-shell", "/bin/sh"),
        ({"development": ("pytest",)}, "no-development", "pytest"),
        ({"secrets": 2}, "no-secrets", "2 found"),
        ({"privileged": ("/usr/bin/su",)}, "no-privileged-files", "/usr/bin/su"),
        ({"labels": {}}, "labels", "com.example.team"),
    ],
)
def test_what_an_audit_found_is_not_met(audit: dict[str, Any], name: str, told: str) -> None:
    found = row(evidence(audit=audit), name)
    assert (found.status, told in found.evidence) == ("not met", True), found


@pytest.mark.parametrize(
    ("promised", "name", "status"),
    [
        ({"budget": 90_089_999}, "budget", "not met"),
        ({"budget": 90_090_000}, "budget", "met"),
        ({"budget": None}, "budget", "not looked at"),
        ({"base": ""}, "base", "not looked at"),
        ({"platforms": ("linux/amd64", "linux/arm64")}, "platforms", "not met"),
        ({"platforms": ()}, "platforms", "not looked at"),
        ({"pinned": None}, "pinned", "not looked at"),
        ({"pinned": Pinned(missing=("the tool uv is not pinned",))}, "pinned", "not met"),
        ({"pinned": Pinned(unhashed=True)}, "pinned", "not met"),
        ({"port": 80}, "port", "not met"),
    ],
)
def test_what_was_promised_is_held_against_it(promised: dict[str, Any], name: str, status: str) -> None:
    assert row(evidence(), name, expected(**promised)).status == status


def test_a_port_that_only_root_may_open() -> None:
    found = row(evidence(audit={"ports": ("80/tcp",)}), "port", expected(port=80))
    assert (found.status, "only root" in found.evidence) == ("not met", True)


@pytest.mark.parametrize(
    ("changes", "name", "status", "told"),
    [
        ({"scan": Scan(tool="trivy", found=(("CRITICAL", 1), ("HIGH", 0)))}, "scanned", "not met", "1 critical"),
        ({"scan": None, "unscanned": "no trivy"}, "scanned", "not looked at", "no trivy"),
        ({"rebuilt": Rebuilt(digest=MANIFEST, same=True)}, "reproducible", "met", "the same digest"),
        ({"rebuilt": Rebuilt(digest=MANIFEST, same=False)}, "reproducible", "not met", str(MANIFEST)),
        ({"verification": None, "unseen": "no runtime"}, "starts", "not looked at", "no runtime"),
        ({"verification": None, "unseen": "no runtime"}, "health-check", "not looked at", "no runtime"),
    ],
)
def test_what_else_was_found_out(changes: dict[str, Any], name: str, status: str, told: str) -> None:
    found = row(evidence(**changes), name)
    assert (found.status, told in found.evidence) == (status, True), found


@pytest.mark.parametrize(
    ("rule", "severity", "unmet"),
    [
        ("library-not-in-image", "error", {"complete", "audit"}),
        ("library-not-in-image", "warning", set()),
        ("health-check-cannot-run", "error", {"audit"}),
        ("time-of-build", "info", {"reproducible"}),
        ("label-missing", "info", set()),
    ],
)
def test_findings_count_where_they_belong(rule: str, severity: Severity, unmet: set[str]) -> None:
    well = evidence()
    audit = Audit(findings=(finding(rule, severity),), accepted=(), facts=well.audit.facts)
    assert {one.id for one in compliance(expected(), evidence_with(audit)).unmet} == unmet


def evidence_with(audit: Audit) -> Evidence:
    from msgspec.structs import replace

    return replace(evidence(), audit=audit)


def test_a_shell_that_the_strategy_wants_is_not_asked_about() -> None:
    found = compliance(expected(closed=False), evidence(audit={"shells": ("/bin/sh",)}))
    assert "no-shell" not in {one.id for one in found.requirements}
    assert found.unmet == ()


def test_what_is_waived_stands_apart_with_its_reason() -> None:
    found = compliance(expected(budget=1, waived=(("budget", "one large model is in it"),)), evidence())
    assert "budget" not in {one.id for one in found.requirements}
    assert [(one.requirement.status, one.reason) for one in found.waived] == [("not met", "one large model is in it")]
    assert found.unmet == ()


def test_an_image_that_is_nobodys_service_is_held_against_itself() -> None:
    found = compliance(Expected(), evidence(audit={"base_layers": 0}))
    unknown = {one.id for one in found.requirements if one.status == "not looked at"}
    assert unknown == {"base", "budget", "pinned", "platforms"}
    assert found.unmet == ()
    assert [part.name for part in found.parts] == [layer.title for layer in LAYERS]


def test_a_digest_is_told() -> None:
    assert compliance(expected(), evidence()).manifest == Digest("sha256:" + "1" * 64)
