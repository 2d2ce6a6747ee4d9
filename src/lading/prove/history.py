"""What an image's history says of its layers."""

from collections.abc import Sequence

from lading.oci.documents import History

FILLED_IN = "buildkit.exporter.image.v0"
"""What BuildKit notes on entries that it appends where a history is shorter than the layers, because the base has none
(https://github.com/moby/buildkit/blob/v0.20.0/exporter/containerimage/writer.go, `normalizeLayersAndHistory`). They
stand at the end; what is missing is missing at the front."""


def events_of_layers(history: Sequence[History], layers: int) -> list[History | None] | None:
    """The entry of each layer, or nothing for a layer that the history does not know; nothing at all for a history that
    does not fit the layers."""
    told: list[History | None] = [event for event in history if not event.empty_layer]
    if len(told) != layers:
        return None
    missing = 0
    while told and told[-1] is not None and told[-1].comment == FILLED_IN:
        told.pop()
        missing += 1
    return [*([None] * missing), *told]


def titles(history: Sequence[History], layers: int) -> list[str]:
    """A title for each layer, from the history where it fits, else numbers."""
    events = events_of_layers(history, layers) or [None] * layers
    return [_title(event) or f"layer {at}" for at, event in enumerate(events, 1)]


def _title(event: History | None) -> str:
    return " ".join(event.created_by.removeprefix("lading: ").split()) if event else ""
