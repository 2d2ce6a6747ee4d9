"""The commands that install what each manager has locked."""

from typing import Any

import pytest

from lading.plan.model import PythonDependencies
from lading.render.requirements import files_of, install, told


def step(**given: Any) -> PythonDependencies:
    own = {"manager": "uv", "lock": "uv.lock", "project": "pyproject.toml", "python": "3.13", "venv": "/v", "why": ""}
    return PythonDependencies(interpreter="/usr/bin/python3.13", **{**own, **given})


def commands(**given: Any) -> str:
    return "\n".join(install(step(**given)))


POETRY = {"manager": "poetry", "lock": "poetry.lock", "format": "2.1"}
PIP = {"manager": "pip", "lock": "requirements.txt", "project": "requirements.txt"}


def test_uv_holds_its_lock_against_the_project() -> None:
    assert commands(groups=("web",), extras=("fast",)) == (
        "uv sync --locked --no-install-project --no-default-groups --no-editable --no-build --group web --extra fast"
    )


def test_a_member_is_synced_without_the_others_being_there() -> None:
    found = commands(project="services/api/pyproject.toml", member="api", apart=("common",))
    assert "--frozen --no-install-workspace --no-install-package common --package api" in found
    assert files_of(step(project="services/api/pyproject.toml", member="api", parts=("libs/x/pyproject.toml",))) == (
        "uv.lock", "services/api/pyproject.toml", "libs/x/pyproject.toml", "pyproject.toml"
    )  # fmt: skip


@pytest.mark.parametrize(("form", "version"), [("2.1", "2.1.4"), ("2.0", "1.8.5"), ("1.1", "1.8.5")])
def test_poetry_writes_its_lock_in_a_version_that_reads_the_project(form: str, version: str) -> None:
    found = commands(**{**POETRY, "format": form, "groups": ("web",), "extras": ("fast",)})
    assert f"--from poetry=={version}" in found
    assert "poetry export --only main,web --extras fast --output /tmp/requirements.txt" in found
    assert "uv pip install --python /v/bin/python --no-build --no-deps --require-hashes" in found
    assert version in told(step(**{**POETRY, "format": form}))[0]


def test_pdm_and_pipenv_write_lists_too() -> None:
    assert "pdm export --prod --output" in commands(manager="pdm", lock="pdm.lock")
    assert "pdm export --dev --group web --output" in commands(manager="pdm", lock="pdm.lock", groups=("web",))
    pipenv = {"manager": "pipenv", "lock": "Pipfile.lock", "project": "Pipfile"}
    assert "pipenv requirements --hash > /tmp/requirements.txt" in commands(**pipenv)
    assert "--categories packages,dev-packages" in commands(**pipenv, groups=("dev",))


def test_a_list_is_installed_as_it_is_and_checked_where_it_has_hashes() -> None:
    assert commands(**PIP).endswith("--no-build --no-deps --require-hashes --requirements requirements.txt")
    assert commands(**PIP, unhashed=True).endswith("--no-build --requirements requirements.txt")
    assert "no hashes" in told(step(**PIP, unhashed=True))[0]


def test_a_commit_of_git_is_built_and_has_no_hash() -> None:
    found = commands(**PIP, git=True)
    assert "--no-build" not in found
    assert "--require-hashes" not in found


def test_what_lies_in_the_repository_is_taken_out_of_a_list() -> None:
    assert "sed -i -E" in commands(**POETRY, parts=("libs/common/pyproject.toml",))
    assert "cp requirements.txt /tmp/requirements.txt" in commands(**PIP, parts=("libs/common/pyproject.toml",))


def test_a_lock_in_a_folder_is_read_there() -> None:
    assert "UV_COMPILE_BYTECODE=0 uv tool run --directory services/api --quiet" in commands(
        **{**POETRY, "lock": "services/api/poetry.lock", "project": "services/api/pyproject.toml"}
    )
    assert commands(lock="services/api/uv.lock").startswith("uv sync --directory services/api")


def test_a_pylock_asks_for_extras_and_groups() -> None:
    found = commands(manager="pylock", lock="pylock.toml", groups=("web",), extras=("fast",))
    assert "--group pylock.toml:web --extra fast --requirements pylock.toml" in found
