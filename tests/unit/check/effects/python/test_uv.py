import pytest
from tests.unit.check.effects.python.test_distributions import UV_LOCK
from tests.unit.check.effects.stage import Stage

from lading.check.model.entry import Script

SLIM = "python:3.13-slim"
SITE = "lib/python3.13/site-packages"
PROJECT = "[project]\nname = 'shop'\nversion = '1.0'\nrequires-python = '>=3.11'\n"
PACKAGED = (
    f"{PROJECT}readme = 'README.md'\n[project.scripts]\nshop = 'shop:main'\n[build-system]\nrequires = ['hatchling']\n"
)
FILES = {"/app/pyproject.toml": PROJECT, "/app/uv.lock": UV_LOCK}


def test_an_environment_that_is_active_is_not_the_projects() -> None:
    stage = Stage(SLIM, FILES).run("python -m venv /opt/venv").env("PATH", "/opt/venv/bin:$PATH")
    stage.env("VIRTUAL_ENV", "/opt/venv").run("uv sync --frozen --no-dev")
    assert stage.finds("uvicorn", "curl") == {"uvicorn": "absent", "curl": "absent"}
    assert stage.nature("/app/.venv/bin/uvicorn") == Script(words=("/app/.venv/bin/python",))
    assert stage.scene.look("/app/.venv/bin/python").path == "/usr/local/bin/python3.13"


@pytest.mark.parametrize(
    ("variables", "options"),
    [
        ({"UV_PROJECT_ENVIRONMENT": "/opt/venv"}, ""),
        ({"VIRTUAL_ENV": "/opt/venv"}, "--active"),
        ({"UV_PROJECT_ENVIRONMENT": "/opt/venv", "UV_FROZEN": "1"}, "--no-editable"),
    ],
)
def test_the_environment_can_be_another(variables: dict[str, str], options: str) -> None:
    stage = Stage(SLIM, FILES, env=variables).run(f"uv sync --frozen --no-dev {options}")
    assert stage.holds("/opt/venv/bin/uvicorn", "/app/.venv") == {
        "/opt/venv/bin/uvicorn": "present",
        "/app/.venv": "absent",
    }


def test_what_a_lock_lists_is_there_and_what_it_does_not_list_is_not() -> None:
    stage = Stage(SLIM, FILES).run("uv sync --locked --no-dev --compile-bytecode")
    assert stage.holds(*(f"/app/.venv/{SITE}/{name}" for name in ("uvicorn", "requests", "pytest", "odd"))) == {
        f"/app/.venv/{SITE}/uvicorn": "present",
        f"/app/.venv/{SITE}/requests": "absent",
        f"/app/.venv/{SITE}/pytest": "absent",
        f"/app/.venv/{SITE}/odd": "unknown",
    }
    assert stage.holds("/app/.venv/bin/pip", "/app/.venv/bin/pytest") == {
        "/app/.venv/bin/pip": "absent",
        "/app/.venv/bin/pytest": "absent",
    }
    stage.run("uv sync --locked --extra postgres")
    assert stage.holds(f"/app/.venv/{SITE}/asyncpg", f"/app/.venv/{SITE}/requests") == {
        f"/app/.venv/{SITE}/asyncpg": "present",
        f"/app/.venv/{SITE}/requests": "absent",
    }


def test_a_sync_removes_what_is_no_longer_wanted() -> None:
    with_dev = FILES | {"/app/pyproject.toml": f"{PROJECT}[dependency-groups]\ndev = ['pytest']\n"}
    stage = Stage(SLIM, with_dev).run("uv sync --frozen")
    assert stage.holds("/app/.venv/bin/pytest") == {"/app/.venv/bin/pytest": "present"}
    assert stage.run("uv sync --frozen --no-dev").holds("/app/.venv/bin/pytest") == {"/app/.venv/bin/pytest": "absent"}


def test_the_project_itself_is_built_unless_it_is_left_out() -> None:
    files = FILES | {"/app/pyproject.toml": PACKAGED}
    assert Stage(SLIM, files).run("uv sync --frozen").missing() == ["/app/README.md"]
    assert Stage(SLIM, files).run("uv sync --frozen --no-install-project").missing() == []
    stage = Stage(SLIM, files | {"/app/README.md": ""}).run("uv sync --frozen")
    assert (stage.missing(), stage.holds("/app/.venv/bin/shop")) == ([], {"/app/.venv/bin/shop": "present"})


def test_a_lock_that_was_not_copied() -> None:
    stage = Stage(SLIM, {"/app/pyproject.toml": PROJECT})
    assert stage.run("uv sync --frozen").missing() == ["/app/uv.lock"]
    assert Stage(SLIM).run("uv sync --frozen").missing() == ["/app/pyproject.toml"]
    assert stage.holds("/app/.venv/bin/uvicorn") == {"/app/.venv/bin/uvicorn": "unknown"}


def test_a_python_that_the_base_does_not_have_is_fetched() -> None:
    files = {"/app/pyproject.toml": PROJECT.replace("3.11", "3.14"), "/app/.python-version": "3.14\n"}
    stage = Stage(SLIM, files | {"/app/uv.lock": UV_LOCK}).run("uv sync --frozen")
    entry = stage.scene.look("/app/.venv/bin/python", follow=False).entry
    assert entry is not None
    assert entry.target.startswith("/root/.local/share/uv/python/cpython-3.14")


def test_pip_of_uv_needs_an_environment_or_to_be_told() -> None:
    assert Stage(SLIM).run("uv pip install uvicorn").missing() == ["/app/.venv"]
    for stage in (
        Stage(SLIM).run("uv pip install --system --no-cache uvicorn"),
        Stage(SLIM, env={"UV_SYSTEM_PYTHON": "1"}).run("uv pip install uvicorn"),
        Stage(SLIM).run("uv venv && uv pip install uvicorn").env("PATH", "/app/.venv/bin:$PATH"),
        Stage(SLIM, env={"VIRTUAL_ENV": "/opt/v"}).run("uv venv /opt/v && uv pip install -q uvicorn")
        .env("PATH", "/opt/v/bin:$PATH"),
    ):  # fmt: skip
        assert (stage.missing(), stage.finds("uvicorn", "gunicorn", "curl")) == (
            [],
            {"uvicorn": "present", "gunicorn": "unknown", "curl": "absent"},
        )


def test_an_environment_of_uv_has_no_pip() -> None:
    assert Stage(SLIM).run("uv venv /v").holds("/v/bin/pip", "/v/bin/python") == {
        "/v/bin/pip": "absent",
        "/v/bin/python": "present",
    }
    assert Stage(SLIM).run("uv venv --seed /v").holds("/v/bin/pip") == {"/v/bin/pip": "present"}


def test_exported_lists_are_whole() -> None:
    stage = Stage(SLIM, FILES).run(
        "uv export --frozen --no-dev -o requirements.txt", "uv pip install --system -r requirements.txt"
    )
    assert stage.finds("uvicorn", "gunicorn") == {"uvicorn": "present", "gunicorn": "absent"}


def test_its_installer_and_its_tools() -> None:
    stage = Stage(SLIM, env={"UV_INSTALL_DIR": "/usr/local/bin"}).run("curl -LsSf https://astral.sh/uv/install.sh | sh")
    assert stage.finds("uv", "curl") == {"uv": "present", "curl": "absent"}
    assert stage.run("uv tool install poetry==1.8").holds("/root/.local/bin/poetry") == {
        "/root/.local/bin/poetry": "present"
    }


def test_a_workspaces_member_is_not_known() -> None:
    root = f"{PROJECT}[tool.uv.workspace]\nmembers = ['libs/*']\n"
    files = {"/app/pyproject.toml": root, "/app/uv.lock": UV_LOCK, "/app/libs/a/pyproject.toml": PROJECT}
    stage = Stage(SLIM, files).run("cd libs/a && uv sync --frozen")
    assert stage.holds("/app/.venv/bin/python", "/app/.venv/bin/uvicorn", "/app/libs/a/.venv/bin/python") == {
        "/app/.venv/bin/python": "present",
        "/app/.venv/bin/uvicorn": "unknown",
        "/app/libs/a/.venv/bin/python": "absent",
    }
