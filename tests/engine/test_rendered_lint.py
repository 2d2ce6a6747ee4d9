"""What others say of the Dockerfiles that were reviewed: hadolint, and BuildKit itself, find nothing."""

from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.support.golden import RENDERED
from tests.support.tools import missing
from tools.engine.home import Home
from tools.linters import LinterError, dockerlint, hadolint

FILES = sorted(RENDERED.glob("*Dockerfile*"))
FILES = [path for path in FILES if path.suffix != ".dockerignore"]


@pytest.fixture(scope="module", params=["hadolint", "dockerlint"])
def linter(request: pytest.FixtureRequest, engine_home: Home) -> Program:
    """One of the two."""
    get = {"hadolint": hadolint, "dockerlint": dockerlint}[request.param]
    try:
        return Program(path=get(engine_home.folder / "linters"), environ={})
    except LinterError as error:
        missing(str(error))


def test_nothing_is_found(linter: Program) -> None:
    assert FILES
    done = linter.attempt(*FILES)
    assert (done.returncode, done.stdout.decode() + done.stderr.decode()) == (0, "")


def test_something_would_be_found(linter: Program, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian AS Build\nRUN cd / && apt-get install curl\nCMD echo\n")
    assert linter.attempt(path).returncode == 1
