import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.debian.versions import compare, satisfies, version_key

VERSIONS = st.builds(
    lambda epoch, upstream, revision: f"{epoch}{upstream}{revision}",
    st.sampled_from(["", "0:", "1:", "12:"]),
    st.from_regex(r"[0-9][0-9a-zA-Z.+~]{0,8}", fullmatch=True),
    st.sampled_from(["", "-0", "-1", "-1+b1", "-1~deb13u1", "-0.1", "-a"]),
)
OPERATORS = {"<<": "lt-nl", "<=": "le-nl", "=": "eq", ">=": "ge-nl", ">>": "gt-nl"}

ASCENDING = [
    "1.0~~",
    "1.0~~a",
    "1.0~",
    "1.0~rc1-1",
    "1.0",
    "1.0-1~bpo12+1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb13u1",
    "1.0-1.1",
    "1.0-2",
    "1.0-10",
    "1.0a",
    "1.0+dfsg-1",
    "1.0.1",
    "1.00002",
    "1.10",
    "2026f-0+deb13u1",
    "1:0.1",
    "1:1.3.dfsg+really1.3.1-1",
    "2:0",
]


def test_versions_in_their_order() -> None:
    assert sorted(ASCENDING[7:] + ASCENDING[:7], key=version_key) == ASCENDING
    assert [compare(left, right) for left, right in pairwise(ASCENDING)] == [-1] * 20


@pytest.mark.parametrize(
    ("left", "right"), [("1.0", "1.0-0"), ("0:1.0", "1.0"), ("1.01", "1.1"), ("1.", "1.0"), ("00:1-00", "1")]
)
def test_two_spellings_of_one_version(left: str, right: str) -> None:
    assert compare(left, right) == compare(right, left) == 0


def test_the_last_hyphen_divides() -> None:
    assert compare("1.0-a-1", "1.0-a-2") < 0
    assert compare("1.0-9-1", "1.0-10-1") < 0


def test_numbers_of_any_length() -> None:
    assert compare("1" * 5000, "1" * 4999 + "0") > 0


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(a: str, b: str, c: str) -> None:
    assert compare(a, a) == 0
    assert compare(a, b) == -compare(b, a)
    if compare(a, b) <= 0 and compare(b, c) <= 0:
        assert compare(a, c) <= 0


@given(VERSIONS, VERSIONS)
def test_relations_agree_with_the_order(a: str, b: str) -> None:
    order = compare(a, b)
    held = {relation for relation in ("<<", "<=", "=", ">=", ">>") if satisfies(a, relation, b)}
    assert held == ({"<=", "=", ">="} if order == 0 else {"<<", "<="} if order < 0 else {">=", ">>"})
    assert satisfies(a, "", b)


@given(VERSIONS)
def test_a_tilde_sorts_before_and_a_plus_after(version: str) -> None:
    assert compare(version + "~x", version) < 0 < compare(version + "+x", version)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not installed")
@settings(max_examples=150)
@given(VERSIONS, VERSIONS)
def test_dpkg_agrees(a: str, b: str) -> None:
    relation = "<<" if compare(a, b) < 0 else "=" if compare(a, b) == 0 else ">>"
    done = subprocess.run(["dpkg", "--compare-versions", a, OPERATORS[relation], b], check=False, capture_output=True)
    assert done.returncode == 0, (a, relation, b)
