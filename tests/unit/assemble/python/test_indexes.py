import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.assemble.python.indexes import index_environment, only_index
from lading.survey.python.indexes import Indexes
from lading.survey.python.pins import Index, without_credentials


def index(url: str, name: str = "Company Index") -> Index:
    return Index(name=name, url=url)


def test_nothing_said_is_nothing_told() -> None:
    assert index_environment(Indexes(), {"HOME": "/home/x"}) == {}


def test_variables_in_addresses_become_credentials_of_their_own() -> None:
    env = {"WHO": "a b", "TOKEN": "x@y/z:1"}
    told = index_environment(Indexes(main=index("https://${WHO}:$TOKEN@packages.example/simple")), env)
    assert told == {
        "UV_DEFAULT_INDEX": "company-index=https://packages.example/simple",
        "UV_INDEX_COMPANY_INDEX_USERNAME": "a b",
        "UV_INDEX_COMPANY_INDEX_PASSWORD": "x@y/z:1",
    }


def test_further_indexes_come_before_those_that_uv_was_told_of() -> None:
    more = (index("https://one.example/simple", "one"), index("https://two.example/simple", ""))
    told = index_environment(Indexes(more=more), {"UV_INDEX": "own=https://own.example/simple"})
    assert told["UV_INDEX"].split() == [
        "one=https://one.example/simple", "index-2=https://two.example/simple", "own=https://own.example/simple"
    ]  # fmt: skip


def test_credentials_of_poetry_are_known_by_the_same_name() -> None:
    env = {"POETRY_HTTP_BASIC_COMPANY_USERNAME": "me", "POETRY_HTTP_BASIC_COMPANY_PASSWORD": "pw"}
    told = only_index(index("https://packages.example/simple", "company"), env)
    assert told == {
        "UV_INDEX_COMPANY_USERNAME": "me",
        "UV_INDEX_COMPANY_PASSWORD": "pw",
        "UV_DEFAULT_INDEX": "company=https://packages.example/simple",
        "UV_INDEX": "",
    }


def test_no_index_at_all() -> None:
    assert index_environment(Indexes(none=True), {}) == {"UV_NO_INDEX": "1"}


@pytest.mark.parametrize(("address", "bare"), [
    ("https://packages.example/simple", "https://packages.example/simple"),
    ("https://u:p@packages.example/a@b", "https://packages.example/a@b"),
    ("https://u:p@x@packages.example:8443/", "https://packages.example:8443/"),
    ("vendor/x-1-py3-none-any.whl", "vendor/x-1-py3-none-any.whl"),
])  # fmt: skip
def test_addresses_without_credentials(address: str, bare: str) -> None:
    assert without_credentials(address) == bare


@given(user=st.text("abcXYZ019-._~!", min_size=1), password=st.text("abcXYZ019-._~!", min_size=6))
def test_a_password_is_in_no_address(user: str, password: str) -> None:
    told = index_environment(Indexes(main=index(f"https://{user}:{password}@packages.example/simple", "one")), {})
    assert told["UV_DEFAULT_INDEX"] == "one=https://packages.example/simple"
    assert told["UV_INDEX_ONE_PASSWORD"] == password
