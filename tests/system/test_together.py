"""Many builds at once share one store, and agree."""

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
