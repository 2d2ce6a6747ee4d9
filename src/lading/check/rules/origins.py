"""Who made something what it is, in findings."""

from lading.check.model.entry import Origin
from lading.finding import Because


def since(origin: Origin, text: str) -> Because:
    """An instruction or base that made it so, and how."""
    return Because(place=origin.place, text=text)


def first_made(origin: Origin) -> Origin:
    """Who made it, where it was copied from stage to stage since."""
    while origin.earlier is not None and origin.earlier.act != "context":
        origin = origin.earlier
    return origin


def shown(text: str) -> str:
    """A text of the Dockerfile in a message: in backquotes, cut where it is long."""
    text = " ".join(text.split())
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
