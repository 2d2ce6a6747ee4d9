"""Probes for Kubernetes from the same health check that the image and compose have. Pure.

https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
"""

import math
from collections.abc import Sequence

from lading.errors import UsageError
from lading.plan.model import HealthCheck
from lading.render.document import Noted, written
from lading.render.marker import marker
from lading.render.roles import Member

COMMAND = "lading render probes"
_READY = ("readyz", "ready", "readiness")
"""Last parts of paths that answer whether a service can be sent requests."""

Block = dict[str, object]


def probes(members: Sequence[Member]) -> str:
    """The probes of every service that has a health check, by its name: what belongs into a container's specification.

    Raises `UsageError` when none has one.
    """
    found: Block = {
        member.plan.service: _of(member, health) for member in members if (health := member.plan.config.health)
    }
    if not found:
        raise UsageError("no service here has a health check", fix="name its path: health.path in lading.toml")
    head = (*marker(COMMAND), "", "The probes of each service's container; Kubernetes looks at no HEALTHCHECK.")
    return written(found, head)


def readiness_path(member: Member, health: HealthCheck) -> str:
    """What answers whether requests can be sent: a route of that name, else the health check's own."""
    paths = (fact.value for fact in member.facts.health)
    return next((path for path in paths if path.rstrip("/").rpartition("/")[2].lower() in _READY), health.path)


def _of(member: Member, health: HealthCheck) -> Block:
    """Kubernetes counts whole seconds, and knows no time in which failures do not count, but a probe of its own."""
    patience = math.ceil(health.start_period + health.interval * health.retries)
    asked = {"timeoutSeconds": _seconds(health.timeout)}
    return {
        "startupProbe": Noted(
            "Until it answers for the first time; as long as the image's own check would be patient.",
            {**_get(health, health.path), "periodSeconds": 1, "failureThreshold": patience, **asked},
        ),
        "livenessProbe": Noted(
            "The container is started again when this fails.",
            {
                **_get(health, health.path),
                "periodSeconds": _seconds(health.interval),
                "failureThreshold": health.retries,
                **asked,
            },
        ),
        "readinessProbe": Noted(
            "No requests are sent while this fails.",
            {
                **_get(health, readiness_path(member, health)),
                "periodSeconds": min(10, _seconds(health.interval)),
                "failureThreshold": health.retries,
                **asked,
            },
        ),
    }


def _get(health: HealthCheck, path: str) -> Block:
    """What is asked: a path, gRPC's health service (Kubernetes 1.27 has it), or the command of a check that knows
    another way."""
    if health.protocol == "grpc":
        return {"grpc": {"port": health.port}}
    return {"httpGet": {"path": path, "port": health.port}} if path else {"exec": {"command": [*health.command]}}


def _seconds(time: float) -> int:
    return max(1, math.ceil(time))
