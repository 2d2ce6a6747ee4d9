"""The bake file: every text reads back as it is, and no two targets are called the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import UsageError
from lading.render.bake import Target, bake, text

_NAMED = re.compile(r'^target "([^"]*)" \{$', re.MULTILINE)


def target(**more: object) -> Target:
    given = {"service": "api", "context": ".", "dockerfile": "Dockerfile", "image": "api", "version": "1"}
    return Target(**{**given, "platforms": ("linux/amd64",), **more})  # type: ignore[arg-type]


def read(literal: str) -> str:
    """A quoted template of HCL without any sequence (hclsyntax/spec.md), as a string."""
    assert re.fullmatch(r'"(?:[^"\\\n]|\\["\\]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*"', literal), literal
    assert "${" not in literal
    assert "%{" not in literal

    def letter(found: re.Match[str]) -> str:
        return found[1] or chr(int(found[2] or found[3], 16))

    return re.sub(r'\\(?:(["\\])|u([0-9a-f]{4})|U([0-9a-f]{8}))', letter, literal[1:-1])


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from('"\\\n\r\0#{}$%'), st.characters(exclude_categories=["Cs"])), max_size=20
    )
)
def test_any_text_reads_back(value: str) -> None:
    assert read(text(value)) == value


@pytest.mark.parametrize("value", ["${HOME}", "%{if}", "$", "$$", "a\nb", '"', "\\", "é 漢 \u2028"])
def test_texts_that_mean_something_to_hcl(value: str) -> None:
    assert read(text(value)) == value


def test_what_is_not_utf8_is_refused() -> None:
    with pytest.raises(UsageError):
        bake([target(context="\udcff")])


def test_the_dockerfile_is_named_as_seen_from_the_context() -> None:
    said = bake(
        [target(context="services/api", dockerfile="services/api/Dockerfile"), target(dockerfile="a/Dockerfile")]
    )
    assert re.findall("dockerfile = (.*)", said) == ['"Dockerfile"', '"a/Dockerfile"']


def test_targets_have_names_that_bake_takes_and_none_is_the_group_s() -> None:
    said = bake([target(service=name) for name in ("default", "api", "Api", "a.b", "é")])
    assert _NAMED.findall(said) == ["_common", "default-2", "api", "api-2", "a-b", "service"]
    assert 'targets = ["default-2", "api", "api-2", "a-b", "service"]' in said
