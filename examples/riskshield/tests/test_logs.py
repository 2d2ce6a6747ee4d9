import json
from io import StringIO
from typing import Any

import httpx
import pytest

from src.main import app
from src.services import services
from tests.conftest import Start
from tests.servers import API_KEY, Answer, Upstream

PATH = "/api/v1/validate"
HEADER = "X-Correlation-ID"


def lines_about(correlation_id: str, output: StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    return [line for line in lines if line.get("correlation_id") == correlation_id]


def test_correlation_id_goes_all_the_way(
    start: Start, upstream: Upstream, applicant: dict[str, str], output: StringIO
) -> None:
    upstream.script.append(Answer(status=500))
    with start() as client:
        response = client.post(PATH, json=applicant, headers={HEADER: "order-17.a_B"})
    assert response.headers[HEADER] == "order-17.a_B"
    assert [request.headers[HEADER.lower()] for request in upstream.received] == ["order-17.a_B"] * 2
    retry, request = lines_about("order-17.a_B", output)
    assert (retry["event"], retry["attempt"], retry["reason"]) == ("upstream_retry", 1, "it answered 500")
    assert (request["event"], request["method"], request["path"], request["status"]) == ("request", "POST", PATH, 200)
    assert {"timestamp", "level", "logger", "duration_ms"} <= request.keys()


@pytest.mark.parametrize("given", [b"", b"a b", b'a"b', b"x" * 65, "é".encode()])
def test_unusable_correlation_id_is_replaced(given: bytes, service: httpx.Client) -> None:
    answered = {service.get("/health", headers={HEADER.encode(): given}).headers[HEADER] for _ in range(2)}
    assert len(answered) == 2
    assert all(len(made) == 32 for made in answered)


def test_problem_tells_the_correlation_id(service: httpx.Client) -> None:
    response = service.get("/nowhere", headers={HEADER: "lost"})
    assert response.status_code == 404
    assert response.json()["correlation_id"] == "lost"


def test_crash_is_a_problem_and_its_traceback_carries_the_id(
    start: Start, monkeypatch: pytest.MonkeyPatch, output: StringIO
) -> None:
    def crash() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(app.dependency_overrides, services, crash)
    with start() as client:
        response = client.get("/health/ready", headers={HEADER: "boom"})
    assert response.status_code == 500
    assert response.headers[HEADER] == response.json()["correlation_id"] == "boom"
    assert "a bug" not in response.text
    request, crashed = lines_about("boom", output)
    assert (request["event"], request["status"]) == ("request", 500)
    assert "RuntimeError: a bug" in crashed["exception"]


def test_neither_key_nor_applicant_is_logged(
    start: Start, upstream: Upstream, applicant: dict[str, str], output: StringIO
) -> None:
    upstream.script.extend([Answer(status=500), Answer(reset=True)])
    with start(log_level="DEBUG") as client:
        assert client.post(PATH, json=applicant).status_code == 200
        assert client.post(PATH, json=applicant | {"country": "??"}).status_code == 422
    assert "upstream_retry" in output.getvalue()
    for secret in (API_KEY, *(value for name, value in applicant.items() if name != "country")):
        assert secret not in output.getvalue()


def test_failure_is_logged_with_its_reason(
    start: Start, upstream: Upstream, applicant: dict[str, str], output: StringIO
) -> None:
    upstream.otherwise = Answer(status=403)
    with start() as client:
        client.post(PATH, json=applicant, headers={HEADER: "refused"})
    failed, request = lines_about("refused", output)
    assert (failed["event"], failed["kind"], failed["reason"]) == (
        "request_failed",
        "upstream-refused",
        "it answered 403",
    )
    assert request["status"] == 502


@pytest.mark.parametrize("key", ["k\nleak-77", "leak-77-€", " "])
def test_unusable_key_is_not_sent_and_not_shown(
    key: str, start: Start, upstream: Upstream, applicant: dict[str, str], output: StringIO
) -> None:
    with start(api_key=key) as client:
        response = client.post(PATH, json=applicant)
    assert response.status_code == 503
    assert upstream.received == []
    assert "leak-77" not in response.text + output.getvalue()


def test_line_end_behind_the_key_is_no_part_of_it(start: Start, upstream: Upstream, applicant: dict[str, str]) -> None:
    with start(api_key=f"{API_KEY}\n") as client:
        client.post(PATH, json=applicant)
    assert upstream.received[0].headers["x-api-key"] == API_KEY
