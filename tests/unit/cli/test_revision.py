import os
from pathlib import Path

import pytest

from lading.cli.revision import CI_VARIABLES, head_of, revision_of, watched
from lading.errors import UsageError

ONE, TWO = "1" * 40, "2" * 40


def repository(folder: Path, head: str, **files: str) -> Path:
    git = folder / ".git"
    for name, text in {"HEAD": head, **files}.items():
        path = git / name.replace("__", "/").replace("_dash_", "-")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_without_ci_there_is_none_although_git_knows_one(tmp_path: Path) -> None:
    assert revision_of({}, repository(tmp_path, f"{ONE}\n")) == ""


@pytest.mark.parametrize("name", CI_VARIABLES)
def test_what_the_ci_has_checked_out(name: str, tmp_path: Path) -> None:
    assert revision_of({name: ONE}, repository(tmp_path, f"{ONE}\n")) == ONE


def test_a_ci_that_speaks_of_another_commit_is_not_believed(tmp_path: Path) -> None:
    assert revision_of({"GITHUB_SHA": TWO}, repository(tmp_path, f"{ONE}\n")) == ""


def test_without_a_repository_the_ci_is_believed(tmp_path: Path) -> None:
    assert revision_of({"CI_COMMIT_SHA": ONE}, tmp_path) == ONE


@pytest.mark.parametrize("value", ["", "main", "1" * 39, "1" * 41, "G" * 40, f"{ONE}\nx"])
def test_what_is_no_commit_counts_as_nothing(value: str, tmp_path: Path) -> None:
    assert revision_of({"GITHUB_SHA": value}, tmp_path) == ""


def test_what_somebody_says_is_believed_when_it_is_a_revision(tmp_path: Path) -> None:
    folder = repository(tmp_path, f"{ONE}\n")
    assert revision_of({"LADING_REVISION": "v1.2", "GITHUB_SHA": TWO}, folder) == "v1.2"
    with pytest.raises(UsageError, match="no revision"):
        revision_of({"LADING_REVISION": "a b"}, folder)


@pytest.mark.parametrize("files", [
    {"refs__heads__main": f"{ONE}\n"},
    {"packed_dash_refs": f"# pack-refs with: peeled sorted\n{TWO} refs/heads/other\n{ONE} refs/heads/main\n"},
])  # fmt: skip
def test_a_branch_is_followed_loose_or_packed(files: dict[str, str], tmp_path: Path) -> None:
    folder = repository(tmp_path, "ref: refs/heads/main\n", **files)
    assert head_of(folder) == ONE
    (folder / "deep/er").mkdir(parents=True)
    assert head_of(folder / "deep/er") == ONE


def test_a_worktree_has_its_own_head_and_shares_the_branches(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", "ref: refs/heads/main\n", refs__heads__side=f"{TWO}\n")
    own = main / ".git/worktrees/side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    side = tmp_path / "side"
    side.mkdir()
    (side / ".git").write_text(f"gitdir: {own}\n")
    assert head_of(side) == TWO


@pytest.mark.parametrize("head", ["", "nonsense", "ref: refs/heads/none", "ref: ../../secret", "ref:"])
def test_what_cannot_be_told_is_nothing(head: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{ONE}\n")
    assert head_of(repository(tmp_path / "repo", head)) == ""


def test_the_files_that_matter_are_watched_only_when_they_do(tmp_path: Path) -> None:
    folder = repository(tmp_path, f"{ONE}\n")
    assert watched({}, folder) == ()
    assert watched({"LADING_REVISION": "x"}, folder) == ()
    assert folder / ".git/HEAD" in watched({"GITHUB_SHA": ONE}, folder)


def test_gits_own_repositories_are_read_as_git_reads_them(tmp_path: Path) -> None:
    import shutil
    import subprocess

    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not there")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ["-c", "user.name=x", "-c", "user.email=x@mail.example"]

    def run(*words: str) -> str:
        done = subprocess.run([git, *names, *words], cwd=tmp_path, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("init", "-q", "-b", "main", ".")
    run("commit", "-q", "--allow-empty", "-m", "one")
    assert head_of(tmp_path) == run("rev-parse", "HEAD")
    run("pack-refs", "--all")
    assert head_of(tmp_path) == run("rev-parse", "HEAD")
    run("worktree", "add", "-q", "-b", "side", "side")
    run("-C", "side", "commit", "-q", "--allow-empty", "-m", "two")
    assert head_of(tmp_path / "side") == run("-C", "side", "rev-parse", "HEAD")
    run("checkout", "-q", "--detach")
    assert head_of(tmp_path) == run("rev-parse", "HEAD")
