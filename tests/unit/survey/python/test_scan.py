import warnings

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.python.module import Env, Joined, Known, ModuleFacts, Ref, Value
from lading.survey.python.scan import scan_module


def scan(source: str) -> ModuleFacts:
    facts = scan_module(source.encode())
    assert not facts.broken, facts.broken
    return facts


def made(source: str) -> dict[str, str]:
    return {one.name: one.callee for one in scan(source).made}


@pytest.mark.parametrize(("source", "callee"), [
    ("from fastapi import FastAPI\napp = FastAPI()", "fastapi.FastAPI"),
    ("from fastapi import FastAPI as F\napp: F = F(title='x')", "fastapi.FastAPI"),
    ("import fastapi\napp = fastapi.FastAPI()", "fastapi.FastAPI"),
    ("import fastapi as f\napp = f.FastAPI()", "fastapi.FastAPI"),
    ("from .factory import make\napp = make()", ".factory.make"),
    ("from .. import factory\napp = factory.make()", "..factory.make"),
    ("def make(): ...\napp = make()", ":make"),
    ("if True:\n    from fastapi import FastAPI\n    app = FastAPI()", "fastapi.FastAPI"),
    ("try:\n    from fastapi import FastAPI\nexcept ImportError:\n    pass\napp = FastAPI()", "fastapi.FastAPI"),
])  # fmt: skip
def test_names_are_followed_to_where_they_are_imported_from(source: str, callee: str) -> None:
    assert made(source)["app"] == callee


def test_a_function_sees_its_own_names_first_and_then_the_module() -> None:
    facts = scan(
        """
        from one import Thing
        app = Thing()
        def make():
            from two import Thing
            app = Thing()
            return app
        def other():
            inner = Thing()
            return inner
    """.replace("\n        ", "\n")
    )
    assert {one.name: one.callee for one in facts.made} == {
        "app": "one.Thing", "make.app": "two.Thing", "other.inner": "one.Thing",
    }  # fmt: skip
    assert {one.name: one.returns for one in facts.functions} == {"make": (":make.app",), "other": (":other.inner",)}


def test_what_a_class_binds_is_not_seen_in_its_methods() -> None:
    source = "from x import Thing\nclass C:\n    Thing = None\n    def m(self):\n        y = Thing()\n"
    assert made(source)["C.m.y"] == "x.Thing"


@pytest.mark.parametrize(("source", "value"), [
    ("X = 'a'", Known("a")),
    ("X = 3", Known(3)),
    ("X = 'a' + 'b'", Joined((Known("a"), Known("b")))),
    ("from s import P\nX = f'{P}/v1'", Joined((Ref("s.P"), Known("/v1")))),
    ("import os\nX = os.environ.get('PORT', '8000')", Env("PORT", "8000")),
    ("import os\nX = int(os.getenv('PORT', 8000))", Env("PORT", 8000)),
    ("from os import getenv\nX = int(getenv('PORT') or 8000)", Env("PORT", 8000)),
    ("from s import settings\nX = settings.port", Ref("s.settings.port")),
    ("from s import get\nX = get().port", Ref("s.get().port")),
])  # fmt: skip
def test_values_are_kept_as_far_as_the_module_tells(source: str, value: Value) -> None:
    assert scan(source).constants["X"] == value


@pytest.mark.parametrize("source", ["X = True", "X = 1.5", "X = [1]", "X = lambda: 1", "X = y if z else w", "X = -1"])
def test_other_expressions_are_no_values(source: str) -> None:
    assert "X" not in scan(source).constants


def test_routes_only_count_when_they_answer_get() -> None:
    facts = scan("""
from flask import Flask
app = Flask(__name__)
@app.route("/a")
def a(): ...
@app.route("/b", methods=["POST"])
def b(): ...
@app.route("/c", methods=["POST", "GET"])
def c(): ...
@app.post("/d")
def d(): ...
app.add_url_rule("/e", view_func=a)
app.add_url_rule("/f", view_func=a, methods=["PUT"])
""")
    assert [route.path for route in facts.routes] == [Known("/a"), Known("/c"), Known("/e")]
    assert facts.routes[0].line == 4


def test_settings_keep_the_defaults_of_their_fields_with_their_lines() -> None:
    facts = scan("""
from pydantic import Field
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    port: int = 8080
    host: str = Field("x")
    prefix: str = Field(default="/api")
    secret: str
""")
    (found,) = facts.settings
    assert found.bases == ("pydantic_settings.BaseSettings",)
    assert {name: (field.value, field.line) for name, field in found.fields.items()} == {
        "port": (Known(8080), 5), "host": (Known("x"), 6), "prefix": (Known("/api"), 7), "secret": (None, 8),
    }  # fmt: skip
    assert [name for name, field in found.fields.items() if field.required] == ["secret"]


@pytest.mark.parametrize("call", [
    "os.environ.get('PORT', 8000)", "os.getenv('PORT', '8000')", "config('PORT', default=8000, cast=int)",
    "env.int('PORT', 8000)", "os.environ.get('PORT')", "os.environ['PORT']",
])  # fmt: skip
def test_a_port_that_is_read_from_the_environment_is_seen(call: str) -> None:
    (read,) = scan(f"def f():\n    return g({call})\n").env
    assert (read.name, read.line) == ("PORT", 2)
    assert str(read.default) == ("8000" if "8000" in call else "None")


@pytest.mark.parametrize(("source", "kind"), [
    ("if __name__ == '__main__':\n    pass", "main"),
    ("class WorkerSettings:\n    functions = [f]", "arq"),
    ("import dramatiq\n@dramatiq.actor\ndef f(): ...", "dramatiq"),
    ("from dramatiq import actor\n@actor(max_retries=3)\ndef f(): ...", "dramatiq"),
    ("STATIC_ROOT = BASE / 'static'", "static-root"),
    ("CELERY_BEAT_SCHEDULE = {}", "beat"),
    ("from celery import Celery\nc = Celery()\nc.conf.beat_schedule = {}", "beat"),
    ("from celery import Celery\nc = Celery()\nc.conf.update(beat_schedule={})", "beat"),
])  # fmt: skip
def test_what_matters_by_being_there(source: str, kind: str) -> None:
    assert [mark.kind for mark in scan(source).marks] == [kind]


def test_words_are_mentions_only_where_a_path_or_module_is_expected() -> None:
    facts = scan("""
a = "word"
b = "a/path"
c = "a.module"
d = Path("folder")
e = BASE / "sub"
INSTALLED_APPS = ["shop"]
f = "not a name at all"
""")
    assert facts.mentions == ("a.module", "a/path", "folder", "shop", "sub")


@pytest.mark.parametrize("source", [
    b"def f(:", b"\x00", b"\xff\xfe", b"print 'two'", b"x = " + b"(" * 3000 + b")" * 3000, b"# coding: nonsense\n",
    b"x = " + b"-" * 100_000 + b"1", b"x = " + b"+".join([b"'a'"] * 20_000),
])  # fmt: skip
def test_source_that_cannot_be_read_says_so_and_fails_nothing(source: bytes) -> None:
    facts = scan_module(source)
    assert facts.broken
    assert facts == ModuleFacts(broken=facts.broken)


def test_doubtful_escapes_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not scan_module(b"x = '\\d'\n1 is 1\nassert (1, 'x')").broken


@given(st.binary(max_size=300))
def test_any_bytes_are_a_module_or_broken(source: bytes) -> None:
    scan_module(source)


@pytest.mark.parametrize("escape", ["\\ud800", "\\U0000DFFF", "x\\udc80y"])
def test_text_that_no_file_can_hold_is_spelt_out(escape: str) -> None:
    source = f'import os\nNAME = "{escape}"\nport = os.environ.get("{escape}", "{escape}")\n'.encode()
    facts = scan_module(source)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=ModuleFacts) == facts
