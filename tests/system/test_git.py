"""Packages of a repository of git: locked to a commit, built here, and the way to the repository is told to nobody."""

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.httpd import Answer, Request, Site, serve
from tests.support.world import World
from tests.system.test_managers import names_in
from tests.system.test_private_index import PASSWORD, USER, refuse_secret
from tests.system.test_workspaces import library

pytestmark = pytest.mark.skipif(not Path("/usr/bin/git").exists(), reason="git is not where these tests look")


def git(folder: Path, *words: str) -> str:
    """Run git with nothing of the user's own."""
    who = {f"GIT_{role}_{what}": "tests" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **who}
    done = subprocess.run(["/usr/bin/git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """A repository with a library in its folder `lib`, served behind a password."""
    library(world, "../repository/lib", "wording")
    source, bare = world.root / "repository", world.root / "served/wording.git"
    git(source, "init", "--quiet")
    git(source, "add", ".")
    git(source, "commit", "--quiet", "--message", "first")
    shutil.copytree(source / ".git", bare)
    git(bare, "update-server-info")
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def answer(request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Basic {token}":
            return Answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"who are you?")
        file = world.root / "served" / request.path.strip("/")
        return Answer(200, {}, file.read_bytes()) if file.is_file() else Answer(404)

    (world.home / ".netrc").write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
    with serve(answer) as site:
        yield site


ONLINE = {"UV_OFFLINE": None, "GIT_TERMINAL_PROMPT": "0"}


def commit(world: World) -> str:
    return git(world.root / "repository", "rev-parse", "HEAD")


def with_uv(world: World, site: Site) -> None:
    text = (world.project / "pyproject.toml").read_text().replace('"greet"]', '"greet", "wording"]')
    place = f'git = "{site.base}/wording.git", rev = "{commit(world)}", subdirectory = "lib"'
    world.write("pyproject.toml", f"{text}[tool.uv.sources]\nwording = {{ {place} }}\n")
    world.lock_dependencies(ONLINE)


def with_pip(world: World, site: Site) -> None:
    from tests.support import locks

    wheels = [one for one in (world.project / "vendor").glob("*.whl") if not one.name.startswith("uv-")]
    line = f"wording @ git+{site.base}/wording.git@{commit(world)}#subdirectory=lib\n"
    (world.project / "uv.lock").unlink()
    (world.project / "pyproject.toml").unlink()
    world.write("uv.toml", 'no-index = true\nfind-links = ["vendor"]\n')
    world.write("requirements.txt", locks.requirements(locks.of_wheels(wheels)) + line)


@pytest.mark.parametrize("lock", [with_uv, with_pip])
def test_a_commit_is_built_and_its_password_is_nowhere(
    world: World, site: Site, lock: Callable[[World, Site], None]
) -> None:
    lock(world, site)
    done = world.lading("build", "-v", "--output", world.root / "image", env=ONLINE)
    assert done.code == 0, done.err
    refuse_secret(world, done)
    again = world.build(env={"GIT_TERMINAL_PROMPT": "0"})
    assert again in done.out
    shutil.rmtree(world.root / "image")
    assert names_in(world) == {"fastapi", "uvicorn", "greet", "wording"}
    assert "git" in world.lading("render", "dockerfile", env=ONLINE).out


def test_a_branch_is_no_lock(world: World, site: Site) -> None:
    with_pip(world, site)
    text = (world.project / "requirements.txt").read_text()
    world.write("requirements.txt", text.replace(commit(world), "main"))
    told = world.refused("build", code=3, env=ONLINE)
    assert "wording comes from a repository, and not from one commit of git" in told
