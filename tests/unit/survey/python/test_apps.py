import pytest
from tests.support.projects import facts_of, tree_of

from lading.survey.model import App

FASTAPI = "from fastapi import FastAPI\n"
PACKAGE = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def app_of(files: dict[str, str], *packages: str, more: str = "", name: str = "api") -> App:
    fact = facts_of(tree_of(files, *packages, more=more, name=name)).app
    assert fact is not None
    return fact.value


@pytest.mark.parametrize(("source", "framework", "protocol"), [
    (f"{FASTAPI}app = FastAPI()", "FastAPI", "asgi"),
    ("from starlette.applications import Starlette\napp = Starlette()", "Starlette", "asgi"),
    ("from litestar import Litestar\napp = Litestar()", "Litestar", "asgi"),
    ("from flask import Flask\napp = Flask(__name__)", "Flask", "wsgi"),
    ("from quart import Quart\napp = Quart(__name__)", "Quart", "asgi"),
])  # fmt: skip
def test_every_framework_is_told_by_its_class(source: str, framework: str, protocol: str) -> None:
    app = app_of({"main.py": source})
    assert (app.target, app.framework, app.protocol) == ("main:app", framework, protocol)


def test_the_command_is_not_taken_to_be_main_when_the_file_is_app() -> None:
    assert app_of({"app.py": f"{FASTAPI}api = FastAPI()"}).target == "app:api"


@pytest.mark.parametrize(("files", "target"), [
    (("main.py", "app.py"), "main:app"),
    (("app.py", "api.py"), "app:app"),
    (("server.py", "app/main.py"), "server:app"),
    (("app/main.py", "src/main.py", "other/thing.py"), "app.main:app"),
    (("zz.py", "src/deep/main.py"), "zz:app"),
])  # fmt: skip
def test_of_several_apps_the_likeliest_is_assumed_and_the_others_are_told(files: tuple[str, ...], target: str) -> None:
    facts = facts_of(tree_of(dict.fromkeys(files, f"{FASTAPI}app = FastAPI()")))
    assert facts.app is not None
    assert (facts.app.value.target, facts.app.certainty) == (target, "assumed")
    assert len(facts.other_apps) == len(files) - 1


def test_the_entrypoint_of_the_project_file_decides() -> None:
    files = {"main.py": f"{FASTAPI}app = FastAPI()", "own/web.py": f"{FASTAPI}site = FastAPI()"}
    fact = facts_of(tree_of(files, more='[tool.fastapi]\nentrypoint = "own.web:site"\n')).app
    assert fact is not None
    assert (fact.value.target, fact.certainty) == ("own.web:site", "declared")
    assert fact.source == "pyproject.toml › tool.fastapi.entrypoint"


def test_a_server_that_is_started_in_code_decides() -> None:
    files = {
        "main.py": f"{FASTAPI}app = FastAPI()",
        "own/web.py": f"{FASTAPI}site = FastAPI()",
        "serve.py": "import uvicorn\nuvicorn.run('own.web:site', port=9000)\n",
    }
    facts = facts_of(tree_of(files))
    assert facts.app is not None
    assert (facts.app.value.target, facts.app.source) == ("own.web:site", "serve.py:2")
    assert facts.port is not None
    assert facts.port.value == 9000


@pytest.mark.parametrize("files", [
    {"src/main.py": f"{FASTAPI}app = FastAPI()"},
    {"src/__init__.py": "", "src/main.py": f"{FASTAPI}app = FastAPI()"},
    {"src/main.py": f"{FASTAPI}from src.other import x\napp = FastAPI()", "src/other.py": "x = 1"},
    {"src/main.py": f"{FASTAPI}from .other import x\napp = FastAPI()", "src/other.py": "x = 1"},
])  # fmt: skip
def test_a_module_keeps_the_name_that_works_from_the_services_own_folder(files: dict[str, str]) -> None:
    app = app_of(files)
    assert (app.target, app.root) == ("src.main:app", ".")


def test_a_folder_goes_on_the_module_path_when_imports_need_it() -> None:
    app = app_of({"src/main.py": f"{FASTAPI}from other import x\napp = FastAPI()", "src/other.py": "x = 1"})
    assert (app.target, app.root) == ("main:app", "src")


def test_the_path_climbs_as_long_as_there_are_packages() -> None:
    files = {f"backend/{path}": "" for path in ("app/__init__.py", "app/web/__init__.py")}
    source = f"{FASTAPI}from app.core import x\napp = FastAPI()"
    app = app_of({**files, "backend/app/core.py": "x = 1", "backend/app/web/main.py": source})
    assert (app.target, app.root) == ("app.web.main:app", "backend")


def test_an_installed_package_keeps_the_name_that_it_is_installed_by() -> None:
    files = {"src/api/__init__.py": "", "src/api/main.py": f"{FASTAPI}app = FastAPI()"}
    assert app_of(files, more=PACKAGE).target == "api.main:app"


@pytest.mark.parametrize("source", [
    f"{FASTAPI}def create_app():\n    return FastAPI()\n",
    f"{FASTAPI}def create_app() -> FastAPI:\n    return build()\n",
    f"{FASTAPI}def create_app(debug=False):\n    app = FastAPI()\n    return app\n",
    f"{FASTAPI}def make():\n    return FastAPI()\ndef create_app():\n    return make()\n",
])  # fmt: skip
def test_a_factory_counts_where_nothing_else_makes_an_app(source: str) -> None:
    app = app_of({"main.py": source})
    assert (app.target.partition(":")[0], app.factory, app.framework) == ("main", True, "FastAPI")
    assert app.target in ("main:create_app", "main:make")


def test_a_factory_that_needs_arguments_is_none() -> None:
    facts = facts_of(tree_of({"main.py": f"{FASTAPI}def create_app(settings):\n    return FastAPI()\n"}))
    assert facts.app is None


def test_what_a_factory_makes_at_import_is_the_app() -> None:
    files = {
        "factory.py": f"{FASTAPI}def create_app(x):\n    return FastAPI()\n",
        "wsgi.py": "from factory import create_app\napplication = create_app(1)\n",
    }
    app = app_of(files)
    assert (app.target, app.factory) == ("wsgi:application", False)


def test_an_app_that_is_mounted_below_another_is_a_part_of_it() -> None:
    files = {"main.py": f"{FASTAPI}from inner import sub\napp = FastAPI()\napp.mount('/sub', sub)\n"}
    facts = facts_of(tree_of({**files, "inner.py": f"{FASTAPI}sub = FastAPI()\n"}))
    assert facts.app is not None
    assert (facts.app.value.target, facts.app.certainty, facts.other_apps) == ("main:app", "found", ())


def test_what_is_wrapped_around_the_app_is_what_a_server_is_given() -> None:
    source = f"{FASTAPI}import socketio\napi = FastAPI()\nserver = socketio.AsyncServer()\n"
    app = app_of({"main.py": f"{source}site = socketio.ASGIApp(server, api)\n"})
    assert (app.target, app.framework) == ("main:site", "FastAPI")


@pytest.mark.parametrize(
    "path", ["tests/main.py", "docs/main.py", "examples/main.py", "test_app.py", "src/api/tests/app.py"]
)
def test_apps_of_tests_and_examples_are_none(path: str) -> None:
    assert facts_of(tree_of({path: f"{FASTAPI}app = FastAPI()"})).app is None


def test_an_app_in_an_ignored_folder_is_none() -> None:
    files = {"old/main.py": f"{FASTAPI}app = FastAPI()", ".dockerignore": "old\n"}
    assert facts_of(tree_of(files)).app is None


def test_flasks_own_file_names_the_app() -> None:
    files = {
        "hello.py": "from flask import Flask\ndef create_app():\n    return Flask('x')\n",
        ".flaskenv": "FLASK_APP=hello:create_app\n",
    }
    fact = facts_of(tree_of(files, "flask", "gunicorn")).app
    assert fact is not None
    assert (fact.value.target, fact.value.factory, fact.value.protocol) == ("hello:create_app", True, "wsgi")
    assert fact.source == ".flaskenv › FLASK_APP"


DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n",
    "proj/__init__.py": "",
    "proj/settings.py": "ROOT_URLCONF = 'proj.urls'\nWSGI_APPLICATION = 'proj.wsgi.application'\n",
    "proj/urls.py": "from django.urls import path\nurlpatterns = [path('healthz', v)]\n",
    "proj/wsgi.py": "application = 1\n",
    "proj/asgi.py": "application = 1\n",
}


def test_django_may_be_served_both_ways() -> None:
    facts = facts_of(tree_of(DJANGO, "django", "gunicorn"))
    assert facts.app is not None
    assert [(one.value.target, one.value.protocol) for one in (facts.app, *facts.other_apps)] == [
        ("proj.asgi:application", "asgi"), ("proj.wsgi:application", "wsgi"),
    ]  # fmt: skip
    assert [health.value for health in facts.health] == ["/healthz"]


def test_djangos_settings_may_be_a_package_and_lie_deeper() -> None:
    files = {f"backend/{path}": text for path, text in DJANGO.items() if path != "proj/settings.py"}
    files["backend/proj/settings/__init__.py"] = "from .base import *\n"
    files["backend/proj/settings/base.py"] = f"{DJANGO['proj/settings.py']}STATIC_ROOT = BASE / 'static'\n"
    facts = facts_of(tree_of(files, "django", "gunicorn"))
    assert facts.app is not None
    assert (facts.app.value.target, facts.app.value.root) == ("proj.asgi:application", "backend")
    assert facts.static_root == "backend/proj/settings/base.py:3"
    assert facts.health


def test_a_manage_py_without_django_is_just_a_script() -> None:
    assert facts_of(tree_of({"manage.py": "print(1)\n"}, "litestar")).processes == ()
