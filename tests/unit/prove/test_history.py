from lading.oci.documents import History
from lading.prove.history import FILLED_IN, events_of_layers, titles


def test_each_layer_has_its_entry() -> None:
    history = [
        History(created_by="RUN a"),
        History(created_by="ENV b", empty_layer=True),
        History(created_by="lading: c"),
    ]
    assert titles(history, 2) == ["RUN a", "c"]


def test_a_history_that_does_not_fit_says_nothing() -> None:
    assert events_of_layers([History(created_by="RUN a")], 2) is None
    assert titles([History(created_by="RUN a")], 2) == ["layer 1", "layer 2"]


def test_what_buildkit_fills_in_at_the_end_is_missing_at_the_front() -> None:
    """As BuildKit 0.12 writes it for `FROM` an image without a history: seen in `docker save`."""
    history = [
        History(created_by="COPY main.py . # buildkit", comment="buildkit.dockerfile.v0"),
        History(created_by="RUN /bin/sh -c true # buildkit", comment="buildkit.dockerfile.v0"),
        History(created_by="mount / from exec /bin/sh -c true", comment=FILLED_IN),
    ]
    assert titles(history, 3) == ["layer 1", "COPY main.py . # buildkit", "RUN /bin/sh -c true # buildkit"]
