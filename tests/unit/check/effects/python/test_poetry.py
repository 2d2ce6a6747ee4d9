from tests.unit.check.effects.stage import Stage

SLIM = "python:3.11-slim"
PROJECT = """
[tool.poetry]
name = "stock"
version = "1.0"
description = ""
authors = []
readme = "README.md"

[tool.poetry.dependencies]
python = "^3.11"
uvicorn = "*"

[tool.poetry.group.dev.dependencies]
requests = "*"

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
mypy = "*"

[tool.poetry.scripts]
stock = "stock:main"
"""
PACKAGE = (
    '[[package]]\nname = "{}"\nversion = "1.0"\ndescription = ""\noptional = false\npython-versions = "*"\nfiles = []\n'
)
LOCK = "\n".join(
    (
        *(PACKAGE.format(name) for name in ("uvicorn", "requests", "mypy")),
        '[metadata]\nlock-version = "2.0"\npython-versions = "^3.11"\ncontent-hash = "x"\n',
    )
)
FILES = {"/app/pyproject.toml": PROJECT, "/app/poetry.lock": LOCK, "/app/README.md": ""}
SITE = "/usr/local/lib/python3.11/site-packages"


def test_into_the_python_that_there_is() -> None:
    for stage in (
        Stage(SLIM, FILES, env={"POETRY_VIRTUALENVS_CREATE": "false"}),
        Stage(SLIM, FILES).run("pip install poetry==1.7.1", "poetry config virtualenvs.create false"),
    ):
        stage.run("poetry install --no-interaction --no-ansi --no-root --only main")
        assert stage.finds("uvicorn", "curl", "stock") == {"uvicorn": "present", "curl": "absent", "stock": "unknown"}
        assert stage.holds(f"{SITE}/requests", f"{SITE}/uvicorn") == {
            f"{SITE}/requests": _requests(stage),
            f"{SITE}/uvicorn": "present",
        }


def _requests(stage: Stage) -> str:
    """Poetry itself needs it, where it is installed beside."""
    return "unknown" if stage.finds("poetry") == {"poetry": "present"} else "absent"


def test_into_the_project() -> None:
    for stage in (
        Stage(SLIM, FILES, env={"POETRY_VIRTUALENVS_IN_PROJECT": "1"}),
        Stage(SLIM, FILES).run("poetry config virtualenvs.in-project true"),
        Stage(SLIM, FILES | {"/app/poetry.toml": "[virtualenvs]\nin-project = true\n"}),
    ):
        stage.run("poetry install --without dev")
        assert stage.holds(*(f"/app/.venv/bin/{name}" for name in ("uvicorn", "stock", "mypy", "pip"))) == {
            "/app/.venv/bin/uvicorn": "present", "/app/.venv/bin/stock": "present", "/app/.venv/bin/mypy": "absent",
            "/app/.venv/bin/pip": "absent",
        }  # fmt: skip


def test_into_a_folder_of_its_own_where_nobody_says() -> None:
    stage = Stage(SLIM, FILES).run("poetry install --only main --no-root")
    assert stage.finds("uvicorn") == {"uvicorn": "absent"}
    assert stage.holds("/app/.venv") == {"/app/.venv": "absent"}


def test_groups() -> None:
    site = "/app/.venv/lib/python3.11/site-packages"

    def modules(options: str) -> dict[str, str]:
        stage = Stage(SLIM, FILES, env={"POETRY_VIRTUALENVS_IN_PROJECT": "true"}).run(f"poetry install {options}")
        return {name: stage.holds(f"{site}/{name}")[f"{site}/{name}"] for name in ("uvicorn", "requests", "mypy")}

    assert modules("") == {"uvicorn": "present", "requests": "present", "mypy": "absent"}
    assert modules("--with docs") == {"uvicorn": "present", "requests": "present", "mypy": "present"}
    assert modules("--only dev,docs") == {"uvicorn": "absent", "requests": "present", "mypy": "present"}
    assert modules("--no-dev") == {"uvicorn": "present", "requests": "absent", "mypy": "absent"}


def test_a_readme_that_was_not_copied() -> None:
    without = {path: text for path, text in FILES.items() if not path.endswith(".md")}
    assert Stage(SLIM, without).run("poetry build").missing() == ["/app/README.md"]
    assert Stage(SLIM, without).run("poetry install").missing() == ["/app/README.md"]
    assert Stage(SLIM, without).run("poetry install --no-root").missing() == []
    assert Stage(SLIM, FILES).run("poetry build").holds("/app/dist", "/app/dist/x.whl") == {
        "/app/dist": "present", "/app/dist/x.whl": "unknown",
    }  # fmt: skip


def test_its_installer() -> None:
    stage = Stage(SLIM, env={"POETRY_HOME": "/opt/poetry"}).run(
        "curl -sSL https://install.python-poetry.org | python3 -"
    )
    assert stage.holds("/opt/poetry/bin/poetry", "/app/x") == {"/opt/poetry/bin/poetry": "present", "/app/x": "absent"}
    unknown = Stage(SLIM).run("curl -sSL https://tools.example/install | python3 -")
    assert unknown.finds("poetry") == {"poetry": "unknown"}


def test_exported_lists_are_whole() -> None:
    stage = Stage(SLIM, FILES).run(
        "poetry export -f requirements.txt --without-hashes --output r.txt", "pip install -r r.txt"
    )
    assert stage.finds("uvicorn", "gunicorn", "mypy") == {"uvicorn": "present", "gunicorn": "absent", "mypy": "absent"}


def test_pipenv_and_pdm() -> None:
    lock = '{"_meta": {"pipfile-spec": 6, "hash": {"sha256": "x"}, "requires": {}, "sources": []}, '
    lock += '"default": {"uvicorn": {"version": "==1.0"}}, "develop": {}}'
    stage = Stage(SLIM, {"/app/Pipfile": "[packages]\nuvicorn = '*'\n", "/app/Pipfile.lock": lock})
    assert stage.run("pipenv install --system --deploy").finds("uvicorn", "curl") == {
        "uvicorn": "present",
        "curl": "absent",
    }
    assert Stage(SLIM, {"/app/Pipfile": ""}).run("pipenv sync --system").missing() == ["/app/Pipfile.lock"]
    assert Stage(SLIM).run("pipenv sync").missing() == ["/app/Pipfile"]
    assert Stage(SLIM, {"/app/pyproject.toml": PROJECT}).run("pdm sync --prod").missing() == ["/app/pdm.lock"]
