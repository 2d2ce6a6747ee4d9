import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.python.project import LEGACY_BUILD_REQUIRES, ProjectFacts, on_one_line, read_project
from lading.survey.python.tables import normalised


def read(text: str) -> ProjectFacts:
    facts = read_project(text.encode())
    assert not facts.broken
    return facts


@pytest.mark.parametrize(("name", "expected"), [
    ("Risk_Shield", "risk-shield"), ("a..b", "a-b"), ("../x", ""), ("a b", ""), ("", ""), ("-a", ""), ("x\n", ""),
])  # fmt: skip
def test_names_are_normalised_and_hostile_ones_are_none(name: str, expected: str) -> None:
    assert normalised(name) == expected


@pytest.mark.parametrize(("text", "package"), [
    ("", False),
    ("[build-system]\nrequires = []\n", True),
    ("[tool.uv]\npackage = true\n", True),
    ("[build-system]\nrequires = []\n[tool.uv]\npackage = false\n", False),
])  # fmt: skip
def test_a_project_is_a_package_when_it_says_how_it_is_built_or_that_it_is(text: str, package: bool) -> None:
    assert read(text).is_package is package


def test_what_builds_it_has_a_default() -> None:
    assert read("[tool.uv]\npackage = true\n").requires_to_build == LEGACY_BUILD_REQUIRES
    assert read("[build-system]\nrequires = ['a', 'b>=1']\n").requires_to_build == ("a", "b>=1")


@pytest.mark.parametrize(("text", "licence"), [
    ("license = 'MIT'", "MIT"), ("license = { text = 'BSD' }", "BSD"), ("license = { file = 'LICENSE' }", ""),
    (f"license = {{ text = '{'x' * 500}' }}", ""), ("license = 3", ""),
])  # fmt: skip
def test_a_licence_is_a_name_and_never_a_whole_text(text: str, licence: str) -> None:
    assert read(f"[project]\n{text}\n").licence == licence


@pytest.mark.parametrize(("urls", "source"), [
    ("Source = 'https://git.example/a/b'", "https://git.example/a/b"),
    ("repository = 'https://user:token@git.example/a'", "https://git.example/a"),
    ("Homepage = 'https://example.example'", ""),
    ("Source = 'git@git.example:a/b'", ""),
    ("Source = 'javascript:alert(1)'", ""),
    ("Source = 'https://git.example/a\\nb'", ""),
])  # fmt: skip
def test_the_source_is_an_address_without_credentials(urls: str, source: str) -> None:
    text = urls.replace("'", '"')
    assert read(f"[project.urls]\n{text}\n").source == source


def test_what_uv_init_writes_is_no_description() -> None:
    assert read('[project]\ndescription = "Add your description here"\n').description == ""


@pytest.mark.parametrize(("text", "packages"), [
    ("[tool.hatch.build.targets.wheel]\npackages = ['src/foo', 'bar/']\n", ("bar", "foo")),
    ("[tool.setuptools]\npackages = ['a', 'a.b']\npy-modules = ['c']\n", ("a", "c")),
    ("[tool.uv.build-backend]\nmodule-name = 'one.two'\n", ("one",)),
    ("[tool.poetry]\npackages = [{ include = 'p' }]\n", ("p",)),
    ("[tool.hatch.build.targets.wheel]\npackages = 'no list'\n", ()),
])  # fmt: skip
def test_what_build_backends_are_told_to_install(text: str, packages: tuple[str, ...]) -> None:
    assert read(text).wheel_packages == packages


def test_the_members_of_a_workspace_are_patterns() -> None:
    facts = read("[tool.uv.workspace]\nmembers = ['libs/*', 3]\nexclude = ['libs/old']\n")
    assert (facts.workspace, facts.members, facts.not_members) == (True, ("libs/*",), ("libs/old",))


@pytest.mark.parametrize("data", [b"[project\n", b"\xff", b"a = 1\na = 2\n", b"a = " + b"[" * 5000])
def test_text_that_is_no_toml_says_so(data: bytes) -> None:
    assert read_project(data).broken


@pytest.mark.parametrize("text", [
    "project = 3", "[project]\nname = 3\nversion = []\nscripts = 'x'\nurls = 1", "tool = 1", "[tool]\nuv = 3",
    "[build-system]\nrequires = 'x'", "[tool.uv]\nsources = 3\npackage = 'yes'", "dependency-groups = 1",
])  # fmt: skip
def test_values_of_the_wrong_kind_are_as_if_they_were_not_there(text: str) -> None:
    facts = read(text)
    assert (facts.name, facts.version, facts.scripts, facts.members) == ("", "", {}, ())


@given(st.text())
def test_a_label_is_one_printable_line(text: str) -> None:
    line = on_one_line(text)
    assert line.isprintable()
    assert line == line.strip()
    assert len(line) <= 1000


@given(st.binary(max_size=200))
def test_any_bytes_are_a_project_or_broken(data: bytes) -> None:
    read_project(data)
