"""Secrets: in the files of any layer, also of those that a later layer removes, and in what the configuration says."""

import re
from collections.abc import Iterator

from lading.finding import Because, Finding, Place, Rule
from lading.prove.audit.credentials import password_in_address
from lading.prove.audit.found import found, listed
from lading.prove.audit.inside import Inside, Secret
from lading.prove.audit.scanner import secrets_in

FILE = Rule(
    id="secret-in-layer",
    severity="error",
    title="a secret is in a layer",
    why="Whoever can pull the image can read every layer of it, also files that a later layer removes. The secret has "
    "to be taken for known: replace it, not only the image.",
)
SAID = Rule(
    id="secret-in-configuration",
    severity="error",
    title="a secret is in the image's configuration",
    why="Variables, labels and the history of an image (with the values of build arguments) are shown by `docker "
    "inspect` and `docker history` to everybody who can pull it.",
)
RULES = (FILE, SAID)
_OF_LANGUAGES = re.compile(r"usr/local/go/src/|(?:.*/)?(?:lib/python3\.[0-9]+/test|go/pkg/mod)/")
_MOUNT = "RUN --mount=type=secret lets a build use a secret without keeping it"


def look(inside: Inside) -> Iterator[Finding]:
    """One finding a file and kind, then the configuration's."""
    for secret in inside.secrets:
        if not _is_known(inside, secret.path):
            yield _in_file(inside, secret)
    for kind, places in _in_configuration(inside).items():
        place = Place(path=f"configuration › {places[0]}")
        yield found(SAID, f"{kind} in {listed(places)}", place, help=f"replace it; {_MOUNT}")


def count(inside: Inside) -> int:
    """How many findings there are of what no published package brings along."""
    return sum(finding.severity != "info" for finding in look(inside))


def _is_known(inside: Inside, path: str) -> bool:
    """Whether everybody has the file: of a Debian package, or the tests of Go and Python themselves."""
    owner = inside.owner(path)
    return (owner is not None and owner.kind == "debian") or bool(_OF_LANGUAGES.match(path))


def _in_configuration(inside: Inside) -> dict[str, list[str]]:
    """Kinds of secrets, and where each of them is: a build argument stands in the history of every later RUN."""
    places: dict[str, list[str]] = {}
    for where, text in _said(inside):
        kinds = [*secrets_in(text), *(["a password in an address"] if password_in_address(text) else [])]
        for kind in dict.fromkeys(kinds):
            places.setdefault(kind, []).append(where)
    return places


def _in_file(inside: Inside, secret: Secret) -> Finding:
    place = Place(path=f"/{secret.path}", layer=inside.titles[secret.layer])
    owner = inside.owner(secret.path)
    if owner:
        # Whoever likes can fetch the package: what is in it is an example or a test's own.
        message = f"{secret.kind} in /{secret.path}, which the package {owner.name} publishes"
        return found(FILE, message, place, severity="info")
    there = inside.files.get(secret.path)
    because: list[Because] = []
    removed = ""
    if there is None:
        removed = "; a later layer removes it, and everybody can still read it"
    elif there.layer != secret.layer:
        removed = "; a later layer replaces it, and everybody can still read it"
        because.append(Because(place=inside.place(secret.path), text="replaced here"))
    whose = inside.whose(secret.layer)
    message = f"{secret.kind} in /{secret.path}{f' ({whose})' if whose else ''}{removed}"
    return found(FILE, message, place, because=because, help=f"replace it, and build anew: {_MOUNT}")


def _said(inside: Inside) -> Iterator[tuple[str, str]]:
    """What the configuration says, piece by piece. The variables are one text: an id and its secret are two of them."""
    yield "Env", "\n".join(inside.run.env or ())
    yield "Labels", "\n".join(f"{name}={value}" for name, value in (inside.run.labels or {}).items())
    for number, event in enumerate(inside.config.history or (), 1):
        yield f"history {number}", f"{event.created_by}\n{event.comment}"
    words = (*inside.command, *(inside.run.healthcheck.test if inside.run.healthcheck else ()))
    yield "Cmd", "\n".join(words)
