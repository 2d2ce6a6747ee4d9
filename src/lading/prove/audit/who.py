"""Whom the image runs as."""

from collections.abc import Iterator

from lading.finding import Finding, Place, Rule
from lading.prove.audit.found import found
from lading.prove.audit.inside import Inside

ROOT = Rule(
    id="runs-as-root",
    severity="error",
    title="the image runs as root",
    why="Whoever breaks into the process owns everything in the container, and is one mistake of the kernel or the "
    "runtime away from the host.",
)
MISSING = Rule(
    id="account-not-in-image",
    severity="error",
    title="the user's name is not in the image",
    why="The runtime looks the name up in the image's own /etc/passwd before it starts anything, and gives up.",
)
NAMED = Rule(
    id="user-by-name",
    severity="warning",
    title="the user is a name, not a number",
    why="Kubernetes cannot tell that a name is not root, and refuses to start it where `runAsNonRoot` is asked for.",
)
RULES = (ROOT, MISSING, NAMED)
_PLACE = Place(path="configuration › User")


def look(inside: Inside) -> Iterator[Finding]:
    """What is wrong with the user."""
    user = inside.user
    if user.uid is None or (user.gid is None and ":" in user.said):
        message = f"{user.said!r} is not in the image's /etc/passwd or /etc/group"
        yield found(MISSING, message, _PLACE, help="make the account, or name the user by number")
    elif user.uid == 0:
        said = f"its user is {user.said!r}" if user.said else "it names no user, which means root"
        yield found(ROOT, f"the image runs as root: {said}", _PLACE, help="USER 65532:65532, or any number but 0")
    elif not user.numeric:
        message = f"the user is named {user.said!r}, which is {user.uid} in the image"
        yield found(NAMED, message, _PLACE, help=f"USER {user.uid}:{user.uid if user.gid is None else user.gid}")
