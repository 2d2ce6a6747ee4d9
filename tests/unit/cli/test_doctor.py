import io
import json
from pathlib import Path

import pytest
from tests.support.httpd import Answer, Request, serve

from lading.cli import doctor
from lading.cli.arguments import parse
from lading.cli.context import Context


def told(folder: Path, *words: str, status: int = 200) -> tuple[int, str]:
    def answer(request: Request) -> Answer:
        return Answer(status=status)

    args = parse("doctor", doctor, words)
    assert args is not None
    out = io.StringIO()
    with serve(answer) as site:
        env = {"LADING_STORE": str(folder / "store"), "LADING_DEBIAN_MIRROR": f"{site.base}/debian"}
        code = doctor.run(args, Context(env=env, cwd=folder, out=out))
    return code, out.getvalue()


@pytest.fixture(autouse=True)
def _no_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_all_is_there_that_a_build_needs(tmp_path: Path) -> None:
    code, text = told(tmp_path)
    assert code == 0
    lines = text.splitlines()
    assert lines[0].startswith("lading      ok  0.")
    assert "docker      -   it is not installed" in lines
    assert lines[-1].startswith("                do: lading run needs one")


def test_what_is_missing_gives_a_code_and_a_remedy(tmp_path: Path) -> None:
    code, text = told(tmp_path, status=503)
    assert code == 69
    at = next(at for at, line in enumerate(text.splitlines()) if line.startswith("mirror"))
    assert "missing" in text.splitlines()[at]
    assert "do: " in text.splitlines()[at + 1]


def test_json(tmp_path: Path) -> None:
    code, text = told(tmp_path, "--format", "json")
    checks = {check["name"]: check for check in json.loads(text)["checks"]}
    assert code == 0
    assert checks["mirror"]["state"] == "ok"
    assert checks["crun"]["state"] == "absent"
