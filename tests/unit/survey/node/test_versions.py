"""The release line of node: a bound in engines, a choice in a file, never this machine's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.node.versions import LINES, allows, node_fact


@pytest.mark.parametrize(
    ("range_", "lines"),
    [
        ("24.x", ["24"]),
        ("24", ["24"]),
        (">=18", ["24", "22", "20"]),
        ("^20 || ^22", ["22", "20"]),
        ("20 - 22", ["22", "20"]),
        ("~22.1.0", ["22"]),
        (">=20.11.0 <23", ["22", "20"]),
        (">22", ["24"]),
        ("<=22", ["22", "20"]),
        ("<22.1", ["22", "20"]),
        ("^24.6.0", ["24"]),
        ("=v22.11.0", ["22"]),
        ("*", ["24", "22", "20"]),
        ("", ["24", "22", "20"]),
        (">=25", []),
        ("^0.12", []),
        ("latest", []),
        ("18", []),
    ],
)
def test_a_range_is_solved_over_the_supported_lines(range_: str, lines: list[str]) -> None:
    assert [line for line in LINES if allows(range_, line)] == lines


@pytest.mark.parametrize(
    ("engines", "files", "told"),
    [
        ("", {}, ("24", "assumed")),
        (">=20", {}, ("24", "found")),
        (">=20", {".nvmrc": "v22.11.0\n"}, ("22", "declared")),
        ("22.x", {".nvmrc": "20"}, ("22", "found")),
        ("", {".node-version": "20.19.0"}, ("20", "declared")),
        ("", {".nvmrc": "lts/*"}, ("24", "declared")),
        ("", {".nvmrc": "# ours\nlts/jod"}, ("22", "declared")),
        ("", {".tool-versions": "python 3.13\nnodejs 22.1.0\n"}, ("22", "declared")),
        ("", {"mise.toml": '[tools]\nnode = "20"\n'}, ("20", "declared")),
        ("", {"../.nvmrc": "22"}, ("22", "declared")),
        ("", {".nvmrc": "18"}, ("18", "declared")),
        (">=99", {}, (">=99", "declared")),
    ],
)
def test_what_the_project_says_decides(engines: str, files: dict[str, str], told: tuple[str, str]) -> None:
    fact = node_fact(engines, {path: text.encode() for path, text in files.items()})
    assert (fact.value, fact.certainty) == told


@given(st.text(alphabet="0123456789.xX*^~<>=| -v", max_size=24))
def test_no_range_is_an_error(range_: str) -> None:
    assert {allows(range_, line) for line in LINES} <= {True, False}
