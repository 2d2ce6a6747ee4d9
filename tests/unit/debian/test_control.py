import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.debian.control import (
    Dependency,
    Provided,
    checked_pool_path,
    read_provides,
    read_relations,
    read_stanza,
    read_stanzas,
)
from lading.errors import VerificationFailed


def test_stanzas() -> None:
    text = "# a comment\nPackage: a\nDescription: short\n long\n .\n\tlonger\n\n\n\nPackage: b\n"
    assert list(read_stanzas(text, where="f")) == [
        {"Package": "a", "Description": "short\n long\n .\n\tlonger"},
        {"Package": "b"},
    ]


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][A-Za-z-]{0,10}", fullmatch=True),
        st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?(\n [!-~]{1,20}){0,3}", fullmatch=True),
        min_size=1,
        max_size=5,
    )
)
def test_nothing_is_lost(fields: dict[str, str]) -> None:
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    assert read_stanza(text, where="f") == fields


@pytest.mark.parametrize("text", ["", "a: 1\n\nb: 2\n", "no field\n", " first\n", "a: 1\na: 2\n", ": x\n", "-a: x\n"])
def test_what_is_no_stanza_is_refused(text: str) -> None:
    with pytest.raises(VerificationFailed) as caught:
        read_stanza(text, where="some file")
    assert caught.value.where == "some file"


def test_relations() -> None:
    assert read_relations("libc6 (>= 2.41), python3:any | awk,debconf(= 1:2.0-1~x) |a (<2)|b (> 3)", where="f") == (
        (Dependency("libc6", ">=", "2.41"),),
        (Dependency("python3", "", "", "any"), Dependency("awk")),
        (Dependency("debconf", "=", "1:2.0-1~x"), Dependency("a", "<=", "2"), Dependency("b", ">=", "3")),
    )
    assert read_relations("", where="f") == ()


def test_a_relation_shows_as_it_is_written() -> None:
    text = "libc6 (>= 2.41), python3:any, awk"
    assert ", ".join(str(group[0]) for group in read_relations(text, where="f")) == text


@pytest.mark.parametrize(
    "text", ["a b", "a (2)", "a (~ 2)", "A", "a |", "a (>= 2) x", "a (>= ../x)", "a; rm", "a (>= 1 2)"]
)
def test_what_is_no_relation_is_refused(text: str) -> None:
    with pytest.raises(VerificationFailed):
        read_relations(text, where="f")


def test_provides() -> None:
    assert read_provides("awk, libfoo1 (= 1.2-3)", where="f") == (Provided("awk"), Provided("libfoo1", "1.2-3"))


@pytest.mark.parametrize(
    "path", ["pool/main/g/gcc-14/libstdc++6_14.2.0-19_amd64.deb", "pool/updates/main/o/x/y_1~2+b.deb"]
)
def test_paths_of_a_pool(path: str) -> None:
    assert checked_pool_path(path, where="f") == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/pool/a.deb",
        "pool/../a.deb",
        "pool/./a.deb",
        "pool//a.deb",
        "pool/a.udeb",
        "other/a.deb",
        "pool/a.deb?x",
        "pool/a.deb\n",
        "pool/%2e%2e/a.deb",
        "pool/a b.deb",
        "pool/" + "a/" * 300 + "a.deb",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(VerificationFailed):
        checked_pool_path(path, where="f")
