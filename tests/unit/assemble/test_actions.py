from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lading.assemble.actions import History, explain, key_of
from lading.assemble.result import Reason
from lading.store import Store

INPUTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5)


@given(INPUTS, INPUTS)
def test_keys_are_equal_exactly_when_inputs_are(one: dict[str, str], other: dict[str, str]) -> None:
    assert (key_of("a", one) == key_of("a", other)) == (one == other)
    assert key_of("a", one) != key_of("b", one)


def test_the_order_of_inputs_does_not_matter() -> None:
    assert key_of("a", {"x": "1", "y": "2"}) == key_of("a", {"y": "2", "x": "1"})


def test_a_change_is_told_in_the_words_of_its_input() -> None:
    before = {"uv.lock: httpx": "0.28.1 sha256:aa", "uv.lock: old": "1 sha256:bb", "same": "x"}
    after = {"uv.lock: httpx": "0.28.2 sha256:cc", "uv.lock: new": "2 sha256:dd", "same": "x"}
    assert explain(before, after) == (
        Reason(input="uv.lock: httpx", before="0.28.1", after="0.28.2"),
        Reason(input="uv.lock: new", before="", after="2"),
        Reason(input="uv.lock: old", before="1", after=""),
    )


def test_where_only_the_detail_differs_it_is_shown() -> None:
    assert explain({"p": "1.0 sha256:aa"}, {"p": "1.0 sha256:bb"}) == (
        Reason(input="p", before="1.0 sha256:aa", after="1.0 sha256:bb"),
    )


def test_history_gives_back_the_last_inputs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    history = History(store, "svc-linux/amd64-base")
    assert history.last() is None
    history.keep({"a": "1"})
    assert History(store, "svc-linux/amd64-base").last() == {"a": "1"}
