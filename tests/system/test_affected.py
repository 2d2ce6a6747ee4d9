"""Which services a change concerns, told from what their images are made of."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.support.world import World

NAMES = ("alpha", "beta")


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(world: World) -> World:
    """Two services that are alike but for their names, committed."""
    assert world.lading("lock").code == 0
    lock = (world.project / "lading.lock").read_bytes()
    root = world.root / "repository"
    for name in NAMES:
        folder = world.clone(root / name)
        (folder / "lading.lock").unlink()
        for file in ("pyproject.toml", "uv.lock"):
            text = (folder / file).read_text()
            (folder / file).write_text(text.replace('name = "svc"', f'name = "{name}"'))
    (root / "lading.toml").write_text("")
    (root / "lading.lock").write_bytes(lock)
    git(root, "init", "--quiet")
    commit(root)
    world.project = root
    return world


def commit(root: Path) -> str:
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "a change")
    return git(root, "rev-parse", "HEAD")


def edit(path: Path) -> None:
    path.write_text(f"{path.read_text()}# another line\n")


def affected(world: World, since: str = "HEAD", *words: str) -> list[str]:
    done = world.lading("affected", "--changed-since", since, "--quiet", *words)
    assert done.code == 0, done.err
    return done.out.split()


def test_nothing_changed_nothing_affected(repository: World) -> None:
    assert affected(repository) == []
    (repository.project / "README.md").write_text("words\n")
    (repository.project / "beta/README.md").write_text("words\n")
    assert affected(repository) == [], "what no image has concerns none"


def test_a_changed_line_concerns_its_service(repository: World) -> None:
    edit(repository.project / "beta/app/main.py")
    assert affected(repository) == ["beta"]
    told = repository.lading("affected", "--explain")
    assert told.out.splitlines()[:2] == ["beta", "  app/main.py changed"]
    assert "1 of 2 services affected" in told.out


def test_settings_and_the_lock_concern_those_that_they_are_about(repository: World) -> None:
    (repository.project / "lading.toml").write_text('[services.alpha.env]\nTZ = "Europe/Amsterdam"\n')
    assert affected(repository) == ["alpha"]
    (repository.project / "lading.toml").write_text('env = { TZ = "Europe/Amsterdam" }\n')
    assert affected(repository) == list(NAMES)


def test_a_branch_is_compared_with_where_it_left_the_other(repository: World) -> None:
    root = repository.project
    git(root, "checkout", "--quiet", "-b", "topic")
    edit(root / "alpha/app/main.py")
    commit(root)
    git(root, "checkout", "--quiet", "main")
    edit(root / "beta/app/main.py")
    commit(root)
    git(root, "checkout", "--quiet", "topic")
    assert affected(repository, "main") == ["alpha"]


def test_what_was_not_there_is_new_and_what_could_not_be_built_says_why(repository: World) -> None:
    root = repository.project
    (root / "beta/uv.lock").rename(root / "kept")
    before = commit(root)
    (root / "kept").rename(root / "beta/uv.lock")
    commit(root)
    found = json.loads(repository.lading("affected", "--changed-since", before, "--format", "json").out)
    assert found["since"] == before
    assert [(one["service"], one["new"]) for one in found["affected"]] == [("beta", False)]
    assert "lock" in found["affected"][0]["refused"]
    assert found["unaffected"] == ["alpha"]
    assert found["gone"] == []


def test_what_is_no_longer_there_is_told(repository: World) -> None:
    (repository.project / "beta/uv.lock").unlink()
    found = json.loads(repository.lading("affected", "--format", "json").out)
    assert (found["affected"], found["gone"]) == ([], ["beta"])
    assert "gone since then: beta" in repository.lading("affected").out


def test_only_what_has_changed_is_built(repository: World) -> None:
    root = repository.project
    edit(root / "alpha/app/main.py")
    done = repository.lading("build", "--changed-since", "HEAD", "--format", "json")
    assert [one["service"] for one in json.loads(done.out)["builds"]] == ["alpha"]
    commit(root)
    done = repository.lading("build", "--changed-since", "HEAD")
    assert (done.code, done.out) == (0, "")
    assert "0 of 2 services affected" in done.err


def test_a_commit_that_is_none_is_told(repository: World) -> None:
    for name in ("nowhere", "--all", "HEAD:alpha"):
        text = repository.refused("affected", f"--changed-since={name}", code=2)
        assert f"git knows no commit {name!r}" in text
    (repository.project / ".git").rename(repository.root / "git")
    assert "no git repository" in repository.refused("affected", code=2)
