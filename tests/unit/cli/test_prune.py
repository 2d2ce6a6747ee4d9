import argparse
import io
import os
from pathlib import Path

import pytest
from tests.unit.prove.samples import an_image

from lading.cli import prune
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import Problems, UsageError

NOW = 2_000_000_000.0
DAY = 86400.0


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(env={"LADING_STORE": str(tmp_path / "store")}, out=io.StringIO(), err=io.StringIO(), now=lambda: NOW)


def arguments(*words: str) -> argparse.Namespace:
    args = parse("prune", prune, words)
    assert args is not None
    return args


def told(context: Context, *words: str) -> tuple[str, str]:
    assert prune.run(arguments(*words), context) == 0
    assert isinstance(context.out, io.StringIO)
    assert isinstance(context.err, io.StringIO)
    return context.out.getvalue(), context.err.getvalue()


def stored(context: Context, name: str) -> None:
    """An old image with a name, and an old blob that nobody needs."""
    image = an_image({"a": b"1"})
    for layer in image.layers:
        with context.store.writer() as writer:
            writer.write_all(layer.chunks())
            writer.commit()
    context.store.put(image.config)
    context.store.name_image(name, context.store.put(image.manifest))
    context.store.put(b"not needed")
    for path in (context.store.root / "blobs").rglob("*"):
        os.utime(path, (NOW - 100 * DAY, NOW - 100 * DAY))


def test_named_images_stay(context: Context) -> None:
    stored(context, "team/app:1")
    out, err = told(context, "--max-size", "0")
    assert out == "removed 1 file, 10 B\n"
    assert "for 1 image" in err
    assert "more than 0 B stays" in err
    digest = context.store.image("team/app:1")
    assert digest is not None
    assert context.store.has(digest)


def test_a_forgotten_image_goes(context: Context) -> None:
    stored(context, "team/app:1")
    out, _ = told(context, "--forget", "team/app:1")
    assert out.startswith("removed 4 files")
    assert list(context.store.images()) == []


def test_a_dry_run_forgets_nothing(context: Context) -> None:
    stored(context, "team/app:1")
    out, _ = told(context, "--forget", "team/app:1", "--dry-run")
    assert out.startswith("would remove 4 files")
    assert [name for name, _ in context.store.images()] == ["team/app:1"]


def test_names_that_are_not_there_are_all_named(context: Context) -> None:
    stored(context, "team/app:1")
    with pytest.raises(Problems) as caught:
        prune.run(arguments("--forget", "a", "--forget", "b"), context)
    assert "'a'" in str(caught.value)
    assert "'b'" in str(caught.value)
    assert "team/app:1" in str(caught.value)


def test_an_empty_store_has_nothing_to_remove(context: Context) -> None:
    assert told(context)[0] == "nothing to remove\n"


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("12h", 43200), ("14d", 14 * DAY), ("1.5w", 10.5 * DAY)])
def test_ages(text: str, seconds: float) -> None:
    assert prune.parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "14", "d", "-1d", "1y", "1d2h", "nan", "9" * 12 + "d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an age"):
        prune.parse_age(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("10GB", 10**10), ("10 gb", 10**10), ("1.5k", 1500), ("4GiB", 4 << 30), ("7b", 7), ("1TB", 10**12)],
)
def test_sizes(text: str, count: int) -> None:
    assert prune.parse_size(text) == count


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1XB", "1iB", "1e9", "inf"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        prune.parse_size(text)
