"""`lading render compose`, `probes` and what `--dev` adds, as the command line has them."""

from pathlib import Path

import pytest
import yaml
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock
from tests.unit.cli.test_render import run

from lading.errors import StrategyNotMet, UsageError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two services, each in a folder of its own; the first one needs a database."""
    for name in ("api", "jobs"):
        folder = tmp_path / "repo/services" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(pyproject(name))
        (folder / "uv.lock").write_text(uv_lock("fastapi", "uvicorn", "debugpy", name=name))
        (folder / "main.py").write_text(FASTAPI_APP)
    api = tmp_path / "repo/services/api/main.py"
    api.write_text(f"{FASTAPI_APP}import os\nURL = os.getenv('DATABASE_URL', 'postgresql://localhost/shop')\n")
    (tmp_path / "repo/.git").mkdir()
    return tmp_path / "repo"


def test_one_file_for_all_services(repository: Path) -> None:
    out, _, error = run(repository, "compose")
    assert error is None
    assert list(yaml.safe_load(out)["services"]) == ["api", "jobs"]
    assert list(yaml.safe_load(run(repository, "compose", "jobs")[0])["services"]) == ["jobs"]


def test_development_has_what_the_code_needs_beside_it(repository: Path) -> None:
    found = yaml.safe_load(run(repository, "compose", "--dev", "--debug", "--with", "pgadmin")[0])
    assert list(found["services"]) == ["api", "jobs", "postgres", "pgadmin"]
    assert found["services"]["api"]["build"]["context"] == "./services/api"
    assert found["services"]["jobs"]["command"][:2] == ["-m", "debugpy"]


def test_files_are_written_into_their_places_and_checked(repository: Path) -> None:
    forms = (("compose",), ("compose", "--dev", "--with", "pgadmin"), ("dockerfile", "--dev"), ("probes",))
    for words in forms:
        assert run(repository, *words, "--write")[2] is None
        assert run(repository, *words, "--check") == ("", "", None)
    written = {path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file()}
    assert {"compose.yaml", "compose.dev.yaml", "probes.yaml", "services/api/Dockerfile.dev"} <= written
    assert "services/api/Dockerfile.dev.dockerignore" in written


def test_a_moved_line_is_no_change_and_a_new_port_is(repository: Path) -> None:
    run(repository, "compose", "--write")
    main = repository / "services/api/main.py"
    main.write_text(f"# moved\n\n{main.read_text()}")
    assert run(repository, "compose", "--check")[2] is None
    (repository / "lading.toml").write_text("[services.api]\nport = 9000\n")
    out, _, error = run(repository, "compose", "--check")
    assert isinstance(error, StrategyNotMet)
    assert error.fix == "lading render compose --write"
    assert "+      - ${API_PORT:-9000}:9000" in out


def test_what_must_be_typed_again_is_told(repository: Path) -> None:
    _, _, error = run(repository, "compose", "--dev", "--with", "pgadmin", "--check")
    assert isinstance(error, StrategyNotMet)
    assert error.fix == "lading render compose --dev --with pgadmin --write"


@pytest.mark.parametrize("words", [
    ("compose", "--debug"), ("compose", "--with", "pgadmin"), ("dockerfile", "--dev", "--debug"), ("probes", "--dev"),
    ("dockerignore", "--dev"), ("compose", "--dev", "--with", "mysql"),
])  # fmt: skip
def test_flags_that_mean_nothing_together_are_refused(words: tuple[str, ...], repository: Path) -> None:
    try:
        error = run(repository, *words)[2]
    except UsageError as refused:
        error = refused
    assert isinstance(error, UsageError)
