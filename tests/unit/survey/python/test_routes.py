import pytest

from lading.survey.patterns import HEALTH_NAMES
from lading.survey.python.graph import Graph, Place
from lading.survey.python.routes import Routes, health_facts
from lading.survey.python.scan import scan_module


def answers(files: dict[str, str], file: str = "main.py", name: str = "app") -> dict[str, tuple[str, bool]]:
    """Path → where it is, and whether it is certain."""
    modules = {path: scan_module(source.encode()) for path, source in files.items()}
    graph = Graph(modules)
    start = graph.follow(f":{name}", file) or Place(file, name)
    return {one.path: (f"{one.file}:{one.line}", one.certain) for one in Routes(graph).answers(start)}


APP = "from fastapi import FastAPI\napp = FastAPI()\n"
ROUTER = "from fastapi import APIRouter\nrouter = APIRouter({})\n@router.get('{}')\ndef f(): ...\n"


def router(path: str = "/health", given: str = "") -> str:
    return ROUTER.format(given, path)


def test_a_route_of_the_app_itself() -> None:
    assert answers({"main.py": f"{APP}@app.get('/health')\ndef f(): ...\n"}) == {"/health": ("main.py:3", True)}


@pytest.mark.parametrize(("include", "path"), [
    ("from api import health\napp.include_router(health.router)", "/health"),
    ("from api.health import router as r\napp.include_router(r, prefix='/api')", "/api/health"),
    ("import api.health\napp.include_router(api.health.router, prefix='/v' + '1')", "/v1/health"),
    ("from api import health\nP = '/p'\napp.include_router(health.router, prefix=f'{P}/q')", "/p/q/health"),
    ("from api import *\napp.include_router(again)", "/health"),
    ("from api import again\napp.include_router(again)", "/health"),
])  # fmt: skip
def test_routers_are_followed_through_imports(include: str, path: str) -> None:
    files = {
        "main.py": f"{APP}{include}\n",
        "api/__init__.py": "from .health import router as again\n",
        "api/health.py": router(),
    }
    assert answers(files) == {path: ("api/health.py:3", True)}


def test_prefixes_of_routers_and_includes_add_up() -> None:
    files = {
        "main.py": f"{APP}from api import top\napp.include_router(top, prefix='/a')\n",
        "api/__init__.py": "from fastapi import APIRouter\nfrom .health import router\n"
        "top = APIRouter(prefix='/b')\ntop.include_router(router, prefix='/c')\n",
        "api/health.py": router(given="prefix='/d'"),
    }
    assert set(answers(files)) == {"/a/b/c/d/health"}


def test_a_prefix_from_a_constant_of_another_module_is_certain() -> None:
    files = {
        "main.py": f"{APP}from c import P\nfrom h import router\napp.include_router(router, prefix=P)\n",
        "c.py": "P = '/x'\n",
        "h.py": router(),
    }
    assert answers(files) == {"/x/health": ("h.py:3", True)}


def test_a_prefix_from_settings_is_known_and_not_certain() -> None:
    files = {
        "main.py": f"{APP}from conf import own\nfrom h import router\napp.include_router(router, prefix=own.API)\n",
        "conf.py": "from pydantic_settings import BaseSettings\n"
        "class Settings(BaseSettings):\n    API: str = '/api/v1'\nown = Settings()\n",
        "h.py": router(),
    }
    assert answers(files) == {"/api/v1/health": ("h.py:3", False)}


def test_a_prefix_that_cannot_be_followed_hides_what_is_below_it() -> None:
    files = {
        "main.py": f"{APP}from h import router\napp.include_router(router, prefix=compute()[0])\n",
        "h.py": router(),
    }
    assert answers(files) == {}


def test_a_router_that_nothing_includes_is_not_answered() -> None:
    assert answers({"main.py": APP, "h.py": router()}) == {}


def test_a_factory_and_a_function_that_is_given_the_app() -> None:
    files = {
        "main.py": "from factory import create_app\napp = create_app()\n",
        "factory.py": "from fastapi import FastAPI\nfrom h import router\ndef create_app():\n"
        "    made = FastAPI()\n    register(made)\n    return made\n"
        "def register(target):\n    target.include_router(router, prefix='/in')\n",
        "h.py": router(),
    }
    assert set(answers(files)) == {"/in/health"}


def test_a_router_that_is_given_to_a_factory() -> None:
    files = {
        "main.py": "from factory import make\nfrom h import router\napp = make(router=router)\n",
        "factory.py": "from fastapi import FastAPI\n"
        "def make(router):\n    a = FastAPI()\n    a.include_router(router)\n    return a\n",
        "h.py": router(),
    }
    assert set(answers(files)) == {"/health"}


def test_a_mounted_app_answers_below_its_path() -> None:
    source = f"{APP}sub = FastAPI()\napp.mount('/sub', sub)\n@sub.get('/health')\ndef f(): ...\n"
    assert set(answers({"main.py": source})) == {"/sub/health"}


def test_starlette_routes_and_mounts() -> None:
    source = """
from starlette.applications import Starlette
from starlette.routing import Mount, Route
inner = [Route("/ping", f)]
routes = [Route("/health", f), Route("/posted", f, methods=["POST"]), Mount("/in", routes=inner)]
routes += [Mount("/deep", routes=[Route("/up", f)])]
app = Starlette(routes=routes)
"""
    assert set(answers({"main.py": source})) == {"/health", "/in/ping", "/deep/up"}


def test_litestar_handlers_routers_and_controllers() -> None:
    source = """
from litestar import Controller, Litestar, Router, get
@get("/health")
async def health() -> str: ...
@get(path=["/a", "/b"])
async def both() -> str: ...
class Own(Controller):
    path = "/own"
    @get("/ping")
    async def ping(self) -> str: ...
inner = Router(path="/in", route_handlers=[both])
app = Litestar(route_handlers=[health, inner, Own])
"""
    assert set(answers({"main.py": source})) == {"/health", "/in/a", "/in/b", "/own/ping"}


def test_flask_blueprints_take_the_prefix_that_they_are_registered_with() -> None:
    source = """
from flask import Blueprint, Flask
one = Blueprint("one", __name__, url_prefix="/one")
two = Blueprint("two", __name__, url_prefix="/two")
@one.route("/health")
def a(): ...
@two.get("/health")
def b(): ...
app = Flask(__name__)
app.register_blueprint(one)
app.register_blueprint(two, url_prefix="/else")
"""
    assert set(answers({"main.py": source})) == {"/one/health", "/else/health"}


def test_django_url_lists() -> None:
    files = {
        "proj/urls.py": "from django.urls import include, path, re_path\n"
        "urlpatterns = [path('health/', v), path('api/', include('shop.urls'))]\n"
        "urlpatterns += [re_path(r'^ping$', v)]\n",
        "shop/urls.py": "from django.urls import path\nurlpatterns = [path('live/', v)]\n",
    }
    assert set(answers(files, "proj/urls.py", "urlpatterns")) == {"/health/", "/api/live/", "/ping"}


def test_routers_that_include_each_other_end() -> None:
    source = f"""{APP}
from fastapi import APIRouter
a = APIRouter()
b = APIRouter()
a.include_router(b)
b.include_router(a)
app.include_router(a)
@b.get('/health')
def f(): ...
"""
    assert set(answers({"main.py": source})) == {"/health"}


def test_a_maze_of_routers_is_left_after_a_while() -> None:
    lines = ["from fastapi import APIRouter, FastAPI", "app = FastAPI()", "r0 = APIRouter()", "app.include_router(r0)"]
    for at in range(40):
        lines += [f"r{at + 1} = APIRouter()", *[f"r{at}.include_router(r{at + 1}, prefix='/{n}')" for n in range(4)]]
    answers({"main.py": "\n".join(lines)})


def found(*paths: str) -> list[str]:
    source = APP + "".join(f"@app.get('{path}')\ndef f{number}(): ...\n" for number, path in enumerate(paths))
    graph = Graph({"main.py": scan_module(source.encode())})
    return [fact.value for fact in health_facts(Routes(graph).answers(Place("main.py", "app")))]


def test_liveness_comes_before_readiness_and_the_shallow_before_the_deep() -> None:
    assert found("/ready", "/api/v1/health", "/health", "/livez") == ["/health", "/api/v1/health", "/livez", "/ready"]


@pytest.mark.parametrize("path", ["/items/{id}/health", "/healthy", "/health/{x}", "/", "/status", "/wealth"])
def test_other_paths_are_no_health_routes(path: str) -> None:
    assert found(path) == []


@pytest.mark.parametrize("path", ["/healthz", "/_health", "/health/", "/Health", "/api/health-check"])
def test_the_usual_spellings_are(path: str) -> None:
    assert found(path) == [path]


def test_every_name_is_in_lower_case() -> None:
    assert all(name == name.lower() for name in HEALTH_NAMES)
