"""The five systems as their teams' decision records describe them: figures and decisions in the records' own words."""

from collections.abc import Mapping
from typing import NamedTuple


class SingleStage(NamedTuple):
    """A Dockerfile with one stage, built in a folder of the example; the size and the reduction that the record has."""

    dockerfile: str
    context: str
    size: str
    reduction: str


class System(NamedTuple):
    """One example. `sizes` are what the record says of images on disk, by service (or empty for all alike); `first` and
    `changed` of building; `edit` is the file that the measurement changes by a line, `remark` how a comment begins in
    it; `starts` are the services that are started, with the variables that they want; `single` are single-stage
    Dockerfiles to compare with, by service; `table` is what the record's table of compliance says, by requirement."""

    folder: str
    record: str
    base: str
    user: str
    sizes: Mapping[str, str]
    first: str
    changed: str
    edit: str
    remark: str
    starts: Mapping[str, Mapping[str, str]]
    single: Mapping[str, SingleStage] = {}
    table: Mapping[str, str] = {}


SYSTEMS = (
    System(
        folder="fleet",
        record="Container Strategy: multi-stage builds for 21 microservices in Go",
        base="alpine",
        user="",
        sizes={"": "~20 MB (one program; here there are three)"},
        first="",
        changed="",
        edit="services/review/review.go",
        remark="//",
        starts={"review": {}},
    ),
    System(
        folder="stockbook",
        record="Docker Containerization Strategy",
        base="python:3.11-slim",
        user="appuser (1000)",
        sizes={},
        first="",
        changed="",
        edit="src/main.py",
        remark="#",
        starts={"stockbook": {"SECRET_KEY": "only-for-measuring"}},
    ),
    System(
        folder="notes",
        record="Use Docker Multistage Build for Production Deployment",
        base="distroless",
        user="",
        sizes={},
        first="",
        changed="",
        edit="notes/app.py",
        remark="#",
        starts={"notes": {}},
    ),
    System(
        folder="storefront",
        record="Multi-Stage Docker Builds",
        base="node:24-alpine, alpine:3.22",
        user="not root",
        sizes={"storefront": "~150 MB", "backend": "~50 MB"},
        first="",
        changed="",
        edit="backend/main.go",
        remark="//",
        starts={"backend": {}, "storefront": {}, "storefront-site": {}},
        single={
            "storefront": SingleStage("naive/frontend.Dockerfile", "frontend", "~500 MB", "~70%"),
            "backend": SingleStage("naive/backend.Dockerfile", "backend", "~800 MB", "~94%"),
        },
    ),
    System(
        folder="riskshield",
        record="Docker Container Strategy",
        base="python:3.13-slim",
        user="appuser (1000)",
        sizes={"riskshield": "~175 MB, under 200 MB"},
        first="~90 s",
        changed="~5 s",
        edit="src/main.py",
        remark="#",
        starts={"riskshield": {}},
        table={
            "Multi-stage build": "builder + runtime stages",
            "Non-root user": "appuser (UID 1000)",
            "Small base image": "python:3.13-slim (175MB)",
            "Health check": "curl-based health check",
            "Port exposed": "EXPOSE 8080",
        },
    ),
)
"""In the order of their records."""
