import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.render.naming import Names, Ports

TEXT = st.one_of(st.text(max_size=90), st.text(alphabet="aA-_. \n$é1", max_size=12))


@given(st.lists(TEXT, max_size=12))
def test_names_are_valid_and_never_the_same(wishes: list[str]) -> None:
    names = Names()
    given_out = [names.service(wish) for wish in wishes]
    assert len(set(given_out)) == len(wishes)
    assert all(re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", name) and len(name) <= 63 for name in given_out)


@given(st.lists(TEXT, max_size=12))
def test_variables_are_valid_and_never_the_same(wishes: list[str]) -> None:
    names = Names()
    given_out = [names.variable(wish) for wish in wishes]
    assert len(set(given_out)) == len(wishes)
    assert all(re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) for name in given_out)


@pytest.mark.parametrize(("wish", "name"), [
    ("shop", "shop"), ("Shop API", "shop-api"), ("a_b", "a-b"), ("--rm", "rm"), ("", "service"), ("日本", "service"),
])  # fmt: skip
def test_names_that_are_fine_are_kept(wish: str, name: str) -> None:
    assert Names().service(wish) == name


@given(st.lists(st.tuples(st.integers(1, 65535), st.integers(1, 20)), max_size=12))
def test_ports_are_given_out_once(wishes: list[tuple[int, int]]) -> None:
    ports = Ports()
    taken: set[int] = set()
    for wanted, count in wishes:
        first, _, last = ports.take(wanted, count).partition("-")
        got = set(range(int(first), int(last or first) + 1))
        assert len(got) == count
        assert not got & taken
        assert all(0 < port < 65536 for port in got)
        taken |= got
