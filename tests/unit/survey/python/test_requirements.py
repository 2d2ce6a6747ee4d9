"""Whether a lock was made for what its project says."""

from collections.abc import Mapping
from typing import Any

import pytest

from lading.survey.python.requirements import ANY, declared, differences, locked, one_spelling


def test_a_lock_that_was_made_for_the_project_is_fresh() -> None:
    project = {
        "dependencies": ["B[x, Y] >= 1.0, <2; python_version < '4'", "c.d", "own @ https://packages.example/own.whl"],
        "optional-dependencies": {"web": ["e ~= 1.0"]},
    }
    lock: list[Mapping[str, Any]] = [
        {"name": "b", "extras": ["x", "y"], "marker": "python_full_version < '4'", "specifier": "<2,>=1"},
        {"name": "c-d"},
        {"name": "e", "marker": "extra == 'web'", "specifier": "~=1.0"},
        {"name": "own", "url": "https://packages.example/own.whl"},
    ]
    assert differences(declared(project), locked(lock)) == ()


@pytest.mark.parametrize(
    ("dependencies", "told"),
    [
        (["a>=1", "b"], ("b was added",)),
        ([], ("a was removed",)),
        (["a>=2"], ("a >=1 → >=2",)),
        (["a"], ("a >=1 → any version",)),
        (["b"], ("a was removed", "b was added")),
    ],
)
def test_what_has_changed_is_named(dependencies: list[str], told: tuple[str, ...]) -> None:
    assert differences(declared({"dependencies": dependencies}), locked([{"name": "a", "specifier": ">=1"}])) == told


def test_a_source_of_its_own_decides_the_version() -> None:
    lock = locked([{"name": "a", "git": "https://git.example/a"}])
    assert lock == (("a", ANY),)
    assert differences(declared({"dependencies": ["a>=3"]}), lock) == ()
    assert differences(declared({}), lock) == ("a was removed",)


@pytest.mark.parametrize(
    "project",
    [
        {"dynamic": ["dependencies"]},
        {"dynamic": 3},
        {"dependencies": ["not a requirement!"]},
        {"dependencies": 3},
        {"dependencies": [3]},
        {"optional-dependencies": ["a"]},
    ],
)
def test_what_cannot_be_read_is_left_to_uv(project: dict[str, object]) -> None:
    assert declared(project) is None
    assert differences(declared(project), (("a", ""),)) == ()


def test_a_lock_that_does_not_tell_is_not_judged() -> None:
    assert differences((("a", ""),), None) == ()


def test_versions_have_one_spelling() -> None:
    assert one_spelling("< 2, >=1.0.0") == one_spelling(">=1,<2.0") == "<2,>=1"
    assert one_spelling("") == ""
