"""YAML that reads back as what was written, whatever that was."""

import string

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from lading.errors import UsageError
from lading.render.document import MERGE, Noted, OneLine, Shared, Taken, written

AMBIGUOUS = ["yes", "No", "ON", "~", "null", "1e3", "0o17", "0x1f", "1_000", "12:30", "2001-01-01", ".5", "=", "<<"]
TEXT = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="a '\"\\$#-<>&*!|%@`[]{}?:,=\n\té0.1e_", max_size=12),
    st.sampled_from(AMBIGUOUS),
)
VALUES = st.recursive(
    st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.lists(TEXT, max_size=3).map(OneLine)),
    lambda inner: st.one_of(
        st.dictionaries(TEXT, inner, max_size=3),
        st.lists(TEXT, max_size=3),
        st.lists(st.dictionaries(TEXT, inner, min_size=1, max_size=2), min_size=1, max_size=2),
        st.builds(Noted, TEXT, inner.filter(lambda value: not isinstance(value, Noted))),
    ),
    max_leaves=12,
)


def plain(value: object) -> object:
    """A value as a reader has it."""
    match value:
        case Noted(value=inner):
            return plain(inner)
        case dict():
            return {key: plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    return value


@example({"key": "A\x85b\u2028c\u2029"}, [])
@given(st.dictionaries(TEXT, VALUES, max_size=4), st.lists(TEXT, max_size=2))
def test_a_document_reads_back_as_it_is(document: dict[str, object], head: list[str]) -> None:
    assert (yaml.safe_load(written(document, head)) or {}) == plain(document)


@given(TEXT)
def test_a_text_is_never_taken_for_anything_else(text: str) -> None:
    line = written({"a": text}).removeprefix("a: ").rstrip("\n")
    quoted = line[:1] in "'\""
    assert quoted or line[0] in string.ascii_letters + "_/$." or line.rstrip("msGMh").isdecimal()
    assert quoted or line.lower() not in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def test_what_is_not_utf8_is_refused() -> None:
    for document in ({"a": "\ud800"}, {"\ud800": "a"}, {"a": OneLine(["\ud800"])}):
        with pytest.raises(UsageError, match="UTF-8"):
            written(document)


def test_how_it_looks() -> None:
    document = {
        "x-shared": Noted("What both have.", Shared("shared", {"image": "a:1", "user": "1000:1000"})),
        "services": {
            "one": {MERGE: Taken("shared"), "command": OneLine(["serve", "it's"]), "restart": Noted("Why not.", "no")},
            "two": {"restart": Noted("Why not.", "no"), "ports": ["1:1"], "mounts": [{"type": Noted("A", "b")}]},
        },
    }  # fmt: skip
    text = written(document, ["A head.", "", "on and " * 15 + "so on"])
    assert yaml.safe_load(text)["services"]["one"]["image"] == "a:1"
    assert text == (
        "# A head.\n"
        "#\n"
        f"# {'on and ' * 15}so\n"
        "# on\n"
        "\n"
        "# What both have.\n"
        "x-shared: &shared\n"
        "  image: a:1\n"
        '  user: "1000:1000"\n'
        "\n"
        "services:\n"
        "  one:\n"
        "    <<: *shared\n"
        '    command: ["serve", "it\'s"]\n'
        "    # Why not.\n"
        '    restart: "no"\n'
        "\n"
        "  two:\n"
        '    restart: "no"\n'
        "    ports:\n"
        '      - "1:1"\n'
        "    mounts:\n"
        "      # A\n"
        "      - type: b\n"
    )


@given(TEXT)
def test_a_comment_stays_one(why: str) -> None:
    text = written({"a": Noted(f"x {why}", 1)})
    assert all(line.startswith("#") for line in text.splitlines()[:-1])
    assert yaml.safe_load(text) == {"a": 1}
