"""Each requirement, met and not met, by the evidence that decides it."""

from typing import Any

import pytest
from tests.unit.prove.verify.samples import BAD, GOOD, trial, verification

from lading.prove.compliance.compliance import IDS, PROCESS
from lading.prove.container import Change
from lading.prove.requirement import Requirement
from lading.prove.verify.judge import judge, unjudged
from lading.prove.verify.model import Answer, Kind, Memory, Seen, Stop, Verification

ENDED = {"start": None, "healthy": None, "health": None, "check": None, "ready": None, "seen": None, "memory": None,
         "written": None, "stop": None, "ended": 1, "last": ("boom",)}  # fmt: skip


def row(found: Verification, name: str) -> Requirement:
    (one,) = (row for row in judge(found) if row.id == name)
    return one


def test_an_image_with_nothing_wrong_meets_everything() -> None:
    rows = judge(verification(trial("process", process="worker", health=None), trial("process", process="worker")))
    assert {one.status for one in rows} == {"met"}
    assert [one.id for one in rows if not one.id.startswith(PROCESS)] == [
        one for one in IDS if one in {r.id for r in rows}
    ]
    assert all(one.evidence for one in rows)


@pytest.mark.parametrize(
    ("kind", "changes", "name", "status", "told"),
    [
        ("own", ENDED, "starts", "met", "healthy after"),
        (
            "own",
            ENDED,
            "read-only-root",
            "not met",
            "root that it can write to: it ended with exit code 1: boom",
        ),
        ("own", ENDED, "healthy-in-time", "not met", "boom"),
        ("own", ENDED, "health-check", "not met", "did not get so far"),
        ("own", ENDED, "no-root", "not looked at", "did not get so far"),
        ("own", {**ENDED, "ended": 137}, "read-only-root", "not met", "killed, as by the limit of memory"),
        ("own", {"healthy": 12.0}, "healthy-in-time", "not met", "12.00 s"),
        (
            "own",
            {"healthy": None, "health": BAD, "last": ("no table",)},
            "healthy-in-time",
            "not met",
            "(503): no table",
        ),
        ("own", {"check": None}, "health-check", "not met", "the image has none"),
        ("own", {"check": Answer(good=False, said="exit code 127: no curl")}, "health-check", "not met", "no curl"),
        ("own", {"ready": BAD}, "ready", "not met", "503"),
        ("own", {"ready": BAD, "gone": ("postgres",)}, "ready", "not looked at", "give DATABASE_URL"),
        ("writable", {"ready": GOOD, "gone": ("postgres",)}, "not-ready", "not met", "ready without postgres"),
        ("writable", {"ready": BAD, "health": BAD}, "not-ready", "not met", "not alive"),
        ("writable", {"written": (Change("/app/cache", "added"),)}, "writes-nothing", "not met", "/app/cache (added)"),
        ("own", {"seen": None}, "no-root", "not looked at", "cannot be seen"),
        ("anyone", {**ENDED, "user": "1000000001:0"}, "any-user", "not met", "as 1000000001:0: it ended"),
        ("own", {"memory": Memory(limit=0, peak=80_000_000)}, "memory", "met", "no control groups"),
        ("own", {"memory": Memory(limit=0, peak=300_000_000)}, "memory", "not looked at", "300.0 MB"),
    ],
)
def test_a_fault_is_told_where_it_belongs(
    kind: Kind, changes: dict[str, Any], name: str, status: str, told: str
) -> None:
    found = row(verification(trial(kind, **changes)), name)
    assert (found.status, told in found.evidence) == (status, True), found


@pytest.mark.parametrize(
    ("code", "in_time", "signal", "met"),
    [
        (0, True, "SIGTERM", True),
        (143, True, "SIGTERM", True),
        (130, True, "SIGINT", True),
        (143, True, "SIGINT", False),
        (1, True, "SIGTERM", False),
        (137, False, "SIGTERM", False),
        (0, False, "SIGTERM", False),
        (131, True, "QUIT", True),
    ],
)
def test_a_clean_stop_ends_in_time_with_0_or_by_its_own_signal(
    code: int, in_time: bool, signal: str, met: bool
) -> None:
    stop = Stop(signal=signal, code=code, seconds=1.0, in_time=in_time)
    assert (row(verification(trial("own", stop=stop)), "clean-stop").status == "met") is met


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"uid": 0}, "no-root"),
        ({"capabilities": "0000000000000400"}, "no-privileges"),
        ({"no_new_privileges": False}, "no-privileges"),
    ],
)
def test_one_process_with_more_rights_is_enough(changes: dict[str, Any], name: str) -> None:
    fields: dict[str, Any] = {"uid": 1000, "gid": 1000, "capabilities": "0" * 16, "no_new_privileges": True}
    seen = (Seen(name="web", **fields), Seen(name="helper", **{**fields, **changes}))
    found = row(verification(trial("own", seen=seen)), name)
    assert found.status == "not met"
    assert "helper" in found.evidence


def test_a_dependency_that_is_only_guessed_at_is_never_held_against_a_service() -> None:
    found = verification(trial("writable", ready=GOOD), dependencies=(), given=())
    assert row(found, "not-ready").status == "not looked at"


@pytest.mark.parametrize(
    ("process", "changes", "status"),
    [
        ("migrate", {"stop": None, "ended": 0}, "met"),
        ("migrate", {"stop": None, "ended": 1}, "not met"),
        ("migrate", {"stop": None, "ended": None}, "not met"),
        ("migrate", {"stop": None, "ended": 1, "gone": ("postgres",)}, "not looked at"),
        ("worker", {}, "met"),
        ("worker", {"stop": None, "ended": 0}, "not met"),
        ("worker", {"stop": None, "ended": 1, "gone": ("postgres",)}, "not looked at"),
        ("worker", {"stop": Stop(signal="SIGTERM", code=137, seconds=10.0, in_time=False)}, "not met"),
    ],
)
def test_a_worker_runs_on_and_a_migration_ends(process: str, changes: dict[str, Any], status: str) -> None:
    found = verification(trial("process", process=process, health=None, **changes))
    assert row(found, f"process-{process}").status == status


def test_what_serves_nothing_is_not_asked_for_health() -> None:
    own = trial("own", health=None, check=None, healthy=None, ready=None)
    rows = judge(verification(own, serves=False, ready=""))
    assert not {"healthy-in-time", "health-check", "ready", "not-ready"} & {one.id for one in rows}
    assert {one.status for one in rows} == {"met"}


def test_what_was_not_run_is_not_looked_at() -> None:
    rows = unjudged("there is no runtime", serves=True)
    assert {(one.status, one.evidence) for one in rows} == {("not looked at", "there is no runtime")}
    asked = {one.id for one in judge(verification())} - {"ready", "not-ready"}
    assert {one.id for one in rows} == asked
