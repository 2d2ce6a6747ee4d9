import pytest

from lading.survey.patterns import DEVELOPMENT, SECRETS, is_example, rebased
from lading.tree import Patterns


@pytest.mark.parametrize("path", [
    ".env", "app/.env", ".env.production", "prod.env", "certs/server.pem", "a/b/id_rsa", "id_ed25519.pub", ".netrc",
    ".npmrc", "deep/.pypirc", "key.p12", "terraform.tfstate", "credentials.json", ".aws/credentials", "x.key",
])  # fmt: skip
def test_secrets_are_known_by_their_names_at_any_depth(path: str) -> None:
    assert Patterns(SECRETS).matches(path)


@pytest.mark.parametrize("path", ["main.py", "src/environment.py", "keys.py", "pem.txt", "src/secrets.py", "monkey"])
def test_ordinary_files_are_no_secrets(path: str) -> None:
    assert not Patterns(SECRETS).matches(path)


@pytest.mark.parametrize("path", [
    "tests/test_a.py", "src/api/tests/x.py", "docs/index.md", "README.md", "Dockerfile", "Dockerfile.dev",
    "compose.yaml", "docker-compose.override.yml", ".github/workflows/ci.yml", "uv.lock", "lading.toml",
    "src/conftest.py", "Makefile", ".gitignore", "test_main.py", "notes.ipynb", "x.egg-info/PKG-INFO",
    "requirements-dev.txt",
    "pyproject.toml",
])  # fmt: skip
def test_what_is_only_for_developing_is_known(path: str) -> None:
    assert Patterns(DEVELOPMENT).matches(path)


@pytest.mark.parametrize("path", [
    "main.py", "src/docs/api.py", "app/prompts/system.md", "static/app.js", "alembic.ini", "migrations/env.py",
    "manage.py", "src/testing.py", "LICENSE", "src/build/x.py", "data/seed.json", "templates/index.html",
])  # fmt: skip
def test_what_an_app_may_read_is_not(path: str) -> None:
    assert not Patterns(DEVELOPMENT).matches(path)


@pytest.mark.parametrize(("line", "expected"), [
    ("**/tmp", ("**/tmp",)),
    ("services/api/local.db", ("local.db",)),
    ("services/*/cache", ("cache",)),
    ("*/api/x", ("x",)),
    ("services", ("**",)),
    ("services/api", ("**",)),
    ("!services/api/keep", ("!keep",)),
    ("other/x", ()),
    ("/services/api/x", ("x",)),
    ("local.db", ()),
    ("services/**/x", ("**/x",)),
])  # fmt: skip
def test_patterns_of_the_repository_read_differently_from_a_folder_below(line: str, expected: tuple[str, ...]) -> None:
    assert rebased([line], "services/api") == expected
    assert rebased([line], ".") == (line,)


@pytest.mark.parametrize("path", ["a", "b/c", "services/api/x", "services/api/tmp/y", "services/other/x"])
@pytest.mark.parametrize("line", ["**/tmp", "services/api/x", "services/*", "*", "services/api/t*", "**"])
def test_a_rebased_pattern_means_the_same_files(line: str, path: str) -> None:
    if path.startswith("services/api/"):
        inner = path.removeprefix("services/api/")
        assert Patterns(rebased([line], "services/api")).matches(inner) == Patterns([line]).matches(path)


def test_examples_of_secrets() -> None:
    assert is_example("a/.env.example")
    assert is_example("key.pem.sample")
    assert not is_example("key.pem")
