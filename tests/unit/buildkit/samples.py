"""Jobs, and what the real buildx 0.13 said of real builds (`logs/`)."""

from pathlib import Path
from typing import Any

import msgspec

from lading.assemble.result import Event
from lading.buildkit.messages import Reader
from lading.buildkit.model import Job
from lading.buildkit.secrets import Secrets
from lading.buildkit.steps import Steps

LOGS = Path(__file__).parent / "logs"
DOCKERFILE = """\
FROM scratch AS build
# The program itself, and what it says.
COPY busybox /bin/busybox
RUN ["/bin/busybox","sh","-c","echo one; echo two >&2; exit 7"]
"""


def job(**changes: Any) -> Job:
    """A small job."""
    one = Job(
        service="api",
        image="registry.example/api",
        dockerfile=DOCKERFILE,
        ignore="*.md\n",
        file="the Dockerfile of api",
        context=Path("/repo/api"),
        platforms=("linux/amd64",),
    )
    return msgspec.structs.replace(one, **changes)


def heard(name: str, secrets: Secrets | None = None) -> tuple[Steps, list[str], list[Event]]:
    """A recorded build, heard to its end: steps, buildx's own words, and the events that were told."""
    events: list[Event] = []
    steps = Steps(events.append, secrets or Secrets(()), ["linux/amd64"])
    reader = Reader()
    for line in (LOGS / f"{name}.log").read_text().splitlines():
        message = reader.read(line)
        if message:
            steps.hear(message)
    return steps, list(reader.words), events
