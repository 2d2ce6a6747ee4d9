"""What a compose file says of a service that runs the image, and that does not hold."""

from collections.abc import Iterator

from lading.check.rules.origins import shown
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Rule

STARTED = Rule(
    id="depends-on-start",
    severity="info",
    title="A service starts before what it depends on answers",
    why="Without a condition, Compose waits until the other container has begun, not until it is ready: a service that "
    "needs its database at once fails at the first start, and works at the second.",
)
RULES = (STARTED,)

_WAITING = ("pg_isready", "wait-for", "wait_for", "nc -z", "dockerize", "mysqladmin ping", "redis-cli")


def find(subject: Subject) -> Iterator[Finding]:
    """Services that wait for nothing: neither Compose nor their own start script does."""
    texts = [one.text for one in subject.starts if one.text is not None]
    if any(word in text for text in texts for word in _WAITING):
        return
    for service in subject.services:
        early = {name: told for name, told in service.depends_on.items() if told.text == "service_started"}
        if early:
            names = " and ".join(map(shown, early))
            yield tell(
                STARTED, next(iter(early.values())).place, f"{shown(service.name)} starts when {names} has begun",
                help="give it a health check, and `depends_on: {NAME: {condition: service_healthy}}`",
            )  # fmt: skip
