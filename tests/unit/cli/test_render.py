import io
from pathlib import Path

import pytest
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock

from lading.cli import render
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import LadingError, Problems, StrategyNotMet, UsageError
from lading.render.marker import has_marker


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two services, one in each folder."""
    for name in ("api", "jobs"):
        folder = tmp_path / "repo/services" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(pyproject(name))
        (folder / "uv.lock").write_text(uv_lock("fastapi", "uvicorn", name=name))
        (folder / "main.py").write_text(FASTAPI_APP)
    (tmp_path / "repo/.git").mkdir()
    return tmp_path / "repo"


def run(folder: Path, *words: str) -> tuple[str, str, LadingError | None]:
    """What a command printed, what it told, and what it raised."""
    args = parse("render", render, words)
    assert args is not None
    out, err = io.StringIO(), io.StringIO()
    context = Context(env={"LADING_STORE": str(folder.parent / "store")}, cwd=folder, out=out, err=err)
    raised: LadingError | None = None
    try:
        assert render.run(args, context) == 0
    except LadingError as error:
        raised = error
    return out.getvalue(), err.getvalue(), raised


def test_one_service_is_printed_as_a_file_is(repository: Path) -> None:
    out, _, error = run(repository, "dockerfile", "api")
    assert error is None
    assert out.startswith("# syntax=docker/dockerfile:1\n# Rendered by Lading")
    assert out.endswith("]\n")
    assert not list(repository.rglob("Dockerfile*"))


def test_several_are_told_apart(repository: Path) -> None:
    out, _, _ = run(repository, "dockerfile")
    assert [line for line in out.splitlines() if line.startswith("# ==>")] == [
        "# ==> services/api/Dockerfile", "# ==> services/jobs/Dockerfile"]  # fmt: skip


def test_a_dockerfile_is_written_with_its_ignore_file_beside_the_service(repository: Path) -> None:
    _, told, error = run(repository, "dockerfile", "--write", "-C", "services/api")
    assert error is None
    assert told.splitlines() == ["wrote services/api/Dockerfile", "wrote services/api/Dockerfile.dockerignore"]
    written = sorted(path.name for path in (repository / "services/api").iterdir())
    assert written == ["Dockerfile", "Dockerfile.dockerignore", "main.py", "pyproject.toml", "uv.lock"]
    assert all(has_marker((repository / "services/api" / name).read_text()) for name in written[:2])


def test_what_was_written_is_what_is_checked(repository: Path) -> None:
    run(repository, "dockerfile", "--write")
    assert run(repository, "dockerfile", "--check") == ("", "", None)
    assert run(repository, "dockerignore", "--check") == ("", "", None)
    before = (repository / "services/api/Dockerfile").stat().st_mtime_ns
    assert "unchanged services/api/Dockerfile" in run(repository, "dockerfile", "--write")[1]
    assert (repository / "services/api/Dockerfile").stat().st_mtime_ns == before


def test_a_change_is_told_as_a_diff(repository: Path) -> None:
    run(repository, "dockerfile", "--write")
    (repository / "lading.toml").write_text("[services.api]\nport = 9000\n")
    out, _, error = run(repository, "dockerfile", "--check")
    assert isinstance(error, StrategyNotMet)
    assert error.exit_code == 1
    assert "the committed file is not what the plan says" in error.what
    assert (error.where, error.fix) == ("services/api/Dockerfile", "lading render dockerfile --write")
    lines = out.splitlines()
    assert lines[:2] == ["--- services/api/Dockerfile (committed)", "+++ services/api/Dockerfile (plan)"]
    assert {"-EXPOSE 8080", "+EXPOSE 9000"} <= set(lines)
    assert "jobs" not in out


@pytest.mark.parametrize(("old", "new"), [(b"\n", b"\r\n"), (b"EXPOSE", b"expose"), (b"]\n", b"]\n\n")])
def test_every_byte_counts(repository: Path, old: bytes, new: bytes) -> None:
    run(repository, "dockerfile", "api", "--write")
    path = repository / "services/api/Dockerfile"
    path.write_bytes(path.read_bytes().replace(old, new))
    out, _, error = run(repository, "dockerfile", "api", "--check")
    assert isinstance(error, StrategyNotMet)
    assert out


def test_a_missing_file_is_told_and_all_of_them_together(repository: Path) -> None:
    _, _, error = run(repository, "dockerfile", "--check")
    assert isinstance(error, Problems)
    assert [problem.where for problem in error.problems] == [
        f"services/{name}/{file}" for name in ("api", "jobs") for file in ("Dockerfile", "Dockerfile.dockerignore")
    ]
    assert {problem.what for problem in error.problems} == {"there is no such file yet"}


def test_a_file_of_somebody_s_own_is_never_overwritten_unasked(repository: Path) -> None:
    path = repository / "services/jobs/Dockerfile"
    path.write_text("FROM scratch\n")
    _, _, error = run(repository, "dockerfile", "--write")
    assert isinstance(error, UsageError)
    assert error.where == str(path)
    assert path.read_text() == "FROM scratch\n"
    assert not (repository / "services/api/Dockerfile").exists(), "all or nothing"
    assert run(repository, "dockerfile", "--write", "--force")[2] is None
    assert has_marker(path.read_text())


def test_a_link_is_replaced_and_not_written_through(repository: Path) -> None:
    outside = repository.parent / "outside"
    outside.write_text("# Rendered by Lading\n")
    (repository / "services/api/Dockerfile").symlink_to(outside)
    assert run(repository, "dockerfile", "api", "--write")[2] is None
    assert outside.read_text() == "# Rendered by Lading\n"


def test_a_folder_in_the_place_of_the_file(repository: Path) -> None:
    (repository / "services/api/Dockerfile").mkdir()
    _, _, error = run(repository, "dockerfile", "api", "--write", "--force")
    assert isinstance(error, UsageError)
    assert error.where == str(repository / "services/api/Dockerfile")


def test_a_file_that_is_no_text(repository: Path) -> None:
    (repository / "services/api/Dockerfile").write_bytes(b"\xff")
    _, _, error = run(repository, "dockerfile", "api", "--check")
    assert isinstance(error, UsageError)
    assert "not UTF-8" in error.what


@pytest.mark.parametrize("words", [("--write", "--check"), ("--force",)])
def test_flags_that_make_no_sense_together(repository: Path, words: tuple[str, ...]) -> None:
    assert isinstance(run(repository, "dockerfile", *words)[2], UsageError)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="dockerfile"):
        parse("render", render, ["makefile"])


def test_the_lock_gives_versions(repository: Path) -> None:
    digest = "sha256:" + "1" * 64
    (repository / "lading.lock").write_text(
        f"lock 1\n\ntool uv 1.2.3 linux/amd64 uv-1.2.3-py3-none-manylinux_2_17_x86_64.whl {digest}\n"
    )
    assert "FROM ghcr.io/astral-sh/uv:1.2.3 AS uv\n" in run(repository, "dockerfile", "api")[0]
