"""Locks that the tools themselves have made, of the same few packages, in every format.

The files below `locks/` are theirs (Poetry 2.5.1, 1.8.5 and 1.3.2, PDM 2.25.5, Pipenv 2026): made of an index of tests,
whose address was replaced, and the hash of what was locked made anew by the same tool.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.python.indexes import read_indexes
from lading.survey.python.lockfacts import LockFacts, Markers, closure, reached
from lading.survey.python.locks import matches, read_lock, read_pins
from lading.survey.python.manager import Manager
from lading.toolchain.markers import linux_environment

FOLDER = Path(__file__).parent / "locks"
LOCKS: Mapping[str, tuple[Manager, str]] = {
    "poetry-2.1": ("poetry", "poetry.lock"),
    "poetry-2.0": ("poetry", "poetry.lock"),
    "poetry-1.3": ("poetry", "poetry.lock"),
    "pdm": ("pdm", "pdm.lock"),
    "pipenv": ("pipenv", "Pipfile.lock"),
}
POETRY = tuple(name for name in LOCKS if name.startswith("poetry"))


def text_of(kind: str, path: str) -> bytes | None:
    file = FOLDER / kind / path
    return file.read_bytes() if file.is_file() else None


def facts_of(kind: str) -> LockFacts:
    manager, name = LOCKS[kind]
    return read_lock(manager, name, lambda path: text_of(kind, path))


def ways(facts: LockFacts, python: str) -> dict[str, set[str]]:
    """What each way of installing brings: names with versions."""
    found: dict[str, set[str]] = {}
    for one in closure(facts, python):
        for way in one.ways:
            found.setdefault(way, set()).add(f"{one.name} {one.version}")
    return found


@pytest.mark.parametrize("kind", POETRY)
def test_a_lock_of_poetry_brings_the_same_whatever_its_format(kind: str) -> None:
    facts = facts_of(kind)
    assert (facts.broken, facts.stale) == ("", "")
    own = {"webby 1.2.0", "routes 2.5.0", "fastloop 1.7.0", "tooly 1.1.0"}
    assert ways(facts, "3.13") == {
        "": own | {"numbers-lib 2.0.0"},
        "extra:metrics": {"metrics-lib 0.9.0"},
        "group:dev": {"checker 8.0.0", "plug 1.0.0"},
    }
    assert ways(facts, "3.11")[""] == own | {"numbers-lib 1.0.0", "typed 4.1.0"}


def test_a_lock_of_pdm() -> None:
    facts = facts_of("pdm")
    assert (facts.broken, facts.stale, facts.python) == ("", "", ">=3.12")
    assert ways(facts, "3.13") == {
        "": {"webby 1.2.0", "routes 2.5.0", "fastloop 1.7.0", "tooly 1.1.0", "numbers-lib 2.0.0"},
        "extra:metrics": {"metrics-lib 0.9.0"},
        "group:dev": {"checker 8.0.0", "plug 1.0.0"},
    }


def test_a_lock_of_pipenv() -> None:
    facts = facts_of("pipenv")
    assert (facts.broken, facts.stale, facts.python) == ("", "", "==3.11.*")
    found = ways(facts, "3.11")
    assert found["group:dev"] == {"checker 8.0.0", "plug 1.0.0"}
    assert found[""] >= {"webby 1.2.0", "fastloop 1.7.0", "tooly 1.1.0", "numbers-lib 1.0.0", "typed 4.1.0"}


@pytest.mark.parametrize("kind", LOCKS)
def test_nothing_for_another_system_comes_along(kind: str) -> None:
    assert not any("colours" in name for names in ways(facts_of(kind), "3.13").values() for name in names)


@pytest.mark.parametrize("kind", LOCKS)
def test_every_package_that_a_lock_brings_has_its_hashes(kind: str) -> None:
    manager, name = LOCKS[kind]
    pins = {(pin.name, pin.version): pin for pin in read_pins(manager, name, lambda path: text_of(kind, path))}
    for one in closure(facts_of(kind), "3.13"):
        assert pins[one.name, one.version].digests, one
        assert all(digest.startswith("sha256:") for digest in pins[one.name, one.version].digests)


@pytest.mark.parametrize("kind", POETRY)
def test_poetry_names_the_index_of_each_package(kind: str) -> None:
    pins = list(read_pins("poetry", "poetry.lock", lambda path: text_of(kind, path)))
    assert {(pin.index.name, pin.index.url) for pin in pins if pin.index} == {
        ("company", "https://packages.example/simple")
    }
    (index,) = read_indexes("poetry", "poetry.lock", lambda path: text_of(kind, path)).more
    assert (index.name, index.url) == ("company", "https://packages.example/simple")


@pytest.mark.parametrize(("kind", "file", "old", "new"), [
    ("poetry-2.1", "pyproject.toml", b'"~8.0"', b'"~8.1"'),
    ("poetry-2.1", "pyproject.toml", b'["metrics-lib"]', b'["metrics-lib>0"]'),
    ("poetry-2.0", "pyproject.toml", b'"^3.11"', b'"^3.12"'),
    ("poetry-1.3", "pyproject.toml", b'"~8.0"', b'"~8.1"'),
    ("pipenv", "Pipfile", b'">=1.0"', b'">=1.1"'),
])  # fmt: skip
def test_a_change_that_leaves_every_name_makes_a_lock_stale(kind: str, file: str, old: bytes, new: bytes) -> None:
    def changed(path: str) -> bytes | None:
        data = text_of(kind, path)
        if path == file and data is not None:
            assert old in data
            return data.replace(old, new)
        return data

    manager, name = LOCKS[kind]
    assert "is not the same" in read_lock(manager, name, changed).stale


@pytest.mark.parametrize("kind", ["poetry-2.1", "pdm"])
def test_a_new_dependency_is_named(kind: str) -> None:
    def changed(path: str) -> bytes | None:
        data = text_of(kind, path)
        return data.replace(b"dependencies = [", b'dependencies = ["redis",', 1) if data else None

    manager, name = LOCKS[kind]
    facts = read_lock(manager, name, lambda path: changed(path) if path == "pyproject.toml" else text_of(kind, path))
    assert facts.stale == "redis was added"


@pytest.mark.parametrize("kind", POETRY)
def test_what_a_target_gets_is_judged_for_that_target(kind: str) -> None:
    facts = facts_of(kind)
    for python, brings in (("3.11.2", True), ("3.13.5", False)):
        applies = Markers(python, [linux_environment("x86_64", python)])
        assert any(node.name == "typed" for node in reached(facts, ("",), applies)) == brings


@pytest.mark.parametrize("kind", LOCKS)
@given(data=st.data())
def test_a_damaged_lock_is_broken_or_read_and_never_a_crash(kind: str, data: st.DataObject) -> None:
    manager, name = LOCKS[kind]
    whole = text_of(kind, name) or b""
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 80))
    damaged = whole[:start] + data.draw(st.binary(max_size=8)) + whole[start + length :]

    def read(path: str) -> bytes | None:
        return damaged if path == name else text_of(kind, path)

    facts = read_lock(manager, name, read)
    assert facts.broken or closure(facts, "3.13") is not None


PYLOCK = b"""
lock-version = "1.0"
created-by = "tests"
extras = ["Fast"]
dependency-groups = ["dev", "base"]
default-groups = ["base"]

[[packages]]
name = "always"
version = "1"

[[packages]]
name = "loop"
version = "2"
marker = "'fast' in extras and sys_platform == 'linux'"

[[packages]]
name = "Check_er"
version = "3"
marker = "'dev' in dependency_groups"

[[packages]]
name = "ground"
version = "4"
marker = "'base' in dependency_groups"
"""


def test_a_pylock_asks_for_extras_and_groups_in_its_markers() -> None:
    facts = read_lock("pylock", "pylock.toml", {"pylock.toml": PYLOCK}.get)
    assert ways(facts, "3.13") == {
        "": {"always 1", "ground 4"},
        "extra:fast": {"always 1", "ground 4", "loop 2"},
        "group:dev": {"always 1", "check-er 3", "ground 4"},
    }


@pytest.mark.parametrize(("member", "pattern", "met"), [
    ("libs/a", "libs/*", True), ("libs/a/b", "libs/*", False), ("libs/a", "./libs/a", True), ("libs", "libs/**", True),
    ("x/y/z", "**/z", True), ("libs/ab", "libs/a?", True), ("other", "libs/*", False),
])  # fmt: skip
def test_members_of_a_workspace_by_pattern(member: str, pattern: str, met: bool) -> None:
    assert matches(member, pattern) == met
