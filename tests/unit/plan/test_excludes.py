import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.projects import FASTAPI_APP, facts_of, tree_of

from lading.plan.excludes import source_excludes, wheel_excludes
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve
from lading.survey.model import PythonService
from lading.tree import Patterns

BASE = {"main.py": FASTAPI_APP}


def shipped(settings: str = "", **files: str) -> set[str]:
    """The files of a project that ship; `__` in a name stands for `/`, `_dot_` for `.`."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    tree = tree_of({**BASE, **named})
    facts = facts_of(tree)
    excluded = Patterns(source_excludes(facts, resolve(read_strategy(settings.encode(), None), "api", ".")))
    return {file.path for file in tree.files() if not excluded.matches(file.path)} - {"main.py"}


def test_secrets_and_development_files_never_ship() -> None:
    files = {
        "_dot_env": "",
        "certs__own_dot_pem": "",
        "tests__test_x_dot_py": "",
        "README_dot_md": "",
        "Dockerfile": "",
    }
    assert shipped(**files) == set()


def test_what_an_app_reads_ships() -> None:
    assert shipped(static__x_dot_js="", alembic_dot_ini="", src__docs_dot_py="") == {
        "static/x.js",
        "alembic.ini",
        "src/docs.py",
    }


def test_a_package_that_running_code_imports_ships_whatever_its_name() -> None:
    assert shipped(docs____init___dot_py="") == set()
    found = shipped(use_dot_py="import docs.api\n", docs__api_dot_py="", docs__guide_dot_md="")
    assert found == {"use.py", "docs/api.py"}


def test_a_file_that_running_code_names_ships() -> None:
    assert shipped(use_dot_py="x = open('pyproject.toml')\n") == {"use.py", "pyproject.toml"}


def test_ignored_files_do_not_ship_and_what_is_taken_back_does() -> None:
    assert shipped(_dot_dockerignore="data\n!data/keep\n", data__a="", data__keep="") == {"data/keep"}


def test_taking_back_a_folder_takes_back_no_secret_and_no_tests() -> None:
    files = {"_dot_dockerignore": "*\n!src\n", "src__a_dot_py": "", "src___dot_env": "", "src__tests__x_dot_py": ""}
    assert shipped(**files) == {"src/a.py"}


def test_the_strategy_excludes_and_includes() -> None:
    files = {"data__a": "", "data__b": "", "certs__ca_dot_pem": "", "certs__own_dot_key": "", "README_dot_md": ""}
    settings = 'exclude = ["data/a"]\ninclude = ["certs/ca.pem", "README.md"]\n'
    assert shipped(settings, **files) == {"data/b", "certs/ca.pem", "README.md"}


def test_only_include_brings_a_secret_in() -> None:
    assert shipped(use_dot_py="x = open('own.pem')\n", own_dot_pem="") == {"use.py"}


def test_other_projects_inside_do_not_ship() -> None:
    facts = facts_of(tree_of(BASE))
    strategy = resolve(read_strategy(None, None), "api", ".")
    import msgspec

    nested: PythonService = msgspec.structs.replace(facts, nested=("services/a[1]",))
    excluded = Patterns(source_excludes(nested, strategy))
    assert excluded.matches("services/a[1]/main.py")
    assert not excluded.matches("services/a1/main.py")


@pytest.mark.parametrize(("path", "seen"), [
    ("README.md", True), ("LICENSE", True), ("pyproject.toml", True), (".gitignore", True), ("src/api/x.py", True),
    ("src/api/data.json", True), (".env", False), ("src/api/own.pem", False), ("tests/test_x.py", False),
    ("uv.lock", False), ("lading.toml", False), ("Dockerfile", False),
])  # fmt: skip
def test_the_build_of_a_wheel_sees_what_builds_read(path: str, seen: bool) -> None:
    excluded = Patterns(wheel_excludes(facts_of(tree_of(BASE)), resolve(read_strategy(None, None), "api", ".")))
    assert excluded.matches(path) is not seen


@given(st.text(alphabet="ab*?[]!\\-", min_size=1, max_size=8))
def test_a_path_that_is_kept_is_just_that_path(name: str) -> None:
    from lading.plan.excludes import escaped

    if name.strip() == name:
        assert Patterns([escaped(name)]).matches(name)
        assert not Patterns([escaped(name)]).matches(f"{name}x")
