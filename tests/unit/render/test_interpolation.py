"""What compose makes of our texts, told by a small reader of its rules."""

import re
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lading.render.document import Noted, OneLine, Shared
from lading.render.interpolation import escaped, joined, optional, required

TEXT = st.one_of(st.text(max_size=20), st.text(alphabet="a${}:-?\\'\" ", max_size=20))
_FOUND = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_]\w*)(?::(?P<sign>[-?])(?P<rest>[^}]*))?\})")


def replaced(text: str, env: Mapping[str, str]) -> str:
    """A text as compose has it after it has looked at the environment; a lone dollar is an error there."""
    bare = _FOUND.sub("", text)
    assert "$" not in bare, text

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        said = env.get(found["name"], "")
        assert said or found["sign"] == "-", f"{found['name']}: {found['rest']}"
        return said or found["rest"]

    return _FOUND.sub(value, text)


@given(TEXT)
def test_a_text_means_itself(text: str) -> None:
    assert replaced(str(escaped(text)), {}) == text
    assert replaced(joined(text), {}) == text


@given(TEXT)
def test_a_default_holds_until_the_variable_says_otherwise(text: str) -> None:
    template = optional("NAME", text)
    assert replaced(template, {}) == text
    assert replaced(str(escaped(template)), {"NAME": "other"}) in ("other", text)


def test_templates_stay_what_they_are_beside_texts() -> None:
    assert joined("a$b:", optional("PORT", "80"), ":$") == "a$$b:${PORT:-80}:$$"
    assert escaped(required("KEY", "say it")) == "${KEY:?say it}"
    assert optional("NAME", "a}b") == "a}b"


def test_every_kind_of_value_is_reached() -> None:
    document = {
        "$k": Noted("$", OneLine(["$a"])),
        "b": ["$", {"c": "$"}],
        "d": Shared("x", {"e": "$"}),
        "f": 1,
        "g": None,
    }
    assert escaped(document) == {
        "$k": Noted("$", OneLine(["$$a"])), "b": ["$$", {"c": "$$"}], "d": Shared("x", {"e": "$$"}), "f": 1, "g": None,
    }  # fmt: skip
