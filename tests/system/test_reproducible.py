"""The same service gives the same digest, whoever builds it, wherever and whenever."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import uv
from tests.support.world import World

import lading

NOBODY = 65534


@pytest.fixture
def locked(world: World) -> str:
    """The digest of the service's first build; its lock is there."""
    return world.build()


def test_another_clone_gives_the_same_digest(world: World, locked: str) -> None:
    clone = world.clone(world.root / "somewhere" / "much deeper" / "ü")
    for number, path in enumerate(sorted(clone.rglob("*"))):
        os.utime(path, (number, 1_000_000 + number))
    assert world.build(cwd=clone, env={"LADING_STORE": str(world.root / "other-store")}) == locked
    assert world.build(cwd=clone) == locked


@pytest.mark.parametrize("store", ["cold", "warm"])
@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "LANG": "de_DE.ISO-8859-1"},
        {"LC_ALL": None, "LANG": None, "TZ": "Pacific/Kiritimati"},
        {"TZ": "America/St_Johns", "PYTHONHASHSEED": "1"},
        {"HOME": "/nowhere", "USER": "somebody", "HOSTNAME": "elsewhere"},
        {"HOME": None, "UMASK": "0777", "TERM": "xterm", "COLUMNS": "40"},
        {"PYTHONOPTIMIZE": "2", "PYTHONUTF8": "0", "PYTHONDONTWRITEBYTECODE": "1"},
    ],
    ids=["C", "POSIX", "east", "west", "stranger", "homeless", "optimized"],
)
def test_the_environment_does_not_matter(world: World, locked: str, env: dict[str, str | None], store: str) -> None:
    folder = world.root / "other-store" if store == "cold" else world.store
    more = {"UV_CACHE_DIR": str(world.root / "other-cache")} if store == "cold" else {}
    assert world.build(env={**env, **more, "LADING_STORE": str(folder)}) == locked


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_umask_does_not_matter(world: World, locked: str, umask: int) -> None:
    def rewrite() -> None:
        """The clone too is made with that umask: its files have other modes."""
        old = os.umask(umask)
        try:
            world.clone(world.root / "clone")
        finally:
            os.umask(old)

    rewrite()
    env = {"LADING_STORE": str(world.root / "other-store"), "UV_CACHE_DIR": str(world.root / "other-cache")}
    assert world.build(cwd=world.root / "clone", env=env, umask=umask) == locked


@pytest.mark.parametrize("jobs", ["1", "7"])
def test_the_number_of_jobs_does_not_matter(world: World, locked: str, jobs: str) -> None:
    assert world.build("--jobs", jobs, env={"LADING_STORE": str(world.root / "other-store")}) == locked


def test_a_service_that_is_looked_at_from_its_inside_is_the_same(world: World, locked: str) -> None:
    inside = world.project / "app"
    assert world.build("--directory", "..", cwd=inside, env={"LADING_STORE": str(world.root / "other")}) == locked


def test_source_date_epoch_is_the_only_clock(world: World, locked: str) -> None:
    dated = world.build(env={"SOURCE_DATE_EPOCH": "1700000000"})
    assert dated != locked
    assert world.build(env={"SOURCE_DATE_EPOCH": "1700000000", "LADING_STORE": str(world.root / "other")}) == dated
    assert world.build(env={"SOURCE_DATE_EPOCH": "1700000001"}) not in (locked, dated)
    world.assert_valid(locked)
    text = world.refused("build", code=2, env={"SOURCE_DATE_EPOCH": "yesterday"})
    assert "SOURCE_DATE_EPOCH=yesterday" in text


def test_zstd_and_gzip_are_each_the_same_again(world: World, locked: str) -> None:
    zstd = world.build("--compression", "zstd")
    assert zstd != locked
    assert world.build("--compression", "zstd", env={"LADING_STORE": str(world.root / "other")}) == zstd
    assert world.build("--compression", "gzip") == locked
    world.assert_valid(locked)


def test_an_index_of_two_platforms_is_the_same_again(world: World) -> None:
    both = ("--platform", "linux/amd64,linux/arm64")
    index = world.build(*both)
    assert world.build(*both, env={"LADING_STORE": str(world.root / "other")}) == index
    one = world.build()
    assert one != index
    assert world.build("--platform", "linux/amd64") == one


def test_a_service_whose_files_lose_their_order_is_the_same(world: World) -> None:
    for number in range(200):
        world.write(f"app/many/module_{number * 7919 % 200:03}.py", f"N = {number * 7919 % 200}\n")
    first = world.build()
    clone = world.root / "clone"
    for path in sorted(world.project.rglob("*"), key=lambda path: path.name[::-1]):
        if path.is_file():
            (clone / path.relative_to(world.project)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, clone / path.relative_to(world.project))
    assert world.build(cwd=clone, env={"LADING_STORE": str(world.root / "other")}) == first


def test_root_and_an_ordinary_user_make_the_same(world: World, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    python = _python_of_everybody()
    if python is None:
        pytest.skip("no Python of this version that an ordinary user may run")
    # What lies in the home of root is out of reach of others: they get the packages by another way.
    world.executable = python
    env: dict[str, str | None] = {"PYTHONPATH": _packages()}
    first = world.build(env=env)
    own = tmp_path / "own"
    own.mkdir()
    clone = world.clone(own / "clone")
    for path in (own, *own.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for path in tmp_path.parents:
        if path.stat().st_uid == 0 and path.name.startswith(("pytest-", "popen-")):
            path.chmod(path.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    theirs = {**env, "HOME": str(own), "LADING_STORE": str(own / "store"), "UV_CACHE_DIR": str(own / "cache")}
    assert world.build(cwd=clone, env=theirs, user=NOBODY, umask=0o077) == first


def _packages() -> str:
    """Where Lading and what it needs lie, for a Python that is not the one of this environment."""
    folders = [Path(lading.__file__).parents[1], Path(msgspec.__file__).parents[1], Path(uv.__file__).parents[1]]
    return os.pathsep.join(dict.fromkeys(map(str, folders)))


def _python_of_everybody() -> str | None:
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    code = "import lading.cli.build, lading.cli.project, msgspec, isal, uv; uv.find_uv_bin()"
    env = {"PYTHONPATH": _packages(), "PATH": "/usr/bin:/bin"}
    for path in (sys.executable, f"/usr/local/bin/{minor}", f"/usr/bin/{minor}"):
        try:
            done = subprocess.run([path, "-c", code], env=env, user=NOBODY, group=NOBODY, extra_groups=[], check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return path
    return None
