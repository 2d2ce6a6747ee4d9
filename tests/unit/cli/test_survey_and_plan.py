import io
import json
from pathlib import Path

import msgspec
import pytest
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock

from lading.cli import plan, survey
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import UsageError
from lading.plan.model import Plan
from lading.survey.model import Survey

FILES = {
    "pyproject.toml": pyproject(),
    "uv.lock": uv_lock("fastapi", "uvicorn"),
    "main.py": FASTAPI_APP,
    ".git/HEAD": "",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / "repo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / path).write_text(text)
    return tmp_path / "repo"


def run(folder: Path, *words: str) -> str:
    name, *rest = words
    module = {"survey": survey, "plan": plan}[name]
    args = parse(name, module, rest)
    assert args is not None
    out = io.StringIO()
    env = {"LADING_STORE": str(folder.parent / "store")}
    context = Context(env=env, cwd=folder, out=out, err=io.StringIO())
    assert module.run(args, context) == 0
    return out.getvalue()


def test_a_survey_shows_facts_with_their_sources(repository: Path) -> None:
    text = run(repository, "survey")
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines() if line.startswith("  ")}
    assert rows["app"] == "main:app (FastAPI) main.py:4"
    assert rows["health"] == "/health main.py:7"
    assert text.endswith("1 service\n")
    assert max(map(len, text.splitlines())) <= 80


def test_a_survey_shows_what_cannot_be_built_and_the_way_out(repository: Path) -> None:
    (repository / "poetry.lock").write_text("")
    text = run(repository, "survey")
    assert "several lock files: uv.lock and poetry.lock" in text
    assert text.endswith("0 services, 1 project that cannot be built\n")


def test_a_survey_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "survey") == "there is no project here\n"


def test_a_survey_is_a_document_for_machines(repository: Path) -> None:
    found = msgspec.json.decode(run(repository, "survey", "--format", "json"), type=Survey)
    assert found.services[0].name.value == "api"


def test_a_survey_of_a_folder_that_is_not_there(repository: Path) -> None:
    with pytest.raises(UsageError):
        run(repository, "survey", "nowhere")


def test_a_plan_shows_its_stages_as_a_tree(repository: Path) -> None:
    text = run(repository, "plan")
    lines = text.splitlines()
    assert lines[0] == "api → image api, linux/amd64"
    assert [line for line in lines if line.startswith(("├─", "└─"))] == [
        "├─ build: installs for the target; does not ship",
        "└─ runtime: what ships, and nothing else",
    ]
    assert "GET /health on 8080" in text
    assert "·" not in text


def test_a_plan_says_why(repository: Path) -> None:
    text = run(repository, "plan", "--why")
    assert "· app: main:app (FastAPI)  (main.py:4)" in text
    assert "· Python: 3.13  (pyproject.toml › project.requires-python)" in text
    assert "· port: 8080  (assumed, nothing names a port)" in text


def test_a_plan_is_a_document_for_machines(repository: Path) -> None:
    (found,) = msgspec.json.decode(run(repository, "plan", "--format", "json"), type=tuple[Plan, ...])
    assert found.service == "api"
    (both,) = json.loads(run(repository, "plan", "--why", "--format", "json"))
    assert msgspec.convert(both["plan"], Plan) == found
    assert {"topic", "name", "value", "source", "certainty"} == set(both["why"][0])


def test_a_plan_of_a_named_service(repository: Path) -> None:
    assert run(repository, "plan", "api").startswith("api ")
    with pytest.raises(UsageError, match="no service 'apo'"):
        run(repository, "plan", "apo")
    assert run(repository.parent, "plan", "-C", "repo").startswith("api ")


def test_what_a_repository_says_cannot_steer_the_terminal(repository: Path) -> None:
    project = pyproject(
        more='description = "\\u001b[31mred\\u202e"\n[project.urls]\nSource = "https://x.example/\\u001b[0m"\n'
    )
    (repository / "pyproject.toml").write_text(project)
    (repository / "bad\x1b[31m.py").write_text("def f(:\n")
    for text in (run(repository, "survey"), run(repository, "plan", "--why")):
        assert "\x1b" not in text
        assert "\u202e" not in text
