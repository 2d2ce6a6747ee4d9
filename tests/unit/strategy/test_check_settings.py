"""The settings of `lading check`."""

import pytest
from msgspec import UNSET

from lading.errors import LadingError
from lading.strategy.read import read_strategy


def test_what_does_not_count_has_a_reason() -> None:
    text = b"""
[check]
fail-on = "warning"
exclude = ["legacy/**"]
[check.ignore.base-not-pinned]
reason = "the release job pins them"
[check.ignore."hadolint/DL3008"]
reason = "the newest by decision"
paths = ["a/*"]
"""
    check = read_strategy(text, None).strategy.check
    assert (check.fail_on, check.exclude, check.baseline) == ("warning", ["legacy/**"], UNSET)
    assert {rule: (one.reason, one.paths) for rule, one in check.ignore.items()} == {
        "base-not-pinned": ("the release job pins them", UNSET),
        "hadolint/DL3008": ("the newest by decision", ["a/*"]),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[check]\nfail-on = "errors"', "check.fail-on"),
        ("[check.ignore.some-rule]\npaths = []", "check.ignore.some-rule"),
        ('[check.ignore."a b"]\nreason = "r"', "check.ignore"),
        ('[check]\nbaseline = "../outside.json"', "check.baseline"),
        ("[check]\nignored = 1", "ignore"),
    ],
)
def test_every_error_names_its_key(text: str, told: str) -> None:
    with pytest.raises(LadingError) as caught:
        read_strategy(text.encode(), None)
    assert told in str(caught.value)
