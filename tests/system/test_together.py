"""Many builds at once share one store, and agree."""

import json

import pytest
from tests.support.world import World

NUMBER = 16


@pytest.mark.parametrize("locked", [True, False])
def test_sixteen_builds_at_once_agree(world: World, locked: bool) -> None:
    if locked:
        assert world.lading("lock").code == 0
    running = [world.start("build", "--quiet") for _ in range(NUMBER)]
    ended = [(process.communicate(), process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * NUMBER, [err for (_, err), _ in ended]
    digests = {out.strip() for (out, _), _ in ended}
    assert len(digests) == 1
    assert world.temporary() == []
    world.assert_whole()
    world.assert_valid(digests.pop())
    assert sorted(path.name for path in world.project.glob("*lading.lock*")) == ["lading.lock"]


def test_different_services_at_once_share_one_store(world: World) -> None:
    assert world.lading("lock").code == 0
    clones = [world.clone(world.root / f"clone-{number}") for number in range(NUMBER)]
    for number, clone in enumerate(clones):
        (clone / "app/number.py").write_text(f"N = {number // 2}\n")
    running = [world.start("build", "--quiet", cwd=clone) for clone in clones]
    ended = [(process.communicate(), process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * NUMBER, [err for (_, err), _ in ended]
    digests = [out.strip() for (out, _), _ in ended]
    assert len(set(digests)) == NUMBER // 2
    assert digests[::2] == digests[1::2]
    assert world.temporary() == []
    world.assert_whole()
    alone = {"LADING_STORE": str(world.root / "alone")}
    assert world.build("--quiet", cwd=clones[-1], env=alone) == digests[-1]


def test_pruning_beside_builds_takes_nothing_that_they_need(world: World) -> None:
    digest = world.build()
    running = []
    for number in range(NUMBER // 2):
        words = ("build", "--quiet") if number % 2 else ("prune", "--older-than", "0m", "--max-size", "0")
        running.append(world.start(*words))
    ended = [(process.communicate(), process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * len(running), [err for (_, err), _ in ended]
    assert {out.strip() for (out, _), _ in ended[1::2]} == {digest}
    world.assert_valid(digest)


def monorepo(world: World, *names: str) -> None:
    """One repository of services that are alike but for their names and a line."""
    assert world.lading("lock").code == 0
    lock = (world.project / "lading.lock").read_bytes()
    repository = world.root / "repository"
    for number, name in enumerate(names):
        folder = world.clone(repository / name)
        (folder / "lading.lock").unlink()
        for file in ("pyproject.toml", "uv.lock"):
            text = (folder / file).read_text()
            (folder / file).write_text(text.replace('name = "svc"', f'name = "{name}"'))
        (folder / "app/number.py").write_text(f"N = {number}\n")
    (repository / "lading.toml").write_text("")
    (repository / "lading.lock").write_bytes(lock)
    world.project = repository


def test_services_of_one_repository_are_built_beside_each_other_and_share(world: World) -> None:
    names = ("alpha", "beta", "delta", "gamma")
    monorepo(world, *names)
    done = world.lading("build", "--format", "json")
    assert done.code == 0, done.err
    reports = json.loads(done.out)["builds"]
    assert [one["service"] for one in reports] == list(names)
    for title in ("base", "dependencies"):
        made = [step["made"] for one in reports for step in one["steps"] if step["step"] == title]
        assert sum(1 for number in made if number) == 1, "what services share is packed once"
    for one in reports:
        valid = world.lading("validate", one["image"])
        assert valid.code == 0, valid.err
    alone = world.lading("build", "--quiet", "--jobs", "1", env={"LADING_STORE": str(world.root / "alone")})
    assert alone.out.split() == [one["digest"] for one in reports]


def test_a_service_that_fails_hides_no_other(world: World) -> None:
    monorepo(world, "alpha", "beta", "gamma")
    escaping = world.project / "beta/app/words.txt"
    escaping.symlink_to("/etc/passwd")
    done = world.lading("build", "--quiet")
    assert done.code != 0
    assert len(done.out.split()) == 2, (done.out, done.err)
    assert "beta" in done.err
    assert "Traceback" not in done.err
