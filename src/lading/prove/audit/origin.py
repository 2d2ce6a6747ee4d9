"""Which layers of an image are those of the image that it stands on.

Nothing in a manifest says so. What is asked, in this order: the base's own layers, where somebody names the base;
layers at the front that the history does not know; the history that Lading writes; the last command that a history sets
before further layers come, since an image ends with its command, and whoever stands on it goes on behind it. dive
blames everything on the team (its issue 454).
"""

from collections.abc import Sequence

from lading.digest import Digest
from lading.errors import UsageError
from lading.oci.documents import History, ImageConfig
from lading.prove.audit.inside import Origin
from lading.prove.history import events_of_layers

_OURS = "lading: "
_OUR_BASE = ("lading: base", "base image")
_COMMANDS = ("CMD ", "ENTRYPOINT ", "/bin/sh -c #(nop)  CMD", "/bin/sh -c #(nop) CMD", "/bin/sh -c #(nop)  ENTRYPOINT")
NAMED, HISTORY, COMMANDS = "the base that was named", "Lading's history", "the commands in the history"
UNTOLD = "what the history lacks"


def origin_of(config: ImageConfig, layers: Sequence[Digest], base: Sequence[Digest]) -> Origin:
    """How many of the first `layers` are the base's. `UsageError` where a base is named that the image does not stand
    on."""
    if base:
        if list(layers[: len(base)]) != list(base):
            raise UsageError(
                "the image does not stand on this base",
                where=f"the base has {len(base)} layers, and the image begins with others",
                fix="name the very image that it was built from, by digest if the tag has moved",
            )
        return Origin(len(base), NAMED)
    history = config.history or ()
    events = events_of_layers(history, len(layers))
    if events is None:
        return Origin(0, "")
    untold = sum(event is None for event in events)
    return Origin(untold, UNTOLD) if untold else _of_lading(events) or _of_commands(history)


def _of_lading(events: Sequence[History | None]) -> Origin | None:
    made = [event.created_by for event in events if event]
    if not any(text.startswith(_OURS) for text in made):
        return None
    ours = [at for at, text in enumerate(made) if text.startswith(_OURS) and text not in _OUR_BASE]
    return Origin(ours[0] if ours else len(made), HISTORY)


def _of_commands(history: Sequence[History]) -> Origin:
    """The layers up to the last command that has a layer behind it."""
    layers = found = 0
    pending = -1
    for event in history:
        if event.empty_layer:
            pending = layers if event.created_by.startswith(_COMMANDS) else pending
            continue
        layers += 1
        if pending >= 0:
            found, pending = pending, -1
    return Origin(found, COMMANDS) if found else Origin(0, "")
