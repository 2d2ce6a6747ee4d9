from typing import Any

import pytest
from tests.support.images import layer_of

from lading.assemble.config import image_config
from lading.plan.model import RuntimeConfig

RUNTIME = RuntimeConfig(user="1000:1000", workdir="/app", env=(), entrypoint=("python",), command=("-m", "app"))
NEW = layer_of({"app.py": b""})
BASE_LAYERS = ["sha256:" + "1" * 64, "sha256:" + "2" * 64]


def history_on(history: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    base: dict[str, Any] = {"rootfs": {"type": "layers", "diff_ids": BASE_LAYERS}}
    if history is not None:
        base["history"] = history
    document = image_config(
        RUNTIME, [("application", NEW)], architecture="amd64", mtime=0, labels={}, base=base
    )  # fmt: skip
    assert document["rootfs"]["diff_ids"] == [*BASE_LAYERS, NEW.diff_id]
    found: list[dict[str, Any]] = document["history"]
    return found


def test_the_history_of_the_base_comes_first() -> None:
    told: list[dict[str, Any]] = [
        {"created_by": "one"},
        {"created_by": "ENV", "empty_layer": True},
        {"created_by": "two"},
    ]
    assert [entry["created_by"] for entry in history_on(told)] == ["one", "ENV", "two", "lading: application"]


@pytest.mark.parametrize("told", [None, [], [{"created_by": "one"}], [{"empty_layer": True}] * 2])
def test_a_base_that_does_not_tell_its_history_leaves_ours_with_its_layer(told: list[dict[str, Any]] | None) -> None:
    found = history_on(told)
    assert [entry["created_by"] for entry in found] == ["base image", "base image", "lading: application"]
    assert not any(entry.get("empty_layer") for entry in found)
