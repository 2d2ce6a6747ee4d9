import pytest
from tests.support.projects import FASTAPI_APP, facts_of, tree_of

from lading.survey.model import Fact
from lading.survey.python.ports import port_in


def port(files: dict[str, str]) -> Fact[int] | None:
    return facts_of(tree_of({"main.py": FASTAPI_APP, **files})).port


@pytest.mark.parametrize(("line", "value"), [
    ("uvicorn main:app --port 8001", 8001),
    ("uvicorn main:app --port=8001", 8001),
    ("gunicorn -b :9000 main:app", 9000),
    ("gunicorn --bind 0.0.0.0:9000 main:app", 9000),
    ("gunicorn --bind=[::]:9000 main:app", 9000),
    ("flask run -p 5001", 5001),
    ("uvicorn main:app", None),
    ("uvicorn main:app --port", None),
    ("uvicorn main:app --port 99999", None),
    ("uvicorn main:app --port $PORT", None),
])  # fmt: skip
def test_flags_of_servers(line: str, value: int | None) -> None:
    assert port_in(line.split()) == value


def test_no_words_have_no_port() -> None:
    assert port_in(()) is None


def test_a_procfile_is_the_strongest_sign() -> None:
    files = {"Procfile": "web: uvicorn main:app --port 8001\n", "conf.py": "import os\nP = os.getenv('PORT', 8002)\n"}
    assert port(files) == Fact(value=8001, source="Procfile › web")


@pytest.mark.parametrize(("run", "value"), [
    ("uvicorn.run(app, port=8003)", 8003),
    ("uvicorn.run('main:app', port=8003)", 8003),
    ("uvicorn.run(app, port=PORT)", 8004),
    ("uvicorn.run(app, port=int(os.environ.get('PORT', '8005')))", 8005),
    ("uvicorn.run(app, port=settings.port)", 8006),
    ("uvicorn.run(app, port=get_settings().port)", 8006),
    ("uvicorn.run(app, port=compute())", None),
    ("uvicorn.run(app)", None),
])  # fmt: skip
def test_the_port_of_a_server_that_is_started_in_code(run: str, value: int | None) -> None:
    source = f"""{FASTAPI_APP}
import os
import uvicorn
PORT = 8004
class DatabaseSettings:
    port: int = 8006
settings = DatabaseSettings()
def get_settings() -> DatabaseSettings:
    return settings
if __name__ == "__main__":
    {run}
"""
    found = facts_of(tree_of({"main.py": source})).port
    assert (found.value if found else None) == value
    if found:
        assert found.certainty == "found"


def test_flasks_own_run_counts() -> None:
    source = "from flask import Flask\napp = Flask('x')\napp.run(host='0.0.0.0', port=5050)\n"
    found = facts_of(tree_of({"app.py": source}, "flask", "gunicorn")).port
    assert found == Fact(value=5050, source="app.py:3", certainty="found")


def test_the_port_of_another_app_is_not_the_services() -> None:
    files = {
        "worker.py": "import uvicorn\nfrom fastapi import FastAPI\nprobe = FastAPI()\nuvicorn.run(probe, port=9191)\n"
    }
    assert port(files) is None


@pytest.mark.parametrize("read", ["os.environ.get('PORT', '8007')", "int(os.getenv('PORT', 8007))"])
def test_the_default_of_a_variable(read: str) -> None:
    found = port({"conf.py": f"import os\nX = {read}\n"})
    assert found == Fact(value=8007, source="conf.py:2", certainty="found")


def test_a_port_in_settings_is_a_guess() -> None:
    files = {
        "conf.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    port: int = 8008\n"
    }
    assert port(files) == Fact(value=8008, source="conf.py:3", certainty="assumed")


@pytest.mark.parametrize("name", ["RedisSettings", "PostgresConfig", "SMTPSettings", "DBConfig", "MetricsSettings"])
def test_the_port_of_something_else_is_no_guess(name: str) -> None:
    assert port({"conf.py": f"class {name}:\n    port: int = 6379\n"}) is None


def test_whether_the_code_reads_the_variable_is_told_apart() -> None:
    assert facts_of(tree_of({"main.py": f"{FASTAPI_APP}\nimport os\nos.environ['PORT']\n"})).port_variable
    assert not facts_of(tree_of({"main.py": FASTAPI_APP})).port_variable
