import pytest
from tests.support.projects import FASTAPI_APP, facts_of, tree_of

from lading.survey.python.processes import procfile

CELERY = "from celery import Celery\nqueue = Celery('x')\n"
PACKAGE = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def found(files: dict[str, str], *packages: str, more: str = "") -> dict[str, tuple[str, ...]]:
    facts = facts_of(tree_of({"main.py": FASTAPI_APP, **files}, "fastapi", "uvicorn", *packages, more=more))
    return {one.value.name: one.value.words for one in facts.processes}


def test_every_line_of_a_procfile_is_kept_whatever_their_number() -> None:
    lines = "".join(f"p{number}: python -m m{number}\n" for number in range(20))
    assert set(found({"Procfile": lines})) == {f"p{number}" for number in range(20)}


@pytest.mark.parametrize(("line", "words"), [
    ("web: uvicorn a:b --port $PORT", ("uvicorn", "a:b", "--port", "{port}")),
    ("web: uvicorn a:b --port ${PORT:-8000}", ("uvicorn", "a:b", "--port", "{port}")),
    ("web:gunicorn 'a:create(x=1)'", ("gunicorn", "a:create(x=1)")),
    ("web: uv run uvicorn a:b", ("uvicorn", "a:b")),
    ("web: exec uvicorn a:b", ("uvicorn", "a:b")),
])  # fmt: skip
def test_lines_become_words(line: str, words: tuple[str, ...]) -> None:
    assert procfile(line)["web"].value.words == words


@pytest.mark.parametrize("line", [
    "web: alembic upgrade head && uvicorn a:b", "web: a | b", "web: a > b", "web: echo `id`", "web: echo $(id)",
    "web: echo $HOME", "web: A=1 uvicorn a:b", "web: 'unclosed", "web: a; b", "web: a &",
])  # fmt: skip
def test_a_line_that_wants_a_shell_says_so(line: str) -> None:
    fact = procfile(line)["web"]
    assert fact.value.words == ()
    assert fact.value.note


def test_comments_and_nonsense_are_passed_over() -> None:
    assert procfile("# web: no\n\nnonsense\n: x\nweb:\n") == {}


def test_a_celery_app_is_a_worker_and_with_a_schedule_a_beat() -> None:
    assert found({"jobs.py": CELERY}, "celery") == {"worker": ("celery", "-A", "jobs:queue", "worker")}
    both = found({"jobs.py": f"{CELERY}queue.conf.beat_schedule = {{}}\n"}, "celery")
    assert set(both) == {"beat", "worker"}
    assert both["beat"][-2:] == ("--schedule", "/tmp/celerybeat-schedule")


def test_a_schedule_in_another_module_counts() -> None:
    files = {"jobs.py": CELERY, "plan.py": "from jobs import queue\nqueue.conf.update(beat_schedule={})\n"}
    assert "beat" in found(files, "celery")


@pytest.mark.parametrize(("source", "words"), [
    ("class WorkerSettings:\n    functions = [f]\n", ("arq", "jobs.WorkerSettings")),
    ("import dramatiq\n@dramatiq.actor\ndef f(): ...\n", ("dramatiq", "jobs")),
    ("from rq import Queue\nq = Queue(connection=r)\n", ("rq", "worker")),
])  # fmt: skip
def test_other_workers(source: str, words: tuple[str, ...]) -> None:
    assert found({"jobs.py": source}, words[0]) == {"worker": words}


def test_two_workers_get_names_of_their_own() -> None:
    files = {"a.py": CELERY, "b.py": "import dramatiq\n@dramatiq.actor\ndef f(): ...\n"}
    assert set(found(files, "celery", "dramatiq")) == {"worker", "worker-2"}


@pytest.mark.parametrize(("files", "more", "words"), [
    ({"alembic.ini": ""}, "", ("alembic", "upgrade", "head")),
    ({"db/alembic.ini": ""}, "", ("alembic", "-c", "db/alembic.ini", "upgrade", "head")),
    ({}, "[tool.alembic]\n", ("alembic", "upgrade", "head")),
    ({"migrations/alembic.ini": ""}, "", ("flask", "db", "upgrade")),
])  # fmt: skip
def test_migrations_are_a_process_of_their_own(files: dict[str, str], more: str, words: tuple[str, ...]) -> None:
    assert found(files, "alembic", more=more)["migrate"] == words


def test_djangos_migrations() -> None:
    assert found({"manage.py": ""}, "django")["migrate"] == ("python", "manage.py", "migrate", "--noinput")


def test_a_procfile_line_replaces_what_was_found_under_its_name() -> None:
    files = {"Procfile": "worker: celery -A jobs worker -c 4\n", "jobs.py": CELERY}
    assert found(files, "celery") == {"worker": ("celery", "-A", "jobs", "worker", "-c", "4")}


def test_console_scripts_exist_only_when_the_project_is_installed() -> None:
    scripts = '[project.scripts]\napi-admin = "api.cli:main"\n'
    assert found({}, more=scripts) == {}
    assert found({"src/api/cli.py": ""}, more=scripts + PACKAGE) == {"api-admin": ("api-admin",)}


def test_a_package_that_can_be_started() -> None:
    assert found({"jobs/__main__.py": ""}) == {"jobs": ("python", "-m", "jobs")}
    assert found({"src/jobs/__main__.py": ""}) == {"src-jobs": ("python", "-m", "src.jobs")}
    assert found({"tools/lint/__main__.py": ""}) == {}


def test_a_script_that_does_the_same_as_a_package_is_enough() -> None:
    scripts = '[project.scripts]\napi = "api.__main__:main"\n'
    files = {"src/api/__init__.py": "", "src/api/__main__.py": ""}
    assert found(files, more=scripts + PACKAGE) == {"api": ("api",)}
