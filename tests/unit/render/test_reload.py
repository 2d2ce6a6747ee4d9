import pytest
from tests.support.golden import PROJECTS
from tests.support.members import member, python_facts, service
from tests.support.projects import tree_of

from lading.errors import UsageError
from lading.plan.model import Process
from lading.render.reload import at_desk, debugged, development_start

FLASK = "from flask import Flask\ndef create_app():\n    return Flask('x')\n"


def started(*packages: str, settings: str = "") -> tuple[tuple[str, ...], bool]:
    one = service({}, *packages, settings=settings)
    return development_start(one, one.plan.processes[0])


SERVE = ("-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8080")


@pytest.mark.parametrize(("command", "words"), [
    ("", (*SERVE, "--reload")),
    ('command = ["uvicorn", "main:app", "--workers", "4"]', ("-m", "uvicorn", "main:app", "--reload")),
    ('command = ["uvicorn", "main:app", "--workers=4", "--reload"]', ("-m", "uvicorn", "main:app", "--reload")),
    ('command = ["gunicorn", "-w", "4", "main:app"]', ("-m", "gunicorn", "main:app", "--reload")),
    ('command = ["fastapi", "run", "main.py"]', ("-m", "fastapi", "run", "main.py", "--reload")),
])  # fmt: skip
def test_servers_reload_with_one_worker(command: str, words: tuple[str, ...]) -> None:
    assert started(settings=command) == (words, True)


def test_what_cannot_reload_is_watched_where_that_is_locked() -> None:
    own = 'command = ["waitress-serve", "main:app"]'
    assert started(settings=own) == (("-m", "waitress", "main:app"), False)
    watched = ("-m", "watchfiles", "--filter", "python", "/opt/venv/bin/python -m waitress main:app", "/app")
    assert started("watchfiles", settings=own) == (watched, True)


def test_a_watched_command_is_quoted_for_whoever_splits_it() -> None:
    one = service({}, "watchfiles")
    start = development_start(one, Process(name="worker", command=("w.py", "a b", "$x"), source=""))
    assert start.command[4] == "/opt/venv/bin/python w.py 'a b' '$x'"


def test_flask_and_django_have_servers_of_their_own() -> None:
    flask = member(tree_of({"app.py": FLASK}, "flask", "gunicorn"))
    words = ("-m", "flask", "--app", "app:create_app", "run", "--debug", "--host", "0.0.0.0", "--port", "8080")
    assert development_start(flask, flask.plan.processes[0]) == (words, True)
    django = member(PROJECTS["django-site"]())
    own = ("web/manage.py", "runserver", "0.0.0.0:8080")
    assert development_start(django, django.plan.processes[0]) == (own, True)


def test_the_environment_is_elsewhere() -> None:
    assert at_desk(("/app/.venv/bin/x", "-m", "/app/main.py")) == ("/opt/venv/bin/x", "-m", "/app/main.py")


def test_a_debugger_must_be_locked() -> None:
    words = debugged(python_facts(service({}, "debugpy")), "shop", SERVE)
    assert words == ("-m", "debugpy", "--listen", "0.0.0.0:5678", *SERVE)
    with pytest.raises(UsageError, match="debugpy") as caught:
        debugged(python_facts(service()), "shop", SERVE)
    assert caught.value.fix == "uv add --dev debugpy"
