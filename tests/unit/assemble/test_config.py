from typing import Any

import msgspec
import pytest
from tests.support.images import layer_of

from lading.assemble.config import DEFAULT_PATH, image_config
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


def config_on(base: dict[str, Any] | None, **runtime: Any) -> dict[str, Any]:
    plan = msgspec.structs.replace(RUNTIME, **runtime)
    document = image_config(
        plan, [], architecture="amd64", mtime=0, labels={}, base=None if base is None else {"config": base}
    )  # fmt: skip
    config: dict[str, Any] = document["config"]
    return config


@pytest.mark.parametrize(
    ("below", "path"),
    [
        (["PATH=/opt/bin:/bin", "A=1"], "/app/bin:/opt/bin:/bin"),
        (["A=1"], f"/app/bin:{DEFAULT_PATH}"),
        (None, f"/app/bin:{DEFAULT_PATH}"),
    ],
)
def test_the_folders_of_an_image_base_stay_behind_the_plan_s(below: list[str] | None, path: str) -> None:
    env = config_on({"Env": below}, env=(("PATH", "/app/bin"),))["Env"]
    assert [line for line in env if line.startswith("PATH=")] == [f"PATH={path}"]
    assert ("A=1" in env) == bool(below)


def test_what_no_dockerfile_can_take_back_of_a_base_stays() -> None:
    config = config_on({"ExposedPorts": {"9/tcp": {}}, "Volumes": {"/d": {}}, "Cmd": ["x"], "User": "x"}, port=80)
    assert config["ExposedPorts"] == {"80/tcp": {}, "9/tcp": {}}
    assert config["Volumes"] == {"/d": {}}
    assert config["Cmd"] == ["-m", "app"]
    assert config["User"] == "1000:1000"


def test_a_service_without_a_health_check_has_none_of_its_base() -> None:
    assert config_on({"Healthcheck": {"Test": ["CMD", "true"]}})["Healthcheck"] == {"Test": ["NONE"]}
    assert "Healthcheck" not in config_on(None)
