import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.projects import FASTAPI_APP, facts_of, tree_of

from lading.survey.model import Fact, PythonFacts, PythonService
from lading.survey.python.python_version import OFFERED, allowed, python_facts


def version(requires: str = "", **files: str) -> Fact[str]:
    names = {
        "python_version": ".python-version",
        "tool_versions": ".tool-versions",
        "mise": "mise.toml",
        "runtime": "runtime.txt",
    }
    return facts(requires, {names[key]: text.encode() for key, text in files.items()}).version


def facts(requires: str, files: dict[str, bytes]) -> PythonFacts:
    return python_facts(Fact(value=requires, source="pyproject.toml › project.requires-python"), files)


@pytest.mark.parametrize(("requires", "value"), [
    (">=3.11", "3.13"), (">=3.11,<3.13", "3.11"), (">=3.12,<3.13", "3.12"), ("==3.12.*", "3.12"), (">=3.14", "3.14"),
    (">=3.13.1", "3.13"), (">=3.11.4,<3.12", ">=3.11.4,<3.12"), ("~=3.11", "3.13"), ("<3.12", "3.11"),
    ("three", "three"),
])  # fmt: skip
def test_a_range_is_solved_over_what_debian_offers_and_then_over_the_rest(requires: str, value: str) -> None:
    assert version(requires) == Fact(value=value, source="pyproject.toml › project.requires-python", certainty="found")


def test_nothing_said_is_debians_newest_and_assumed() -> None:
    fact = version()
    assert (fact.value, fact.certainty) == ("3.13", "assumed")


@pytest.mark.parametrize(("text", "value"), [
    ("3.12\n", "3.12"), ("3.12.4", "3.12"), ("cpython-3.12.4\n", "3.12"), ("python3.12", "3.12"),
    ("# comment\n3.11  # why\n", "3.11"), ("pypy3.10\n", "pypy3.10"), ("3.13t\n", "3.13t"),
    (">=3.11,<3.13", "3.11"), ("3\n", "3.13"),
])  # fmt: skip
def test_the_file_of_pyenv_and_uv(text: str, value: str) -> None:
    assert version(">=3.9", python_version=text) == Fact(value=value, source=".python-version")


@pytest.mark.parametrize(("files", "source"), [
    ({"tool_versions": "nodejs 20\npython 3.12.1 3.11\n"}, ".tool-versions"),
    ({"mise": '[tools]\npython = "3.12"\n'}, "mise.toml"),
    ({"mise": '[tools]\npython = ["3.12", "3.11"]\n'}, "mise.toml"),
    ({"mise": '[tools]\npython = { version = "3.12" }\n'}, "mise.toml"),
    ({"runtime": "python-3.12.8\n"}, "runtime.txt"),
])  # fmt: skip
def test_the_files_of_other_tools(files: dict[str, str], source: str) -> None:
    assert version(**files) == Fact(value="3.12", source=source)


@pytest.mark.parametrize("files", [
    {"tool_versions": "nodejs 20\n"}, {"mise": "[tools]\nnode = '20'\n"}, {"mise": "[tools"}, {"runtime": "nodejs-20"},
    {"python_version": "\n# nothing\n"}, {"mise": "tools = 3"},
])  # fmt: skip
def test_files_that_say_nothing_of_python_are_passed_over(files: dict[str, str]) -> None:
    assert version(">=3.11", **files).source == "pyproject.toml › project.requires-python"


def test_the_nearest_file_counts() -> None:
    found = facts("", {".python-version": b"3.11", "../.python-version": b"3.13"})
    assert found.version == Fact(value="3.11", source=".python-version")


def test_it_is_never_the_version_of_the_interpreter_that_runs_lading() -> None:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for requires in (">=3.11", ">=3.9", ""):
        assert facts_of(tree_of({"main.py": FASTAPI_APP}, requires=requires)).python.version.value == "3.13", own


def test_a_file_above_the_service_counts_within_the_repository() -> None:
    files = {"services/api/main.py": FASTAPI_APP, ".python-version": "3.11\n"}
    own = tree_of({})
    nested = {f"services/api/{path}": own.read(path).decode() for path in ("pyproject.toml", "uv.lock")}
    from lading.survey.survey import survey
    from lading.tree import MemoryTree

    (service,) = survey(MemoryTree({**files, **nested})).services
    assert isinstance(service, PythonService)
    assert service.python.version == Fact(value="3.11", source="../../.python-version")


def test_what_a_range_allows_is_a_fact() -> None:
    found = facts(">=3.12", {})
    assert found.allows("3.13")
    assert not found.allows("3.11")
    assert facts("", {}).allows("3.11")


@given(st.text(max_size=30))
def test_any_text_is_a_range_or_allows_nothing(text: str) -> None:
    assert set(allowed(text)) <= {*OFFERED, "3.14", "3.12", "3.10", "3.9"}


@pytest.mark.parametrize(("requires", "fits"), [(">=3.15", True), (">=3.11", True), (">=3.11,<3.16", False)])
def test_a_version_that_nobody_knew_yet_is_judged_by_the_range(requires: str, fits: bool) -> None:
    found = facts(requires, {".python-version": b"3.17\n"})
    assert found.version.value == "3.17"
    assert found.allows("3.17") is fits
