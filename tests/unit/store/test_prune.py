import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.digest import Digest, digest_of
from lading.errors import StepFailed
from lading.store import Store
from lading.store.prune import STALE, YOUNG, Pruned, prune, size_of
from lading.store.store import TOUCH_AFTER

NOW = 2_000_000_000.0
DAY = 86400.0


def aged(path: Path, age: float) -> Path:
    os.utime(path, (NOW - age, NOW - age))
    return path


def a_blob(store: Store, text: str, age: float) -> Digest:
    digest = store.put(text.encode())
    aged(store.blob(digest), age)
    return digest


def pruned(
    store: Store,
    *needed: Digest,
    older_than: float = 14 * DAY,
    max_size: int | None = None,
    dry_run: bool = False,
) -> Pruned:
    return prune(store, needed=needed, older_than=older_than, max_size=max_size, now=NOW, dry_run=dry_run)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_what_was_not_used_for_long_goes(store: Store) -> None:
    old, new = a_blob(store, "old", 15 * DAY), a_blob(store, "new", 13 * DAY)
    store.put_action(digest_of(b"k"), "x")
    (action,) = (store.root / "actions").rglob("*/*")
    aged(action, 15 * DAY)
    store.put_state("s", 1)
    aged(store.root / "state" / "s", 15 * DAY)
    result = pruned(store)
    assert (store.has(old), store.has(new), action.exists()) == (False, True, False)
    assert not (store.root / "state" / "s").exists()
    assert result == Pruned(removed=3, removed_bytes=3 + 3 + 1, kept=1, kept_bytes=3, needed_bytes=0)


def test_what_images_need_stays(store: Store) -> None:
    old = a_blob(store, "old", 100 * DAY)
    key = digest_of(b"k")
    store.put_action(key, "x")
    (action,) = (store.root / "actions").rglob("*/*")
    aged(action, 100 * DAY)
    assert pruned(store, old, key, max_size=0).needed_bytes == 6
    assert store.has(old)
    assert action.exists()


def test_the_least_recently_used_goes_first(store: Store) -> None:
    blobs = [a_blob(store, f"{n:010}", (10 - n) * DAY) for n in range(5)]
    result = pruned(store, max_size=25)
    assert [store.has(blob) for blob in blobs] == [False, False, False, True, True]
    assert result.kept_bytes == 20


def test_what_a_running_build_may_rely_on_stays(store: Store) -> None:
    young = a_blob(store, "young", YOUNG - 60)
    assert pruned(store, older_than=0, max_size=0).removed == 0
    assert store.has(young)
    assert TOUCH_AFTER < YOUNG


def test_leftovers_go_after_a_day(store: Store) -> None:
    with store.scratch() as scratch:
        (scratch / "closed").mkdir()
        (scratch / "closed" / "f").write_text("x")
        (scratch / "closed").chmod(0)
        aged(scratch, STALE + 1)
        running = store.root / "tmp" / "1f-0123456789abcdef"
        running.write_text("running")
        aged(running, STALE - 60)
        crash = store.root / "tmp" / "crash-20260101T000000-1.txt"
        crash.write_text("x")
        aged(crash, STALE + 1)
        foreign = store.root / "tmp" / "somebody-else.txt"
        foreign.write_text("x")
        aged(foreign, 100 * DAY)
        assert pruned(store).removed == 2
        assert sorted(path.name for path in (store.root / "tmp").iterdir()) == [running.name, foreign.name]


def test_unpacked_trees_go_whole(store: Store) -> None:
    def fill(folder: Path) -> None:
        (folder / "usr").mkdir(parents=True)
        (folder / "usr" / "f").write_text("12345")
        (folder / "usr").chmod(0o555)

    old, new = store.root_folder(digest_of(b"1"), fill), store.root_folder(digest_of(b"2"), fill)
    aged(old, 15 * DAY)
    aged(new, 1 * DAY)
    result = pruned(store)
    assert (old.exists(), new.exists(), result.removed, result.removed_bytes) == (False, True, 1, 5)
    assert list((store.root / "tmp").iterdir()) == []


def test_a_tool_s_own_cache_goes_whole_when_nothing_has_used_it_for_long(store: Store) -> None:
    for name in ("go-build", "somebody-else-s"):
        folder = store.root / "caches" / name
        (folder / "a").mkdir(parents=True)
        (folder / "a" / "object").write_bytes(b"12345")
        os.utime(folder, (NOW - 90 * DAY, NOW - 90 * DAY))
    assert prune(store, needed=(), older_than=60 * DAY, max_size=None, now=NOW).removed_bytes == 5
    assert [path.name for path in (store.root / "caches").iterdir()] == ["somebody-else-s"]


def test_a_dry_run_removes_nothing_and_tells_the_same(store: Store) -> None:
    a_blob(store, "old", 15 * DAY)
    told = pruned(store, dry_run=True)
    assert told.removed == 1
    assert pruned(store) == told


def test_foreign_files_are_left_alone(store: Store) -> None:
    a_blob(store, "x", 0)
    paths = [store.root / name for name in ("notes.txt", "blobs/notes", "blobs/sha256/ab/notes", "roots/mine/f")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        aged(path, 100 * DAY)
    aged(store.root / "roots/mine", 100 * DAY)
    pruned(store, older_than=0, max_size=0)
    assert all(path.exists() for path in paths)


def test_a_link_is_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("x")
    (store.root / "tmp").mkdir(parents=True)
    (store.root / "tmp" / "tmpabcdefgh").symlink_to(tmp_path / "outside")
    os.utime(store.root / "tmp" / "tmpabcdefgh", (0, 0), follow_symlinks=False)
    assert pruned(store).removed == 1
    assert (tmp_path / "outside" / "kept").exists()


def test_no_store_is_an_empty_store(store: Store) -> None:
    assert pruned(store) == Pruned(removed=0, removed_bytes=0, kept=0, kept_bytes=0, needed_bytes=0)
    assert size_of(store) == 0


def test_the_size_of_the_store(store: Store) -> None:
    a_blob(store, "12345", 0)
    store.put_state("s", 1)
    assert size_of(store) == 6


def test_a_store_that_cannot_be_written_is_one_clear_line(store: Store) -> None:
    aged(store.root_folder(digest_of(b"1"), Path.mkdir), 15 * DAY)
    (store.root / "tmp").rmdir()
    (store.root / "tmp").write_text("in the way")
    with pytest.raises(StepFailed, match="cannot write to the store"):
        pruned(store)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.floats(min_value=0, max_value=30 * DAY), max_size=6, unique=True),
    limit=st.none() | st.integers(min_value=0, max_value=120),
    needed=st.sets(st.integers(min_value=0, max_value=5)),
)
def test_bounds_hold_but_for_what_is_young_or_needed(
    tmp_path_factory: pytest.TempPathFactory, ages: list[float], limit: int | None, needed: set[int]
) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    blobs = [a_blob(store, f"{n:020}", age) for n, age in enumerate(ages)]
    keep = [blob for n, blob in enumerate(blobs) if n in needed]
    pruned(store, *keep, max_size=limit)
    left = [n for n, blob in enumerate(blobs) if store.blob(blob).exists()]
    free = [n for n in left if n not in needed and ages[n] > YOUNG + 1]
    assert all(n in left for n in range(len(ages)) if n in needed or ages[n] < YOUNG - 1)
    assert all(ages[n] <= 14 * DAY + 1 for n in free)
    assert limit is None or not free or 20 * len(left) <= limit
