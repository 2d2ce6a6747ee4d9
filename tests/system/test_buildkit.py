"""The choice between the engines, on the whole command line; buildx is a stand-in that notes what it is asked for."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.buildx import Buildx, install_buildx
from tests.support.images import layer_of, make_image
from tests.support.world import World
from tests.unit.buildkit.samples import LOGS

IMAGE = make_image([layer_of({"app": None, "app/main.py": b"print()"})], User="65532:65532")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        yield made


@pytest.fixture
def buildx(tmp_path: Path) -> Buildx:
    return install_buildx(tmp_path, says=LOGS / "success.log", image=IMAGE)


@pytest.fixture
def env(buildx: Buildx) -> dict[str, str | None]:
    """The stand-in in front of PATH, and a revision as a CI has one."""
    return {"PATH": f"{buildx.bin}:/usr/bin:/bin", "LADING_REVISION": "abc123"}


def test_a_plan_goes_to_buildkit_as_its_dockerfile(world: World, buildx: Buildx, env: dict[str, str | None]) -> None:
    before = sorted(world.project.rglob("*"))
    done = world.lading("build", "--engine", "buildkit", "-t", "7", env=env)
    assert done.code == 0, done.err
    rendered = world.lading("render", "dockerfile", env=env).out
    head, _, body = rendered.partition("\n")
    assert head.startswith("# syntax=")
    files = buildx.files()
    assert files["Dockerfile"].partition("\n")[::2] == ("#", body)  # no frontend is pulled; lines keep their numbers
    assert files["Dockerfile.dockerignore"].startswith("#")
    assert "--label=org.opencontainers.image.revision=abc123" in buildx.flags()
    assert buildx.flags()[-1] == str(world.project)
    assert sorted(world.project.rglob("*")) == before  # no lock, no Dockerfile
    assert world.images() == ["svc", "svc:7"]


def test_the_lock_counts_where_there_is_one(world: World, env: dict[str, str | None]) -> None:
    told = world.refused("build", "--engine", "buildkit", "--locked", code=2, env=env)
    assert "there is no lock" in told
    assert world.lading("lock", env=env).code == 0
    assert world.lading("build", "--engine", "buildkit", "--locked", env=env).code == 0
    world.write("lading.toml", 'packages = ["libpq5"]\n')
    assert "the lock is stale" in world.refused("build", "--engine", "buildkit", code=2, env=env)


def test_the_strategy_may_choose(world: World, buildx: Buildx, env: dict[str, str | None]) -> None:
    world.write("lading.toml", 'engine = "buildkit"\n')
    assert world.lading("build", env=env).code == 0
    assert len(buildx.calls) == 1
    assert world.lading("build", "--engine", "embedded", env=env).code == 0
    assert len(buildx.calls) == 1
    world.write("lading.toml", "")
    assert world.lading("build", env=env).code == 0
    assert len(buildx.calls) == 1


def test_what_buildkit_has_built_is_never_taken_for_granted(
    world: World, buildx: Buildx, env: dict[str, str | None]
) -> None:
    for expected in (1, 2):
        assert world.lading("build", "--engine", "buildkit", env=env).code == 0
        assert len(buildx.calls) == expected


def test_both_engines_in_one_command(world: World, buildx: Buildx, env: dict[str, str | None]) -> None:
    world.write("other/Dockerfile", "FROM scratch\nCOPY . /\n")
    world.write("lading.toml", '[services.other]\npath = "other"\ndockerfile = "Dockerfile"\n')
    done = world.lading("build", env=env)
    assert done.code == 0, done.err
    assert world.images() == ["other", "svc"]
    assert len(buildx.calls) == 1
    assert world.lading("build", "svc", env=env).code == 0
    assert len(buildx.calls) == 1
    told = world.refused("plan", "other", code=2, env=env)
    assert "other has a Dockerfile of its own" in told


@pytest.mark.parametrize(
    "flags",
    [
        ("--builder", "x"),
        ("--cache", "r.example/c"),
        ("--cache-from", "x"),
        ("--cache-to", "x"),
        ("--secret", "id=x"),
        ("--ssh", "default"),
        ("--build-context", "a=b"),
        ("--provenance", "true"),
        ("--sbom", "true"),
        ("--network", "host"),
    ],
)
def test_flags_of_the_other_engine_are_refused_by_name(
    world: World, buildx: Buildx, env: dict[str, str | None], flags: tuple[str, str]
) -> None:
    told = world.refused("build", *flags, code=2, env=env)
    assert f"the embedded engine has no {flags[0]}" in told
    assert buildx.calls == []


def test_a_plain_build_imports_nothing_of_it(world: World) -> None:
    script = (
        "import sys; from lading.__main__ import main; assert main(['build', '-q']) == 0;"
        "print('found:', [name for name in sys.modules if name.startswith(('lading.buildkit', 'lading.render'))])"
    )
    done = subprocess.run(
        [world.executable, "-c", script], cwd=world.project, env=world.environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines()[-1] == "found: []"
