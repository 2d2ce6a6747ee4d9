import io
import socket
import sys
from pathlib import Path

import pytest
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock
from tests.support.runtimes import CRUN, install
from tests.unit.prove.samples import an_image

from lading.cli import run
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import StepFailed, Unavailable, UsageError
from lading.oci.layout import write_layout
from lading.prove.container import machine

pytestmark = pytest.mark.skipif(machine().architecture != "amd64", reason="the sample images are for amd64")

SERVER = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()
        self.wfile.write(b'{"status": "\\x1bhealthy"}\\n')

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
CHECK = "import sys, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{sys.argv[1]}/health')"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    install(tmp_path / "crun", monkeypatch, crun=CRUN)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    env = {"LADING_STORE": str(tmp_path / "store"), "TOKEN": "from here"}
    return Context(env=env, cwd=tmp_path, out=io.StringIO(), err=io.StringIO())


def written(folder: Path, *command: str, **config: object) -> None:
    image = an_image({"app/hello": b"hello"}, config={"Cmd": list(command), "WorkingDir": "/app", **config})
    write_layout(folder / "out", {"app:1": image})


def code(context: Context, *words: str) -> int:
    args = parse("run", run, words)
    assert args is not None
    return run.run(args, context)


def out(context: Context) -> str:
    assert isinstance(context.out, io.StringIO)
    return context.out.getvalue()


def test_the_exit_code_is_the_processs(context: Context, tmp_path: Path) -> None:
    written(tmp_path, sys.executable, "-c", "raise SystemExit(7)")
    assert code(context, "out") == 7


def test_command_and_variables(context: Context, tmp_path: Path) -> None:
    written(tmp_path, "false")
    script = "import os, pathlib; pathlib.Path(os.environ['OUT']).write_text(os.environ['TOKEN'])"
    assert code(context, "out", "-e", f"OUT={tmp_path / 'x'}", "-e", "TOKEN", "--", sys.executable, "-c", script) == 0
    assert (tmp_path / "x").read_text() == "from here"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def a_server(folder: Path, port: int) -> None:
    written(
        folder,
        *(sys.executable, "-c", SERVER, str(port)),
        ExposedPorts={f"{port}/tcp": {}},
        Healthcheck={"Test": ["CMD", sys.executable, "-c", CHECK, str(port)]},
    )


def test_healthy_and_its_answer(context: Context, tmp_path: Path, port: int) -> None:
    a_server(tmp_path, port)
    assert code(context, "out", "--wait-healthy", "--probe", "/health", "--timeout", "600") == 0
    healthy, *answer = out(context).splitlines()
    assert healthy.startswith("healthy after ")
    assert healthy.endswith(f" at http://127.0.0.1:{port}")
    assert answer == ["GET /health: 200", '{"status": "\\x1bhealthy"}']
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0


def test_a_bad_answer_is_a_failure(context: Context, tmp_path: Path, port: int) -> None:
    a_server(tmp_path, port)
    context.http.retries = 0
    with pytest.raises(StepFailed, match="answered with 503"):
        code(context, "out", "--wait-healthy", "--probe", "/other", "--timeout", "600")


def test_what_the_process_said_is_told_when_it_fails(context: Context, tmp_path: Path) -> None:
    written(tmp_path, sys.executable, "-c", "raise SystemExit('no key vault')", Healthcheck={"Test": ["CMD", "false"]})
    with pytest.raises(StepFailed, match="exit code 1 before it was healthy") as caught:
        code(context, "out", "--wait-healthy")
    assert "| no key vault" in caught.value.what


def test_an_image_without_a_health_check_is_not_started(context: Context, tmp_path: Path) -> None:
    written(tmp_path, "false")
    with pytest.raises(UsageError, match="no health check"):
        code(context, "out", "--wait-healthy")
    assert not (tmp_path / "store" / "roots").exists()


def test_only_the_runtime_that_is_asked_for(context: Context, tmp_path: Path) -> None:
    written(tmp_path, "false")
    with pytest.raises(Unavailable) as caught:
        code(context, "out", "--runtime", "runc")
    assert "runc: it is not installed" in caught.value.what
    assert "crun" not in caught.value.what


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--probe", "/health"], "needs --wait-healthy"),
        (["--wait-healthy", "--probe", "health"], "takes a path"),
        (["--timeout", "0"], "takes seconds"),
        (["--timeout", "nan"], "takes seconds"),
        (["-p", "8080", "--network", "host"], "contradict"),
        (["-p", "no"], "no port"),
        (["-e", "=x"], "no variable"),
        (["-e", "ABSENT"], "no variable ABSENT"),
    ],
)
def test_bad_usage_is_told_before_anything_starts(
    context: Context, tmp_path: Path, words: list[str], said: str
) -> None:
    written(tmp_path, "false")
    with pytest.raises(UsageError, match=said):
        code(context, "out", *words)


@pytest.fixture
def service(tmp_path: Path) -> None:
    """A service with three processes, in the folder of the command."""
    files = {
        "pyproject.toml": pyproject("shop"),
        "uv.lock": uv_lock("fastapi", "uvicorn", name="shop"),
        "main.py": FASTAPI_APP,
        "Procfile": "web: uvicorn main:app\nworker: python work.py\nsend-letters: python letters.py --all\n",
        "lading.toml": 'registry = "registry.example"\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("image", ["shop", ".", "registry.example/shop", "registry.example/shop-debug"])
def test_every_process_of_a_service_has_its_command(context: Context, image: str) -> None:
    found = {name: run.process_of(context, image, name) for name in ("worker", "send-letters", "web")}
    assert found["worker"][0].command == ("work.py",)
    assert found["send-letters"][0].command == ("letters.py", "--all")
    assert found["web"][0].command[:2] == ("-m", "uvicorn")
    assert [first for _, first in found.values()] == [False, False, True]


@pytest.mark.usefixtures("service")
def test_a_process_that_is_not_there_is_told_with_those_that_are(context: Context) -> None:
    with pytest.raises(UsageError, match="shop has no process 'workers'") as caught:
        run.process_of(context, "shop", "workers")
    assert caught.value.fix == "did you mean `worker`?"
    with pytest.raises(UsageError, match="no process 'x'") as caught:
        run.process_of(context, "shop", "x")
    assert caught.value.fix == "it has web, send-letters, worker"


@pytest.mark.usefixtures("service")
def test_only_the_images_own_process_becomes_healthy(context: Context) -> None:
    with pytest.raises(UsageError, match="the process worker has no health check"):
        code(context, "shop", "worker", "--wait-healthy")


@pytest.mark.usefixtures("service")
def test_only_services_have_processes(context: Context, tmp_path: Path) -> None:
    written(tmp_path, "false")
    with pytest.raises(UsageError, match="processes are not known"):
        code(context, "out:app:1", "worker")
