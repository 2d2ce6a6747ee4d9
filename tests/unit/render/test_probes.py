import pytest
import yaml
from hypothesis import given
from tests.support.members import STARLETTE, hostile, service

from lading.errors import UsageError
from lading.render.probes import probes
from lading.render.roles import Member

SETTINGS = 'health = { interval = "20s", timeout = "2.5s", start-period = "40s", retries = 4 }'


def test_the_probes_are_the_health_check() -> None:
    found = yaml.safe_load(probes([service(settings=SETTINGS)]))["shop"]
    alive, ready = ({"path": path, "port": 8080} for path in ("/health", "/ready"))
    assert found == {
        "startupProbe": {"httpGet": alive, "periodSeconds": 1, "failureThreshold": 120, "timeoutSeconds": 3},
        "livenessProbe": {"httpGet": alive, "periodSeconds": 20, "failureThreshold": 4, "timeoutSeconds": 3},
        "readinessProbe": {"httpGet": ready, "periodSeconds": 10, "failureThreshold": 4, "timeoutSeconds": 3},
    }


def test_without_a_route_for_it_readiness_is_health() -> None:
    one = service({"main.py": STARLETTE.replace("/ready", "/other")})
    found = yaml.safe_load(probes([one]))["shop"]
    assert found["readinessProbe"]["httpGet"]["path"] == "/health"


def test_services_without_a_check_have_none() -> None:
    none = service(name="none", settings="health = false")
    assert list(yaml.safe_load(probes([none, service()]))) == ["shop"]
    with pytest.raises(UsageError, match="no service here has a health check"):
        probes([none])


@given(hostile())
def test_hostile_services_read_back(one: Member) -> None:
    health = one.plan.config.health
    if health:
        found = yaml.safe_load(probes([one]))[one.plan.service]
        if health.path:
            assert found["livenessProbe"]["httpGet"] == {"path": health.path, "port": health.port}
        else:
            assert found["livenessProbe"]["exec"] == {"command": [*health.command]}
