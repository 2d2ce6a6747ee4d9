from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import LadingError, Problems, UsageError
from lading.strategy.model import Strategy
from lading.strategy.read import parse_table, read_strategy


def problems(text: str) -> list[LadingError]:
    with pytest.raises((UsageError, Problems)) as caught:
        read_strategy(text.encode(), None)
    return list(caught.value.problems) if isinstance(caught.value, Problems) else [caught.value]


def problem(text: str) -> LadingError:
    (found,) = problems(text)
    return found


def test_there_need_not_be_any_settings() -> None:
    read = read_strategy(None, b"[project]\nname = 'x'\n")
    assert (read.strategy, read.origin) == (Strategy(), "")


def test_settings_may_stand_in_the_project_file() -> None:
    read = read_strategy(None, b"[tool.lading]\nport = 8000\n")
    assert (read.strategy.port, read.origin) == (8000, "pyproject.toml › tool.lading")


def test_settings_in_both_files_name_both() -> None:
    with pytest.raises(UsageError) as caught:
        read_strategy(b"port = 1\n", b"[tool.lading]\nport = 2\n")
    assert "lading.toml" in str(caught.value)
    assert "pyproject.toml › tool.lading" in str(caught.value)


def test_a_broken_project_file_without_settings_is_no_business_of_the_strategy() -> None:
    assert read_strategy(b"port = 1\n", b"[project\n").strategy.port == 1


def test_a_key_that_nearly_exists_gets_a_suggestion() -> None:
    found = problem("[services.api]\nheatlh = false\n")
    assert found.where == "lading.toml › services.api.heatlh"
    assert found.fix == "did you mean `health`?"


def test_an_underscore_is_the_nearest_miss() -> None:
    assert problem("stop_signal = 'SIGTERM'\n").fix == "did you mean `stop-signal`?"


def test_a_key_like_no_other_points_to_the_documentation() -> None:
    assert "docs/" in problem("xyzzy = 1\n").fix


def test_all_problems_are_told_at_once_each_with_the_path_of_its_key() -> None:
    text = """
    base = "FOO bar"
    port = "8080"
    platforms = ["linux/amd64", "windows/amd64"]
    groups = "dev"
    [env]
    a-b = "x"
    [services.api]
    command = []
    [services.api.health]
    path = "health"
    [services.Bad]
    [mirrors]
    debain = "http://mirror.example/debian"
    """
    assert [one.where for one in problems(text)] == [
        "lading.toml › base",
        "lading.toml › port",
        "lading.toml › platforms[1]",
        "lading.toml › groups",
        "lading.toml › env.a-b",
        "lading.toml › services.api.command",
        "lading.toml › services.api.health.path",
        "lading.toml › services.Bad",
        "lading.toml › mirrors.debain",
    ]


@pytest.mark.parametrize(("text", "what"), [
    ('user = "root"', "'root' is not a numeric user"),
    ('compression = "xz"', "'xz' is not one of `gzip`, `zstd`"),
    ("port = 70000", "70000 is not a port number from 1 to 65535"),
    ('budget = "large"', "'large' is not a size such as `200MB`"),
    ("health = 3", "3 is not true or false or a table"),
    ("services = 3", "3 is not a table"),
])  # fmt: skip
def test_a_wrong_value_says_what_it_should_have_been(text: str, what: str) -> None:
    assert what in problem(text).what


def test_a_number_where_text_is_meant_says_how_to_write_it() -> None:
    assert problem("python = 3.13\n").fix == 'put it in quotes: "3.13"'


def test_text_that_is_no_toml_names_the_line() -> None:
    found = problem("port = 1\nbase = \n")
    assert found.where == "lading.toml:2"


@pytest.mark.parametrize(
    "text", ["platforms = ['linux/amd64', 'linux/amd64']", "health.interval = '0s'", "user = '4294967295'"]
)
def test_values_that_contradict_themselves_are_refused(text: str) -> None:
    assert problem(text).where.startswith("lading.toml › ")


def test_a_long_value_is_shortened_in_the_message() -> None:
    assert len(problem(f"base = 'X{'x' * 500}'").what) < 200


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_one_clear_error(data: bytes) -> None:
    with suppress(UsageError, Problems):
        read_strategy(data, None)


_LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_KEYS = st.sampled_from(["base", "port", "health", "env", "services", "platforms", "command", "mirrors", "user", "x"])


@given(st.dictionaries(_KEYS, st.recursive(_LEAF, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner))))
def test_any_table_is_settings_or_problems(table: dict[str, object]) -> None:
    with suppress(UsageError, Problems):
        parse_table(table, "lading.toml")
