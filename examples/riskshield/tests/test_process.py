"""The service as it is deployed: its own process, no home folder, the key from a vault through a managed identity."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import trustme

from tests.servers import API_KEY, IDENTITY_HEADER, TOKEN, Answer, Identity, KeyVault, Received, Upstream

ROOT = Path(__file__).parents[1]
PATH = "/api/v1/validate"


class Deployment:
    """The service with everything around it; ``stop`` gives all that it has written."""

    def __init__(self, upstream: Upstream, vault: KeyVault, environment: dict[str, str]) -> None:
        self.upstream = upstream
        self.vault = vault
        command = [sys.executable, "-m", "uvicorn", "src.main:app", "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        self.client = httpx.Client(trust_env=False, timeout=60)
        self._output = ""
        for line in self.process.stdout:
            self._output += line
            if found := re.search(r"running on (http://[\d.:]+)", line):
                self.client.base_url = found[1]
                break

    def dependencies(self) -> dict[str, str]:
        answer: dict[str, str] = self.client.get("/health/ready").json()["dependencies"]
        return answer

    def stop(self) -> str:
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.client.close()
            self.process.terminate()
            self._output += self.process.communicate()[0]
        return self._output


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(tmp_path: Path) -> Iterator[Deploy]:
    """Starts the service among running servers, with these settings on top."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = authority.issue_cert("127.0.0.1")

    with ExitStack() as stack:

        def started(upstream: Upstream | None = None, vault: KeyVault | None = None, **settings: str) -> Deployment:
            upstream, vault, identity = upstream or Upstream(), vault or KeyVault(), Identity()
            stack.enter_context(upstream.serving())
            stack.enter_context(identity.serving())
            stack.enter_context(vault.serving(server_context(tls)))
            environment = {
                "PATH": os.environ["PATH"],
                "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
                "IDENTITY_ENDPOINT": f"{identity.origin}/msi/token",
                "IDENTITY_HEADER": IDENTITY_HEADER,
                "RISKSHIELD_API_URL": upstream.origin,
                "RISKSHIELD_KEY_VAULT_URL": vault.origin,
            }
            deployment = Deployment(upstream, vault, environment | settings)
            stack.callback(deployment.stop)
            return deployment

        yield started


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


def keys_given(vault: KeyVault) -> int:
    return sum(request.headers.get("authorization") == f"Bearer {TOKEN}" for request in vault.received)


def test_key_comes_from_the_vault_and_is_kept(deploy: Deploy, applicant: dict[str, str]) -> None:
    deployment = deploy()
    assert deployment.vault.received == [], "starting called the vault"
    assert [deployment.client.post(PATH, json=applicant).status_code for _ in range(3)] == [200] * 3
    assert {request.headers["x-api-key"] for request in deployment.upstream.received} == {API_KEY}
    assert keys_given(deployment.vault) == 1
    assert deployment.dependencies() == {"key_vault": "ok", "riskshield_api": "ok"}
    assert keys_given(deployment.vault) == 2, "readiness must ask the vault and not the cache"
    output = deployment.stop()
    assert [secret for secret in (API_KEY, TOKEN, IDENTITY_HEADER) if secret in output] == []


def test_requests_that_find_no_key_ask_the_vault_once(deploy: Deploy, applicant: dict[str, str]) -> None:
    deployment = deploy()
    with ThreadPoolExecutor(8) as callers:
        answers = callers.map(lambda _: deployment.client.post(PATH, json=applicant), range(8))
    assert {answer.status_code for answer in answers} == {200}
    assert keys_given(deployment.vault) == 1


def test_rotated_key_is_taken_up(deploy: Deploy, applicant: dict[str, str]) -> None:
    deployment = deploy(RISKSHIELD_KEY_LIFETIME="0.001")
    for key in (API_KEY, "rotated"):
        deployment.vault.key = key
        deployment.client.post(PATH, json=applicant)
    assert [request.headers["x-api-key"] for request in deployment.upstream.received] == [API_KEY, "rotated"]


def test_failing_vault_is_named_and_no_business_is_done(deploy: Deploy, applicant: dict[str, str]) -> None:
    deployment = deploy(RISKSHIELD_PROBE_TIMEOUT="60", RISKSHIELD_ATTEMPT_TIMEOUT="60")
    for answer, reason in [
        (Answer(status=403, body={}), "the key vault did not give the key (HttpResponseError 403)"),
        (Answer(status=404, body={}), "the key vault did not give the key (ResourceNotFoundError 404)"),
        (Answer(reset=True), "the key vault did not give the key (ServiceRequestError)"),
        (Answer(body=b"<html>"), "the key vault did not give the key (DecodeError 200)"),
        (Answer(body={"value": ""}), "the key is empty or has characters that no HTTP header can carry"),
    ]:
        deployment.vault.instead = answer
        assert deployment.dependencies() == {"key_vault": reason, "riskshield_api": "ok"}
        problem = deployment.client.post(PATH, json=applicant).json()
        assert (problem["status"], problem["detail"]) == (503, reason)
    assert {request.path for request in deployment.upstream.received} == {"/v1/status"}


def test_failing_vault_is_asked_once_more_and_not_ten_times(deploy: Deploy) -> None:
    deployment = deploy(RISKSHIELD_PROBE_TIMEOUT="60", RISKSHIELD_ATTEMPT_TIMEOUT="60")
    deployment.vault.instead = Answer(status=500, body={})
    assert deployment.dependencies()["key_vault"] != "ok"
    assert keys_given(deployment.vault) == 2


def test_silent_vault_is_waited_for_no_longer_than_the_timeouts(deploy: Deploy, applicant: dict[str, str]) -> None:
    deployment = deploy(RISKSHIELD_PROBE_TIMEOUT="0.2", RISKSHIELD_ATTEMPT_TIMEOUT="0.4")
    deployment.vault.instead = Answer(never=True)
    assert deployment.dependencies()["key_vault"] == "no answer within 0.2 s"
    problem = deployment.client.post(PATH, json=applicant).json()
    assert (problem["status"], problem["detail"]) == (503, "the key vault did not answer within 0.4 s")


def test_refused_identity_is_a_failing_vault(deploy: Deploy) -> None:
    deployment = deploy(IDENTITY_HEADER="not-mine", RISKSHIELD_PROBE_TIMEOUT="60", RISKSHIELD_ATTEMPT_TIMEOUT="60")
    assert deployment.dependencies()["key_vault"].startswith("the key vault did not give the key")
    assert deployment.client.get("/health").status_code == 200


def test_dependencies_are_asked_at_the_same_time(deploy: Deploy) -> None:
    both = threading.Barrier(2)

    class MeetingUpstream(Upstream):
        def answer(self, request: Received) -> Answer:
            both.wait()
            return super().answer(request)

    class MeetingVault(KeyVault):
        def answer(self, request: Received) -> Answer:
            if "authorization" in request.headers:
                both.wait()
            return super().answer(request)

    deployment = deploy(
        MeetingUpstream(), MeetingVault(), RISKSHIELD_PROBE_TIMEOUT="30", RISKSHIELD_ATTEMPT_TIMEOUT="30"
    )
    try:
        assert deployment.dependencies() == {"key_vault": "ok", "riskshield_api": "ok"}
    finally:
        both.abort()


def test_request_under_way_is_answered_before_the_end(deploy: Deploy, applicant: dict[str, str]) -> None:
    arrived, release = threading.Event(), threading.Event()

    class HeldUpstream(Upstream):
        def answer(self, request: Received) -> Answer:
            arrived.set()
            release.wait()
            return super().answer(request)

    deployment = deploy(HeldUpstream(), RISKSHIELD_ATTEMPT_TIMEOUT="60", RISKSHIELD_DEADLINE="60")
    with ThreadPoolExecutor() as caller:
        answer = caller.submit(deployment.client.post, PATH, json=applicant)
        arrived.wait()
        deployment.process.send_signal(signal.SIGTERM)
        release.set()
        assert answer.result().status_code == 200
    lines = [json.loads(line) for line in deployment.stop().splitlines()]
    assert [line["event"] for line in lines if line["logger"] == "src.main"] == ["started", "stopped"]
    assert deployment.process.returncode in (0, -signal.SIGTERM)


def test_wrong_setting_ends_the_start_with_its_name(deploy: Deploy) -> None:
    deployment = deploy(RISKSHIELD_API_KEY="second-source-of-the-key")
    assert deployment.process.wait() == 3
    output = deployment.stop()
    assert "set RISKSHIELD_KEY_VAULT_URL or RISKSHIELD_API_KEY, not both" in output
    assert "second-source-of-the-key" not in output
    assert all(json.loads(line)["level"] in ("info", "error") for line in output.splitlines())
