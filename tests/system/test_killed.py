"""A build that is killed or interrupted, at whatever moment, leaves a store from which the next one gives the right
image, and nothing of it keeps running."""

import os
import signal
import time
from pathlib import Path

import pytest
from tests.support.world import World, end_group

from lading.place import temporary_name
from lading.store.trees import remove_tree

STEPS = 6
"""Moments at which each of the builds below is killed, from its start to its end."""


def timed_build(world: World) -> tuple[str, float]:
    """The right digest, and how many seconds a build takes with nothing in any cache but the lock."""
    digest = world.build()
    forget(world)
    began = time.monotonic()
    assert world.build() == digest
    return digest, time.monotonic() - began


def forget(world: World) -> None:
    for folder in (world.store, world.root / "uv-cache"):
        if folder.is_dir():
            remove_tree(folder)


def kill_after(world: World, seconds: float, *words: str) -> None:
    process = world.start("build", *words)
    time.sleep(seconds)
    end_group(process)
    process.communicate()


@pytest.mark.parametrize("part", range(4))
def test_a_killed_build_leaves_a_whole_store(world: World, part: int) -> None:
    digest, whole = timed_build(world)
    for step in range(STEPS):
        forget(world)
        kill_after(world, whole * (step * 4 + part + 1) / (STEPS * 4))
        assert world.build() == digest, step
        world.assert_whole()
    world.assert_valid(digest)


@pytest.mark.parametrize("part", range(2))
def test_many_kills_in_a_row_do_no_harm(world: World, part: int) -> None:
    digest, whole = timed_build(world)
    forget(world)
    for step in range(2 * STEPS):
        kill_after(world, whole * (step * 2 + part + 1) / (STEPS * 4))
        if world.store.is_dir():
            world.assert_whole()
    assert world.build() == digest
    world.assert_whole()
    world.assert_valid(digest)


def test_a_build_killed_while_it_locks_leaves_a_whole_lock_or_none(world: World) -> None:
    began = time.monotonic()
    digest = world.build()
    whole = time.monotonic() - began
    lock = world.project / "lading.lock"
    text = lock.read_bytes()
    for step in range(STEPS):
        forget(world)
        lock.unlink(missing_ok=True)
        kill_after(world, whole * step / STEPS)
        assert not lock.exists() or lock.read_bytes() == text
        assert world.build() == digest
        assert lock.read_bytes() == text


def test_prune_removes_what_killed_builds_left(world: World) -> None:
    digest, whole = timed_build(world)
    leftovers: list[str] = []
    for step in range(2 * STEPS):
        forget(world)
        kill_after(world, whole * (0.3 + 0.6 * step / (2 * STEPS)))
        leftovers = world.temporary()
        if leftovers:
            break
    assert leftovers, "no kill left anything: they come too early or too late"
    assert world.build() == digest
    assert set(leftovers) <= set(world.temporary()), "what is young may belong to another build"
    before_yesterday = time.time() - 2 * 86400
    for path in (world.store / "tmp").iterdir():
        os.utime(path, (before_yesterday, before_yesterday))
    done = world.lading("prune")
    assert done.code == 0, done.err
    assert world.temporary() == []
    assert world.build() == digest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6])
def test_an_interrupted_build_ends_at_once_and_cleans_up(world: World, number: int, share: float) -> None:
    digest, whole = timed_build(world)
    forget(world)
    process = world.start("build")
    while not world.store.is_dir():  # a Python that is still starting up ends with its own words
        time.sleep(0.001)
    time.sleep(whole * share)
    # To the command alone: what it has started must end with it.
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode in (0, 128 + number, -number), (out, err)
    assert "Traceback" not in err
    assert "bug" not in err
    for _ in range(1000):  # what has been killed, or reads that nobody is there any more, ends in a moment
        if not members_of(process.pid):
            break
        time.sleep(0.01)
    assert members_of(process.pid) == []
    assert world.temporary() == []
    assert world.build() == digest
    world.assert_whole()


def members_of(group: int) -> list[str]:
    """The command lines of the processes that are still in a process group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append((path.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_what_a_killed_build_left_in_the_project_is_in_no_image(world: World) -> None:
    digest = world.build()
    lock = world.project / "lading.lock"
    left = world.write(temporary_name(lock.name), lock.read_bytes()[:100])
    world.write(f"app/{temporary_name('image.tar')}", b"half of an archive")
    assert world.build() == digest
    assert left.exists(), "it may still be being written"
    os.utime(left, (time.time() - 3600,) * 2)
    lock.unlink()
    assert world.build() == digest
    assert not left.exists()
