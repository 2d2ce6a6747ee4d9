import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.projects import uv_lock

from lading.survey.python.lockfacts import Markers, closure
from lading.survey.python.uvlock import read_uv_lock


def names(text: str, python: str = "3.13") -> dict[str, tuple[str, ...]]:
    facts = read_uv_lock(text.encode())
    assert not facts.broken, facts.broken
    return {one.name: one.ways for one in closure(facts, python)}


def package(name: str, dependencies: str = "", version: str = "1.0", more: str = "") -> str:
    return f"""
[[package]]
name = "{name}"
version = "{version}"
source = {{ registry = "https://packages.example/simple" }}
dependencies = [{dependencies}]
{more}
"""


def edge(name: str, more: str = "") -> str:
    return f'{{ name = "{name}"{more} }}, '


def test_what_only_development_needs_is_told_apart() -> None:
    text = uv_lock("fastapi", groups={"dev": ["pytest", "fastapi"]}, extras={"web": ["uvicorn"]})
    assert names(text) == {"fastapi": ("", "group:dev"), "pytest": ("group:dev",), "uvicorn": ("extra:web",)}


def test_dependencies_of_dependencies_come_along_even_in_circles() -> None:
    text = uv_lock("top", more=package("low", edge("top")))
    text = text.replace(
        'name = "top"\nversion = "1.0"\n', f'name = "top"\nversion = "1.0"\ndependencies = [{edge("low")}]\n'
    )
    assert set(names(text)) == {"top", "low"}


def test_an_extra_brings_its_own_dependencies_only_when_asked_for() -> None:
    extra = f"[package.optional-dependencies]\nstandard = [{edge('uvloop')}]\n"
    rest = package("uvicorn2", more=extra) + package("uvloop")
    assert "uvloop" not in names(uv_lock("x", more=rest + package("y", edge("uvicorn2"))))
    asks = package("x2", edge("uvicorn2", ', extra = ["standard"]'))
    text = uv_lock("x", more=rest + asks).replace('dependencies = [{ name = "x" }]', f"dependencies = [{edge('x2')}]")
    assert set(names(text)) == {"x2", "uvicorn2", "uvloop"}


def test_an_extra_of_the_project_itself_may_name_another() -> None:
    text = uv_lock("a", extras={"one": ["b"], "all": []})
    text = text.replace("all = []", 'all = [{ name = "api", extra = ["one"] }]')
    assert names(text)["b"] == ("extra:all", "extra:one")


@pytest.mark.parametrize(("marker", "met"), [
    ("sys_platform == 'win32'", False),
    ("sys_platform != 'win32'", True),
    ("platform_machine == 'aarch64'", True),
    ("platform_machine == 'x86_64'", True),
    ("platform_machine == 'riscv64'", False),
    ("python_version < '3.12'", False),
    ("python_full_version >= '3.13'", True),
    ("implementation_name == 'pypy'", False),
    ("os_name == 'nt' or sys_platform == 'linux'", True),
    ("extra == 'x'", False),
    ("this is no marker", True),
    ("", True),
])  # fmt: skip
def test_markers_are_those_of_linux_on_either_architecture(marker: str, met: bool) -> None:
    assert Markers("3.13")(marker) is met


def test_what_another_platform_needs_is_left_out() -> None:
    assert names(uv_lock("colorama; sys_platform == 'win32'", "httpx")) == {"httpx": ("",)}


def test_of_several_versions_the_one_that_applies_comes() -> None:
    rest = package("numpy", version="1.26") + package("numpy", version="2.2")
    both = edge("numpy", ', version = "1.26", marker = "python_version < \'3.12\'"')
    both += edge("numpy", ', version = "2.2", marker = "python_version >= \'3.12\'"')
    text = uv_lock(more=rest).replace("dependencies = []", f"dependencies = [{both}]", 1)
    facts = read_uv_lock(text.encode())
    assert [one.version for one in closure(facts, "3.13")] == ["2.2"]
    assert [one.version for one in closure(facts, "3.11")] == ["1.26"]


def test_packages_of_the_repository_and_workspaces_are_told() -> None:
    local = '[[package]]\nname = "shared"\nversion = "1"\nsource = { editable = "../shared" }\n'
    facts = read_uv_lock((uv_lock("a", more=local) + '[manifest]\nmembers = ["api", "shared"]\n').encode())
    assert [(node.name, node.place) for node in facts.nodes if node.place] == [("shared", "../shared")]
    assert facts.members == ("api", "shared")


@pytest.mark.parametrize(("text", "says"), [
    ("version = 2\n", "version 2"),
    ("", "version None"),
    ("version = 1\n[[package]]\nversion = '1'\n", "shape"),
    ("version = 1\n[[package]]\nname = 'x'\n", "shape"),
    ("version = 1\n[[package]]\nname = 'x'\nsource = 3\n", "shape"),
    ("version = 1\n[[package]]\nname = 'x'\nsource = { registry = 'r' }\ndependencies = [3]\n", "shape"),
    ("version = [\n", ""),
])  # fmt: skip
def test_a_lock_that_cannot_be_read_says_why(text: str, says: str) -> None:
    facts = read_uv_lock(text.encode())
    assert facts.broken
    assert says in facts.broken


@given(st.binary(max_size=200))
def test_any_bytes_are_a_lock_or_broken(data: bytes) -> None:
    read_uv_lock(data)
