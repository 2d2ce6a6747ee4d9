"""`lading check`, as it is typed."""

import io
import json
import sys
from pathlib import Path

import pytest

from lading.cli import check
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import UsageError

BROKEN = "FROM scratch\nCOPY nowhere.toml /app\n# keep me\nCMD app\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "lading.toml").touch()
    (tmp_path / "Dockerfile").write_text(BROKEN)
    return tmp_path


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def rules(self) -> list[str]:
        return [one["rule"] for one in json.loads(self.out)["findings"]]


def checked(here: Path, *words: str, cwd: str = ".") -> Result:
    args = parse("check", check, ["--no-hadolint", *words])
    assert args is not None
    out, err = io.StringIO(), io.StringIO()
    code = check.run(args, Context(env={}, cwd=here / cwd, out=out, err=err))
    return Result(code, out.getvalue(), err.getvalue())


def test_an_error_fails(here: Path) -> None:
    done = checked(here)
    assert done.code == 1
    assert "Dockerfile:2:6: error: " in done.out
    assert "[copy-source-missing]" in done.out


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("error", 1), ("info", 1)])
def test_what_fails_is_the_callers_choice(here: Path, fail_on: str, code: int) -> None:
    assert checked(here, "--fail-on", fail_on).code == code


def test_rules_are_chosen(here: Path) -> None:
    everything = checked(here, "--format", "json").rules
    assert len(set(everything)) > 1
    assert checked(here, "--format", "json", "--only", "copy-source-missing").rules == ["copy-source-missing"]
    left = checked(here, "--format", "json", "--ignore", "copy-source-missing").rules
    assert sorted([*left, "copy-source-missing"]) == sorted(everything)


def test_a_rule_that_is_not_there_is_refused(here: Path) -> None:
    with pytest.raises(UsageError) as caught:
        checked(here, "--ignore", "copy-source-mising")
    assert caught.value.fix == "did you mean copy-source-missing?"


def test_settings_say_what_does_not_count(here: Path) -> None:
    (here / "lading.toml").write_text('[check.ignore.copy-source-missing]\nreason = "made by CI"\npaths = ["a/*"]\n')
    (here / "a").mkdir()
    (here / "a/Dockerfile").write_text(f"{BROKEN}COPY there /\n")
    (here / "a/there").touch()
    told = json.loads(checked(here, "--format", "json").out)
    assert [one["place"]["path"] for one in told["findings"] if one["rule"] == "copy-source-missing"] == ["Dockerfile"]
    assert [(one["kind"], one["reason"]) for one in told["suppressed"]] == [("setting", "made by CI")]


def test_a_comment_says_what_does_not_count(here: Path) -> None:
    (here / "Dockerfile").write_text(BROKEN.replace("COPY", "# lading ignore=copy-source-missing -- made by CI\nCOPY"))
    told = json.loads(checked(here, "--format", "json").out)
    assert "copy-source-missing" not in [one["rule"] for one in told["findings"]]
    assert told["suppressed"][0]["reason"] == "made by CI"


def test_a_baseline_leaves_out_what_was_there_from_any_folder(here: Path) -> None:
    checked(here, "--write-baseline", "old.json")
    (here / "lading.toml").write_text('[check]\nbaseline = "old.json"\n')
    assert json.loads(checked(here, "--format", "json").out)["findings"] == []
    (here / "Dockerfile").write_text(f"# moved\n\n{BROKEN}COPY other.toml /\n")
    (here / "sub").mkdir()
    told = json.loads(checked(here, "--format", "json", "..", cwd="sub").out)
    assert [one["message"].count("other") for one in told["findings"]] == [1]


def test_a_baseline_that_is_not_there_is_told(here: Path) -> None:
    with pytest.raises(UsageError, match="baseline"):
        checked(here, "--baseline", "old.json")


def test_what_buildkit_refuses_is_told_alone(here: Path) -> None:
    (here / "Dockerfile").write_text("FROM\nRUNN x\n")
    assert set(checked(here, "--format", "json").rules) == {"dockerfile-not-valid"}


def test_a_template_is_no_dockerfile_yet(here: Path) -> None:
    (here / "Dockerfile").write_text("{% if slim %}\nFROM debian:trixie-slim\n{% endif %}\nRUN true\n")
    (told,) = json.loads(checked(here, "--format", "json").out)["findings"]
    assert (told["rule"], told["severity"], told["place"]["span"]["line"]) == ("dockerfile-not-valid", "info", 1)


def test_a_compose_file_says_how_a_dockerfile_is_built(here: Path) -> None:
    (here / "nowhere.toml").touch()
    (here / "docker").mkdir()
    (here / "Dockerfile").rename(here / "docker/app.Dockerfile")
    (here / "empty").mkdir()
    (here / "compose.yaml").write_text(
        "services:\n  app:\n    build: {context: empty, dockerfile: ../docker/app.Dockerfile}\n"
    )
    assert "copy-source-missing" in checked(here, "--format", "json").rules
    assert "copy-source-missing" in checked(here, "--format", "json", "compose.yaml").rules
    assert "copy-source-missing" not in checked(here, "--format", "json", "--context", ".").rules


def test_standard_input_is_a_dockerfile(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"FROM scratch\nCMD app\n")))
    done = checked(here, "-")
    assert "<standard input>:2:1" in done.out


def test_findings_are_written_into_a_file(here: Path) -> None:
    done = checked(here, "--format", "sarif", "--output", "found.sarif")
    assert done.out == ""
    assert "see found.sarif" in done.err
    assert json.loads((here / "found.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.parametrize(
    "words",
    [["--diff"], ["--fix", "--write-baseline", "x"], ["-", "Dockerfile"], ["-", "--fix"], ["--context", "nowhere"]],
)
def test_what_makes_no_sense_is_refused(here: Path, words: list[str]) -> None:
    with pytest.raises(UsageError):
        checked(here, *words)


@pytest.mark.parametrize("words", [["empty"], ["--build-arg", "A"], ["nowhere"]])
def test_what_is_not_there_is_told(here: Path, words: list[str]) -> None:
    (here / "empty").mkdir()
    with pytest.raises(UsageError):
        checked(here, *words)


def test_the_rules_are_listed(here: Path) -> None:
    assert "copy-source-missing  error" in checked(here, "--rules").out


def test_what_works_in_one_of_the_likely_contexts_is_not_told(here: Path) -> None:
    (here / "go.mod").touch()
    (here / "deploy").mkdir()
    file = here / "deploy/Dockerfile"
    file.write_text("FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN go mod download\n")
    assert "needed-file-missing" not in checked(here, "--format", "json", "deploy").rules
    (here / "go.mod").unlink()
    assert "needed-file-missing" in checked(here, "--format", "json", "deploy").rules
    file.rename(here / "deploy/api.Dockerfile")
    assert "needed-file-missing" not in checked(here, "--format", "json", "deploy").rules


PROJECT = '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.13"\n'
FIXABLE = (
    "FROM python:3.13-slim AS build\r\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv\r\n"
    "RUN python -m venv /opt/venv\r\nENV PATH=/opt/venv/bin:$PATH\r\nWORKDIR /app\r\n"
    "COPY pyproject.toml  uv.lock ./\r\n# why it is so\r\nRUN uv sync --frozen\r\n"
    "FROM python:3.13-slim\r\nCOPY --from=build /opt/venv /opt/venv\r\nUSER 1000\r\n"
)


def test_a_fix_is_shown_and_written_and_leaves_all_else(here: Path) -> None:
    (here / "pyproject.toml").write_text(PROJECT)
    (here / "uv.lock").write_text('version = 1\nrequires-python = ">=3.13"\n')
    file = here / "Dockerfile"
    file.write_bytes(FIXABLE.encode())
    file.chmod(0o640)
    assert "uv-sync-ignores-venv" in checked(here, "--format", "json").rules
    dry = checked(here, "--fix", "--diff", "--only", "uv-sync-ignores-venv")
    assert file.read_bytes() == FIXABLE.encode()
    done = checked(here, "--fix", "--only", "uv-sync-ignores-venv")
    assert done.out == dry.out
    added = [line for line in done.out.splitlines() if line.startswith("+") and not line.startswith("+++")]
    removed = [line for line in done.out.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert added
    mended = file.read_bytes().decode()
    assert len(mended.split("\n")) == len(FIXABLE.split("\n")) + len(added) - len(removed)
    assert "COPY pyproject.toml  uv.lock ./\r\n# why it is so\r\n" in mended
    assert file.stat().st_mode & 0o777 == 0o640
    assert "uv-sync-ignores-venv" not in checked(here, "--format", "json").rules
    again = checked(here, "--fix", "--only", "uv-sync-ignores-venv")
    assert again.out == "nothing found in 1 file\n"
