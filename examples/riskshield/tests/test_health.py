import tomllib
from pathlib import Path

import httpx
import pytest

from tests.conftest import Start
from tests.servers import Answer, Upstream, closed_port

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_alive_with_the_project_s_version_whatever_the_surroundings_do(start: Start) -> None:
    with start(api_url=f"http://127.0.0.1:{closed_port()}", api_key=None) as client:
        response = client.get("/health")
    assert response.status_code == 200
    version = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["version"]
    assert response.json() == {"status": "healthy", "version": version}


def test_ready_when_all_dependencies_answer(service: httpx.Client, upstream: Upstream) -> None:
    response = service.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "dependencies": {"key_vault": "ok", "riskshield_api": "ok"}}
    assert [(request.method, request.path) for request in upstream.received] == [("GET", "/v1/status")]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=500), "it answered 500"),
        (Answer(status=429), "it answered 429"),
        (Answer(reset=True), "the connection failed (ReadError)"),
        (Answer(never=True), "no answer within 0.2 s"),
    ],
)
def test_not_ready_names_the_upstream_and_asks_it_once(
    answer: Answer, reason: str, start: Start, upstream: Upstream
) -> None:
    upstream.otherwise = answer
    with start(probe_timeout="0.2" if answer.never else "60") as client:
        response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "dependencies": {"key_vault": "ok", "riskshield_api": reason}}
    assert len(upstream.received) == 1


def test_not_ready_names_every_dependency_that_fails(start: Start) -> None:
    with start(api_url=f"http://127.0.0.1:{closed_port()}", api_key=None) as client:
        response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["dependencies"] == {
        "key_vault": "neither RISKSHIELD_KEY_VAULT_URL nor RISKSHIELD_API_KEY is set",
        "riskshield_api": "the connection failed (ConnectError)",
    }
