"""States that part and come together again, over and over."""

from lading.check.model.entry import Entry, Origin
from lading.check.model.nodes import folder, join, present, with_child
from lading.finding import Place

ORIGIN = Origin(act="run", place=Place(path="Dockerfile"), text="RUN", stage=0)


def test_names_are_gathered_once_however_often_what_may_have_been_done_is_joined() -> None:
    """Each `if` doubles the ways on which a name can be reached; there are as many as a start script has."""
    node = folder(Entry(kind="folder", origin=ORIGIN))
    for number in range(200):
        made = with_child(node, f"file{number}", present(Entry(kind="file", origin=ORIGIN)))
        node = join(made, node)
    assert set(node.names()) <= {f"file{number}" for number in range(200)}
    assert node.child("file199").presence == "unknown"
