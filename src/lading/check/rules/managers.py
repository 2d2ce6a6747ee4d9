"""Package managers in the stage that ships: whoever gets in can bring what they need."""

from collections.abc import Iterator

from lading.check.rules.leftovers import develops
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Rule

SHIPPED = Rule(
    id="package-manager-shipped",
    severity="info",
    title="Package managers are in the stage that ships",
    why="Nothing in production installs anything; who breaks in does.",
)
RULES = (SHIPPED,)

MANAGERS = ("apt-get", "apk", "dnf", "microdnf", "yum", "pip", "npm", "yarn", "pnpm")
"""Their programs, those of the system first."""


def find(subject: Subject) -> Iterator[Finding]:
    """All that PATH leads to at the end of the stage that ships, in one finding where its base is named."""
    if develops(subject):
        return
    end = subject.ships.end
    found = [(name, end.files.which(name, end.path)) for name in MANAGERS]
    there = [(name, one) for name, one in found if one.present]
    if there:
        names = ", ".join(shown(name) for name, _ in there)
        origin = first_made(there[0][1].origin)
        yield tell(
            SHIPPED, subject.place(subject.ships.stage.start.span), f"{names} ship",
            since(origin, f"{shown(there[0][0])} comes from here"),
            help="copy what runs into a base without them: distroless, or scratch for static programs",
        )  # fmt: skip
