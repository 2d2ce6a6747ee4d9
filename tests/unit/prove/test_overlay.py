import tarfile

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.prove.samples import Content, a_layer

from lading.prove.content import entries
from lading.prove.overlay import Overlay


def stacked(*layers: dict[str, Content]) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """What is seen of some layers, each path with the number of its layer, and what was hidden, in order."""
    hidden: list[tuple[str, int]] = []
    overlay: Overlay[int] = Overlay(lambda path, layer: hidden.append((path, layer)))
    for number, layer in enumerate(layers):
        overlay.begin_layer()
        for entry in entries(a_layer(layer)):
            overlay.apply(entry, number)
        overlay.end_layer()
    return overlay.paths, hidden


def test_later_layers_replace_and_take_away() -> None:
    seen, hidden = stacked({"a": b"1", "b/c": b"2", "d": b"3"}, {"a": b"4", "b/.wh.c": b""})
    assert seen == {"a": 1, "d": 0}
    assert sorted(hidden) == [("a", 0), ("b/c", 0)]


def test_a_folder_over_a_folder_hides_nothing() -> None:
    assert stacked({"a/": "", "a/b": b"1"}, {"a/": ""}) == ({"a": 1, "a/b": 0}, [])


def test_a_file_over_a_folder_hides_what_is_in_it() -> None:
    seen, hidden = stacked({"a/": "", "a/b": b"1", "a/c/d": b"2", "ab": b"3"}, {"a": b"4"})
    assert seen == {"a": 1, "ab": 0}
    assert sorted(hidden) == [("a", 0), ("a/b", 0), ("a/c/d", 0)]


def test_a_link_over_a_folder_hides_what_is_in_it() -> None:
    link = tarfile.TarInfo("a")
    link.type, link.linkname = tarfile.SYMTYPE, "b"
    assert stacked({"a/": "", "a/b": b"1"}, {"a": link})[0] == {"a": 1}


def test_what_is_in_a_folder_hides_a_link_of_its_name() -> None:
    """Docker unpacks a layer by itself: `lib` becomes a folder, and nothing is found through the link any more."""
    seen, hidden = stacked({"lib": "-> usr/lib", "usr/lib/a": b"1"}, {"lib/x/b": b"2"})
    assert seen == {"usr/lib/a": 0, "lib/x/b": 1}
    assert hidden == [("lib", 0)]


def test_an_opaque_folder_hides_what_lower_layers_have_in_it_and_not_what_its_own_has() -> None:
    seen, hidden = stacked({"a/b": b"1", "a/c": b"2"}, {"a/c": b"3", "a/.wh..wh..opq": b""})
    assert seen == {"a/c": 1}
    assert sorted(hidden) == [("a/b", 0), ("a/c", 0)]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from([b"1", "whiteout"]), max_size=3), max_size=4))
def test_every_path_is_seen_or_was_hidden_exactly_once(layers: list[dict[str, bytes | str]]) -> None:
    named: list[dict[str, Content]] = [
        {f".wh.{path}" if value == "whiteout" else path: b"1" for path, value in layer.items()} for layer in layers
    ]
    seen, hidden = stacked(*named)
    came = sorted((path, number) for number, layer in enumerate(named) for path in layer if not path.startswith(".wh."))
    assert sorted([*seen.items(), *hidden]) == came
