"""Compose files as far as they say how an image is run."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.seeds.facts import SEEDS

from lading.check.compose import read_compose
from lading.finding import Span

TEXT = """
x-common: &common
  read_only: true
  environment:
    - A=1
    - HOME
    - B=${B}
services:
  api:
    <<: *common
    build: {context: ./api, target: runtime, args: {V: "1", W: "${W}"}}
    image: example/api
    command: uvicorn "app:app" --port 80
    user: "1000:1000"
    volumes:
      - ./api:/app
      - cache:/cache:ro
      - /only
      - {type: bind, source: ./x, target: /x}
    depends_on: {db: {condition: service_healthy}, queue: {}}
    healthcheck: {test: curl -f "http://localhost/$$HOST"}
  worker:
    build: .
    entrypoint: ["/start.sh"]
    depends_on: [api]
    healthcheck:
      test: ["CMD-SHELL", "test -f /tmp/ok"]
    deploy: {replicas: 3}
  db: {image: postgres, healthcheck: {test: NONE, disable: true}}
"""


def test_what_rules_need_is_read() -> None:
    services = read_compose(TEXT, "compose.yml").services
    api, worker, db = services["api"], services["worker"], services["db"]
    assert (api.context, api.dockerfile, api.target, api.arguments) == ("./api", "", "runtime", {"V": "1", "W": None})
    assert api.image is not None
    assert api.image.text == "example/api"
    assert api.command is not None
    assert api.command.words == ("uvicorn", "app:app", "--port", "80")
    assert api.environment == {"A": "1", "HOME": None, "B": None}
    assert api.mounts == (("./api", "/app"), ("cache", "/cache"), ("", "/only"), ("./x", "/x"))
    assert {name: told.text for name, told in api.depends_on.items()} == {
        "db": "service_healthy",
        "queue": "service_started",
    }
    assert api.health is not None
    assert api.health.script == 'curl -f "http://localhost/$HOST"'
    assert (api.read_only, worker.read_only) == (True, False)
    assert (worker.context, worker.replicas, api.replicas) == (".", 3, 1)
    assert worker.entrypoint is not None
    assert worker.entrypoint.words == ("/start.sh",)
    assert worker.health is not None
    assert worker.health.script == "test -f /tmp/ok"
    assert db.context == ""


def test_places_are_those_of_the_text() -> None:
    path = SEEDS / "stockbook" / "docker-compose.prod.yml"
    text = path.read_text()
    app = read_compose(text, path.name).services["app"]
    assert app.health is not None
    span = app.health.place.span
    assert span is not None
    line = text.split("\n")[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == '["CMD", "curl", "-f", "http://localhost:8000/health"]'
    assert app.replicas_place is not None
    assert app.replicas_place.span == Span(12, 17, 12, 18)


def test_what_is_no_compose_file_has_a_problem_or_no_services(tmp_path: Path) -> None:
    assert "line 2" in read_compose("a: [", "c.yml").problem
    for text in ("", "- a", "services: [a]", "services: {a: null, b: 1, c: {build: [1]}}", "services: {1: {build: .}}"):
        assert read_compose(text, "c.yml").problem == ""
    cyclic = "services: &s\n  a: &a\n    <<: *a\n    build: *s\n"
    assert read_compose(cyclic, "c.yml").services.keys() == {"a"}
    assert read_compose("[" * 100_000, "c.yml").problem
    doubling = "".join(f"x{at}: &x{at} {{<<: [*x{at - 1}, *x{at - 1}]}}\n" for at in range(1, 60))
    assert read_compose(f"x0: &x0 {{build: .}}\n{doubling}services: {{a: *x59}}", "c.yml").services["a"].context == "."


KEYS = (
    "services", "build", "context", "args", "image", "command", "healthcheck", "test", "volumes", "deploy", "replicas",
    "depends_on", "condition", "environment", "user", "<<",
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.integers() | st.text("ab$:={}[]\"'", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), _VALUES, max_size=4))
def test_nothing_makes_it_fail(said: dict[str, object]) -> None:
    import yaml

    read_compose(yaml.safe_dump({"services": {"a": said}}), "c.yml")
