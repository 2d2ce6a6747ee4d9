from pathlib import Path

import pytest

from lading.check.targets import find_files, is_likely, likely_contexts
from lading.errors import UsageError
from lading.tree import Patterns


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def found(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    files = find_files([root / path for path in paths], root=root, exclude=Patterns(exclude))
    dockerfiles, compose = ([str(path.relative_to(root)) for path in of] for of in files)
    return dockerfiles, compose


def test_names_tell_what_a_file_is(tmp_path: Path) -> None:
    ours = [
        "Containerfile",
        "Dockerfile",
        "Dockerfile.dev",
        "Dockerfile.go",
        "api.Dockerfile",
        "deploy/dockerfile",
        "deploy/web-Dockerfile.x",
    ]
    make(
        tmp_path, *ours[:6], "compose.yaml", "deploy/docker-compose.prod.yml", "Dockerfile.dockerignore",
        "Dockerfile.j2", "node_modules/a/Dockerfile", ".git/Dockerfile", "Dockerfiles/readme",
        "dockerfile-parser.py", "dockerfile_test.go", "dockerfile.ts",
        "decompose.yaml",
    )  # fmt: skip
    assert found(tmp_path, ".") == (ours[:6], ["compose.yaml", "deploy/docker-compose.prod.yml"])


def test_a_named_file_is_looked_at_whatever_it_is_called_and_once(tmp_path: Path) -> None:
    make(tmp_path, "x.txt", "legacy/Dockerfile")
    assert found(tmp_path, "x.txt", "x.txt", "legacy/Dockerfile", exclude=("legacy",))[0] == [
        "x.txt",
        "legacy/Dockerfile",
    ]


def test_what_is_excluded_is_not_searched(tmp_path: Path) -> None:
    make(tmp_path, "legacy/a/Dockerfile", "new/Dockerfile", "new/Dockerfile.old")
    assert found(tmp_path, ".", exclude=("legacy", "**/*.old"))[0] == ["new/Dockerfile"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        found(tmp_path, "nowhere")


def test_the_folder_that_has_most_of_what_is_copied_is_the_context(tmp_path: Path) -> None:
    make(tmp_path, "docker/Dockerfile", "docker/entrypoint.sh", "pyproject.toml", "src/app.py")
    file = tmp_path / "docker/Dockerfile"
    assert likely_contexts(file, ["pyproject.toml", "src/", "docker/entrypoint.sh"], tmp_path)[0] == tmp_path
    assert likely_contexts(file, ["entrypoint.sh"], tmp_path)[0] == tmp_path / "docker"
    assert likely_contexts(file, ["*.toml", ".", "[", "a\0b", "x" * 5000], tmp_path)[0] == tmp_path


def test_without_a_hint_it_is_the_folder_of_the_file(tmp_path: Path) -> None:
    make(tmp_path, "docker/Dockerfile")
    assert likely_contexts(tmp_path / "docker/Dockerfile", [".", "nowhere"], tmp_path)[0] == tmp_path / "docker"


def test_a_folder_with_little_of_what_is_copied_is_hardly_the_context(tmp_path: Path) -> None:
    make(tmp_path, "a", "b/c")
    assert is_likely(tmp_path, ["a", "b/", "nowhere", "x", ".", "/a/"])
    assert not is_likely(tmp_path, ["a", "nowhere", "x"])
    assert is_likely(tmp_path, ["."])


def test_nothing_above_the_root_is_looked_at(tmp_path: Path) -> None:
    make(tmp_path, "secret", "repo/a/Dockerfile")
    root = tmp_path / "repo"
    assert likely_contexts(root / "a/Dockerfile", ["secret"], root)[0] == root / "a"
    assert likely_contexts(tmp_path / "Dockerfile", ["a"], root)[0] == tmp_path
