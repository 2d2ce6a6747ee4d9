import pytest
from tests.support.projects import FASTAPI_APP

from lading.survey.model import PythonService
from lading.survey.python.project import read_project
from lading.survey.survey import survey
from lading.tree import MemoryTree

OLD = """
[tool.poetry]
name = "Stock_Book"
version = "0.4.0"
description = "Books stock"
license = "MIT"
repository = "https://token@git.stock.example/stock"
readme = "README.md"

[tool.poetry.dependencies]
python = "^3.11"
redis = { version = "*", optional = true }

[tool.poetry.extras]
Queue = ["redis"]

[tool.poetry.group.Dev.dependencies]
pytest = "*"

[tool.poetry.dev-dependencies]
ruff = "*"

[tool.poetry.scripts]
stock = "stock.cli:main"
other = { reference = "stock.cli:other", type = "console" }
"""
LOCK = '[metadata]\nlock-version = "2.1"\npython-versions = "^3.11"\ncontent-hash = ""\n'


def test_what_tool_poetry_says_is_what_project_would_say() -> None:
    facts = read_project(OLD.encode())
    assert (facts.name, facts.version, facts.description, facts.licence) == (
        "stock-book", "0.4.0", "Books stock", "MIT"
    )  # fmt: skip
    assert (facts.source, facts.source_key, facts.table) == (
        "https://git.stock.example/stock", "repository", "tool.poetry"
    )  # fmt: skip
    assert (facts.requires_python, facts.requires_key) == (">=3.11,<4", "tool.poetry.dependencies.python")
    assert facts.scripts == {"stock": "stock.cli:main", "other": "stock.cli:other"}
    assert (facts.groups, facts.extras, facts.manager) == (("dev",), ("queue",), "poetry")


def test_what_project_says_counts() -> None:
    head = '[project]\nname = "own"\nrequires-python = ">=3.12"\n'
    facts = read_project((head + OLD).encode())
    assert (facts.name, facts.table, facts.version) == ("own", "project", "0.4.0")
    assert (facts.requires_python, facts.requires_key) == (">=3.12", "project.requires-python")


def service_of(project: str, *files: str) -> PythonService:
    every = dict.fromkeys(files, FASTAPI_APP)
    tree = MemoryTree({"pyproject.toml": project, "requirements.txt": "fastapi\nuvicorn\n", **every})
    (found,) = survey(tree).services
    assert isinstance(found, PythonService)
    return found


BUILD = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
HEAD = '[tool.poetry]\nname = "stock-book"\nversion = "1"\n'


@pytest.mark.parametrize(("project", "file", "package", "source"), [
    (HEAD + BUILD, "stock_book/__init__.py", True, "build-system"),
    (HEAD + BUILD, "src/stock_book/__init__.py", True, "build-system"),
    (HEAD + BUILD, "src/main.py", False, "there is no package stock_book to build"),
    (HEAD + 'packages = [{ include = "src" }]\n' + BUILD, "src/main.py", True, "build-system"),
    (HEAD + "package-mode = false\n" + BUILD, "stock_book/__init__.py", False, "tool.poetry.package-mode"),
    (HEAD, "stock_book/__init__.py", False, "it has no build-system"),
])  # fmt: skip
def test_whether_poetry_would_install_the_project_itself(project: str, file: str, package: bool, source: str) -> None:
    found = service_of(project, file).package
    assert found.value == package
    assert source in found.source


def test_the_python_of_poetry_is_told_with_its_key() -> None:
    tree = MemoryTree({"pyproject.toml": OLD, "poetry.lock": LOCK, "main.py": FASTAPI_APP})
    (refused,) = survey(tree).unsupported
    assert refused.what.startswith("poetry.lock is stale: pyproject.toml has changed since (")
    service = service_of(OLD, "main.py")
    assert service.python.version.source == "pyproject.toml › tool.poetry.dependencies.python"
