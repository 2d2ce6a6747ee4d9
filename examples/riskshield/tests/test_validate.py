import json
import time

import httpx
import pytest

from tests.conftest import Start
from tests.servers import API_KEY, SCORE, Answer, Upstream, closed_port

PATH = "/api/v1/validate"
Applicant = dict[str, str]


def test_applicant_is_scored(service: httpx.Client, upstream: Upstream, applicant: Applicant) -> None:
    response = service.post(PATH, json=applicant)
    assert response.status_code == 200
    assert response.json() == {"reference": "rs-4711", "score": 42, "level": "medium"}
    [request] = upstream.received
    assert (request.method, request.path) == ("POST", "/v1/scores")
    assert request.headers["x-api-key"] == API_KEY
    assert json.loads(request.body) == applicant


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "   "),
        ("last_name", "x" * 101),
        ("date_of_birth", "2999-01-01"),
        ("date_of_birth", "yesterday"),
        ("country", "Netherlands"),
        ("document_number", "a&b=c"),
        ("document_number", None),
        ("favourite_colour", "teal-4c1d"),
    ],
)
def test_invalid_applicant_is_refused_by_field_without_repeating_it(
    field: str, value: str | None, service: httpx.Client, upstream: Upstream, applicant: Applicant
) -> None:
    response = service.post(PATH, json=applicant | {field: value})
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert [fault["field"] for fault in response.json()["faults"]] == [f"body.{field}"]
    assert value is None or value not in response.text
    assert upstream.received == []


def test_all_faults_are_told_at_once(service: httpx.Client) -> None:
    response = service.post(PATH, json={"country": "nl"})
    assert {fault["field"] for fault in response.json()["faults"]} == {
        "body.first_name", "body.last_name", "body.date_of_birth", "body.country", "body.document_number",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_body_that_is_no_object_is_refused(body: bytes, service: httpx.Client) -> None:
    response = service.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.json()["status"] == response.status_code


@pytest.mark.parametrize(
    "failures",
    [
        [Answer(status=500)],
        [Answer(status=503), Answer(status=502)],
        [Answer(reset=True)],
        [Answer(reset=True), Answer(status=500)],
        [Answer(status=429)],
        [Answer(status=429, headers={"Retry-After": "0"})],
        [Answer(status=429, headers={"Retry-After": "soon"})],
    ],
)
def test_passing_failure_is_retried_as_the_same_request(
    failures: list[Answer], service: httpx.Client, upstream: Upstream, applicant: Applicant
) -> None:
    upstream.script.extend(failures)
    response = service.post(PATH, json=applicant)
    assert response.status_code == 200
    assert len(upstream.received) == len(failures) + 1
    assert len({(request.headers["idempotency-key"], request.body) for request in upstream.received}) == 1


def test_two_calls_are_two_requests(service: httpx.Client, upstream: Upstream, applicant: Applicant) -> None:
    for _ in range(2):
        service.post(PATH, json=applicant)
    assert len({request.headers["idempotency-key"] for request in upstream.received}) == 2


def test_retry_after_is_honoured(service: httpx.Client, upstream: Upstream, applicant: Applicant) -> None:
    upstream.script.append(Answer(status=429, headers={"Retry-After": "1"}))
    before = time.monotonic()
    assert service.post(PATH, json=applicant).status_code == 200
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize(
    ("answer", "status", "kind", "calls"),
    [
        (Answer(status=500), 502, "upstream-failed", 3),
        (Answer(status=429), 503, "upstream-busy", 3),
        (Answer(reset=True), 502, "upstream-unreachable", 3),
        (Answer(status=400), 502, "upstream-refused", 1),
        (Answer(status=401), 502, "upstream-refused", 1),
        (Answer(status=302, headers={"Location": "/elsewhere"}), 502, "upstream-refused", 1),
        (Answer(body=b"<html>"), 502, "upstream-refused", 1),
        (Answer(body=SCORE | {"score": 101}), 502, "upstream-refused", 1),
    ],
)
def test_lasting_failure_is_a_problem_after_so_many_calls(
    answer: Answer, status: int, kind: str, calls: int, service: httpx.Client, upstream: Upstream, applicant: Applicant
) -> None:
    upstream.otherwise = answer
    response = service.post(PATH, json=applicant)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == f"urn:riskshield:problem:{kind}"
    assert len(upstream.received) == calls


def test_long_retry_after_is_passed_on_instead_of_waited_for(
    service: httpx.Client, upstream: Upstream, applicant: Applicant
) -> None:
    upstream.otherwise = Answer(status=429, headers={"Retry-After": "3600"})
    response = service.post(PATH, json=applicant)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "3600"
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"attempt_timeout": "0.2"}, "0.2"),
        ({"deadline": "0.3"}, "0.3"),
    ],
)
def test_slow_upstream_is_a_timeout_and_not_called_again(
    settings: dict[str, str], seconds: str, start: Start, upstream: Upstream, applicant: Applicant
) -> None:
    upstream.otherwise = Answer(never=True)
    with start(**settings) as client:
        response = client.post(PATH, json=applicant)
    assert response.status_code == 504
    assert response.json()["detail"] == f"no answer within {seconds} s"
    assert len(upstream.received) == 1


def test_nobody_listens(start: Start, applicant: Applicant) -> None:
    with start(api_url=f"http://127.0.0.1:{closed_port()}") as client:
        response = client.post(PATH, json=applicant)
    assert response.status_code == 502
    assert response.json()["detail"] == "the connection failed (ConnectError)"


def test_no_key_is_no_call(start: Start, upstream: Upstream, applicant: Applicant) -> None:
    with start(api_key=None) as client:
        response = client.post(PATH, json=applicant)
    assert response.status_code == 503
    assert response.json()["type"] == "urn:riskshield:problem:key-unavailable"
    assert upstream.received == []
