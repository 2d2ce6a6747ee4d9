"""`lading verify` and `lading prove` from the command line, with a runtime that runs processes on this machine."""

import io
import json
import socket
import sys
from pathlib import Path

import pytest
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock
from tests.support.runtimes import CRUN, install
from tests.unit.prove.samples import an_image

from lading.cli import verify, watched
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.cli.images import Found
from lading.cli.main import load
from lading.errors import Problems, StrategyNotMet, UsageError
from lading.oci.layout import write_layout
from lading.prove.container import machine
from lading.prove.verify import Subject

pytestmark = pytest.mark.skipif(machine().architecture != "amd64", reason="the sample images are for amd64")

SERVER = """
import http.server, signal, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""
SETTINGS = """
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    secret_key: str
    database_url: str = "postgresql+asyncpg://localhost:5432/shop"
    redis_url: str = "redis://localhost:6379/2"
"""
WEB = "/health", "/health/ready"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    install(tmp_path / "crun", monkeypatch, crun=CRUN)
    env = {"LADING_STORE": str(tmp_path / "store"), "SECRET": "of this process"}
    return Context(env=env, cwd=tmp_path, out=io.StringIO(), err=io.StringIO(), now=lambda: 1_771_027_200.0)


@pytest.fixture
def image(tmp_path: Path) -> str:
    """A server in a layout, which also writes no file and answers on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = {
        "User": "65532:65532",
        "Cmd": [sys.executable, "-c", SERVER, str(port)],
        "WorkingDir": "/app",
        "ExposedPorts": {f"{port}/tcp": {}},
        "Healthcheck": {"Test": ["CMD", sys.executable, "-c", ""]},
        "Labels": {"org.opencontainers.image.title": "shop"},
    }
    write_layout(tmp_path / "out", {"shop:1": an_image({"app/hello": b"hello"}, config=config)})
    return "out"


def code(context: Context, command: str, *words: str) -> int:
    args = parse(command, load(command), words)
    assert args is not None
    return load(command).run(args, context)


def proof(context: Context, *words: str) -> str:
    """What is printed of an image whose program is not in it, since these tests run it on this machine."""
    with pytest.raises(StrategyNotMet, match=r"not met by out\n.*is not in the image"):
        code(context, "prove", *words)
    return out(context)


def out(context: Context) -> str:
    assert isinstance(context.out, io.StringIO)
    return context.out.getvalue()


def test_an_image_is_verified_and_its_evidence_printed(context: Context, image: str) -> None:
    words = (image, "--network", "host", "--health", "/health", "--ready", "/ready", "--format", "json")
    assert code(context, "verify", *words) == 0
    found = json.loads(out(context))
    rows = {row["id"]: row["status"] for row in found["requirements"]}
    assert (rows["healthy-in-time"], rows["clean-stop"], rows["not-ready"]) == ("met", "met", "met")
    assert [trial["kind"] for trial in found["evidence"]["trials"]] == ["own", "anyone", "writable"]
    assert not list((context.store.root / "tmp").iterdir())


def test_what_is_not_met_is_told_after_everything_else(context: Context, tmp_path: Path) -> None:
    write_layout(tmp_path / "bad", {"bad:1": an_image({"x": b""}, config={"Cmd": [sys.executable, "-c", "exit(3)"]})})
    with pytest.raises(StrategyNotMet, match="not met by bad") as caught:
        code(context, "verify", "bad")
    assert "| Starts: it ended with exit code 3 (starts)" in caught.value.what
    assert "Starts" in out(context)


def test_a_proof_of_files_alone_goes_into_a_file_with_a_record_beside_it(
    context: Context, image: str, tmp_path: Path
) -> None:
    words = (image, "--static", "--format", "html", "-o", "proof.html", "--adr", "record.md")
    assert proof(context, *words) == ""
    assert (tmp_path / "proof.html").read_text().startswith("<!doctype html>")
    assert "date: 2026-02-14" in (tmp_path / "record.md").read_text()


STARTS = {
    "text": "requirement",
    "markdown": "| Requirement |",
    "json": '"proofs"',
    "sarif": '"runs"',
    "junit": "<testsuites",
}


@pytest.mark.parametrize("chosen", STARTS)
def test_every_format_is_printed(context: Context, image: str, chosen: str) -> None:
    assert STARTS[chosen] in proof(context, image, "--static", "--format", chosen)


def test_the_record_alone_is_printed(context: Context, image: str) -> None:
    assert proof(context, image, "--static", "--adr").startswith('---\nstatus: "proposed"')


def test_without_a_runtime_the_image_is_still_read(context: Context, image: str) -> None:
    found = json.loads(proof(context, image, "--runtime", "runc", "--format", "json"))
    rows = {row["id"]: row for row in found["proofs"][0]["requirements"]}
    assert rows["starts"]["status"] == "not looked at"
    assert "runc: it is not installed" in rows["starts"]["evidence"]
    assert rows["non-root"]["status"] == "met"


def test_one_that_cannot_be_proven_hides_no_other(context: Context, image: str) -> None:
    with pytest.raises(Problems) as caught:
        code(context, "prove", "no-such-image", image, "--static")
    assert [type(one) for one in caught.value.problems] == [UsageError, StrategyNotMet]
    assert "Non-root user" in out(context)


def test_two_images_are_compared(context: Context, image: str, tmp_path: Path) -> None:
    write_layout(tmp_path / "fat", {"fat:1": an_image({"app/hello": b"hello" * 1000})})
    found = json.loads(proof(context, image, "--static", "--compare", "fat", "--format", "json"))
    comparison = found["proofs"][0]["comparison"]
    assert comparison["unpacked"] == {"image": 5, "other": 5000, "reduction": 0.999}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("out", "--memory", "much"), "no size"),
        (("out", "--timeout", "0"), "takes seconds"),
        (("out", "--health", "health"), "takes a path"),
        (("out", "--env", "ABSENT"), "no variable ABSENT"),
        (("out", "--env-file", "absent"), "cannot read the variables"),
        (("--compare", "out"), "one image is compared"),
        (("out", "--static", "--rebuild"), "only a service"),
        (("out", "--static", "-o", "no/such/folder"), "cannot write"),
    ],
)
def test_bad_usage(context: Context, image: str, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        code(context, "prove", *words)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A service whose code needs two stores and a key."""
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    packages = ("fastapi", "uvicorn", "asyncpg", "redis", "pydantic-settings")
    (folder / "pyproject.toml").write_text(pyproject("shop"))
    (folder / "uv.lock").write_text(uv_lock(*packages, name="shop"))
    routes = "".join(f"\n@app.get('{path}')\ndef _{at}(): ...\n" for at, path in enumerate(WEB))
    (folder / "main.py").write_text(f"{FASTAPI_APP}{SETTINGS}{routes}")
    return folder


def subject(context: Context, folder: Path, *words: str) -> Subject:
    args = parse("verify", verify, ["shop", *words])
    assert args is not None
    context.cwd = folder
    known = watched.known_of(context, "shop")
    assert known is not None
    return watched.subject_of(Found("shop", an_image({"x": b""})), known, args, context)


def test_a_service_is_asked_what_its_plan_and_its_code_say(context: Context, shop: Path) -> None:
    found = subject(context, shop, "--env", "SECRET_KEY=x", "--env", "UPSTREAM=https://api.example/v1")
    assert found.probe is not None
    assert (found.probe.path, found.ready, found.limits.memory) == ("/health", "/health/ready", 512 << 20)
    assert {one.name: (dict(one.nowhere), one.certain) for one in found.dependencies} == {
        "postgres": ({"DATABASE_URL": "postgresql+asyncpg://nobody:nothing@127.0.0.1:1/shop"}, True),
        "redis": ({"REDIS_URL": "redis://nobody:nothing@127.0.0.1:1/2"}, True),
        "UPSTREAM": ({"UPSTREAM": "https://127.0.0.1:1/v1"}, False),
    }


def test_what_it_does_not_start_without_is_asked_for(context: Context, shop: Path) -> None:
    with pytest.raises(UsageError, match="does not start without SECRET_KEY") as caught:
        subject(context, shop)
    assert "--env SECRET_KEY=…" in caught.value.fix


def test_the_strategy_says_what_a_proof_needs(context: Context, shop: Path) -> None:
    (shop / "lading.toml").write_text(
        '[prove]\nenv = { SECRET_KEY = "x", A = "team" }\nhealthy-within = "3s"\n'
        '[services.shop.prove]\nenv = { A = "own" }\nready = "/ready"\nstop-within = "500ms"\n'
    )
    found = subject(context, shop, "--memory", "64MiB", "--env", "SECRET")
    assert dict(found.env) == {"SECRET_KEY": "x", "A": "own", "SECRET": "of this process"}
    assert (found.limits.healthy, found.limits.stop, found.limits.memory) == (3.0, 0.5, 64 << 20)
    assert found.ready == "/ready"


def test_variables_come_from_a_file_too(context: Context, shop: Path) -> None:
    (shop / "env").write_text("# for the proof\nSECRET_KEY=from a file\n\nSECRET\n")
    found = dict(subject(context, shop, "--env-file", "env").env)
    assert found == {"SECRET_KEY": "from a file", "SECRET": "of this process"}


def test_a_requirement_that_is_none_cannot_be_waived(context: Context, shop: Path) -> None:
    (shop / "lading.toml").write_text('[services.shop.prove]\nwaive = { any-usr = "x", process-worker = "x" }\n')
    context.cwd = shop
    known = watched.known_of(context, "shop")
    assert known is not None
    with pytest.raises(UsageError, match="no requirement 'any-usr'") as caught:
        watched.check_waived(known)
    assert "any-user" in caught.value.fix
